"""Which words ask for which tool. Data only: one table, asked from top to bottom, one way of asking in each line.

The first tool with a line that occurs in the request is meant. A line is a regular expression over the text with its
quotations blanked out, upper and lower case alike. What a line does not say (whom, how many, when) the tool's own rules
find; what neither explains is asked about (`aspects`).
"""

import re
from typing import NamedTuple

from graphs.crm.english import CAMPAIGNS
from graphs.demo.dates import DAY_WORDS, PERIOD_WORDS
from graphs.demo.lexicon import UNSUPPORTED
from graphs.demo.text import inflected, word_pattern

_SHOW = (
    r"(?:покаж\w+|показать|найди\w*|найти|выведи|дай(?:те)?|перечисли|какие|какая|какой|сколько|список|где|show|"
    r"find|list|which|what|how many|get|see)"
)
_MAKE = (
    r"(?:составь\w*|составить|подготовь\w*|подготовить|создай\w*|создать|напиши\w*|написать|сделай\w*|сделать|"
    r"придумай\w*|разработай\w*|нужн[аоы]?|хочу|набросай|draft|create|write|prepare|make|compose)"
)
_LETTER = r"(?:кампани|рассылк|письм|сообщени|акци[юи]|смск|campaign|newsletter|mailing|e-?mail|letter|sms|смс|пост\b)"
_MOVE = (
    r"(?:переведи\w*|перевести|передвинь\w*|передвинуть|перемести\w*|переместить|двинь\w*|сдвинь\w*|закрой\w*|"
    r"закрыть|отметь\w*|отметить|перенеси\w*|перенести|move|close|mark|advance|push)"
)
_POSTPONE = (
    r"(?:перенеси\w*|перенести|отложи\w*|отложить|сдвинь\w*|сдвинуть|передвинь\w*|postpone|reschedule|push|delay|"
    r"move|shift|поменяй срок|измени срок|измени дату|change the (?:closing |close )?date)"
)
_DATE = f"{DAY_WORDS.pattern}|{PERIOD_WORDS.pattern}"
_PLACE = r"(?:перв|втор|трет|четв[её]рт|пят|последн|the first|the second|the third|the last|first|second|third|last)"
_QUOTE = (
    r"(?:\bкп\b|коммерческ\w+ предложени\w*|предложени\w+ (?:для|на)|\bсмет\w|\bquot(?:e|ation)s?\b|"
    r"(?<!to )(?<!in )(?<!the )(?<!into )\bproposal\b(?! stage))"
)
_CHANGE = (
    r"(?:измени\w*|изменить|поменяй\w*|поменять|исправь\w*|замени\w*|заменить|перепиши\w*|переделай\w*|смени\w*|"
    r"переименуй\w*|сократи\w*|change|edit|replace|rewrite|rename|fix|shorten|update)"
)
_DO = r"(?:сделай\w*|сделать|поставь|make|set)"


class Lines(NamedTuple):
    """A tool, its department, and the ways to ask for it. No tool: we can say only that we cannot."""

    tool: str
    department: str
    ways: tuple[str, ...]


TABLE = (
    Lines(
        "evaluate_ab_test",
        "marketing",
        (
            r"\b[aа]\s?[/\\-]\s?[bбв]\b",
            r"\b(?:ab|аб)[- ]?тест|\bab[- ]?test|сплит|split[- ]?test",
            r"вариант\w* [aа]\b.*вариант\w* [bбв]\b",
            r"variant a\b.*(?:variant )?b\b",
            r"\b[aа]\s*[:—–-]\s*\d.*\b[bбв]\s*[:—–-]\s*\d",
        ),
    ),
    Lines("", "assistant", (word_pattern(UNSUPPORTED).pattern,)),
    Lines(
        "edit_campaign",
        "marketing",
        (
            (
                rf"{_CHANGE}\s.*\b(?:тон\b|тона\b|тем[уы]\b|текст|канал|тон\w* письм|черновик|заголов|назван|письм|"
                rf"рассылк|кампани)"
            ),
            rf"{_CHANGE}\s.*\b(?:tone|subject|text|body|channel|draft|name|title|letter|campaign)\b",
            rf"{_DO}\s+(?:\w+\s+)?(?:тон\b|tone\b|тему\b|subject\b)",
            (
                rf"{_DO}\s+(?:(?:его|её|ее|it|это|письмо|текст|the text|the letter)\s+)?(?:более\s+|more\s+|"
                rf"по)?(?:делов|официальн|дружел|ярче|энергич|коро[чт]|formal|friendl|business|short|bold)"
            ),
        ),
    ),
    Lines(
        "make_quote",
        "sales",
        (
            _QUOTE,
            r"выстав\w+ счёт|выстав\w+ счет",
            r"^\W*(?:тогда|давай(?:те)?|пусть|ну|ок|а если|а|then|make it|what about)\s.*\d\s?(?:%|процент|percent)",
            r"(?:сделай|дай|добавь|поставь|увеличь|подними|уменьши|снизь|измени|поменяй)\w*\s.*скидк",
            r"(?:сделай|сделать|дай|give|set|raise|increase|lower|reduce|change|make)\w*\s.*discount",
            # … but a letter may be about a discount
            rf"^(?!.*{_LETTER}).*(?:со скидкой \d|нужн\w+ скидк|скидк\w+ \d+(?:[.,]\d+)?\s?(?:%|процент))",
            rf"^(?!.*{_LETTER}).*with (?:a )?\d+(?:[.,]\d+)? ?% (?:discount|off)",
            r"\bскидк\w+ (?:до|на|в) \d",
            r"^\W*(?:и|а|плюс|ещё|еще|and|plus|with)?\s*(?:a\s+)?(?:скидк\w*|discount)\s+(?:of\s+)?\d",
            r"^\W*(?:and|plus|with)?\s*(?:a\s+)?\d+(?:[.,]\d+)?\s?%\s+(?:off|discount)",
        ),
    ),
    Lines(
        "schedule_campaign",
        "marketing",
        (
            r"запланиру\w+|запланировать|в расписани",
            r"назнач\w+ (?:отправк|кампани|рассылк)",
            (
                r"отправ(?:ь|ьте|ить|им|ляем) (?:её|ее|его|эту|это|кампани|рассылк|письм|черновик|завтра|"
                r"послезавтра|сегодня|в |через|утром|\d)"
            ),
            r"^\W*(?:и )?отправ(?:ь|ьте|ляй|ляйте)\W*$",
            r"(?:запуст(?:и|ите|ить)|разошли\w*|разослать) (?:её|ее|эту|кампани|рассылк|письм|завтра|в )",
            r"перенес\w+ (?:отправк|кампани|рассылк|письм)",
            r"\bschedule\b",
            (
                r"\b(?:launch|send|postpone) (?:it|this|that|the campaign|campaign|the (?:letter|newsletter|draft|"
                r"e-?mail)|tomorrow|on|at)\b"
            ),
        ),
    ),
    Lines(
        "reschedule_deal",
        "sales",
        (
            rf"{_POSTPONE}\s(?:.*(?:сделк|deal|\bсрок|\bего|\bеё|\bее|\bit\b|{_PLACE}).*|\s*№?\s*\d+\s.*)(?:{_DATE})",
            rf"(?:измени|поменяй|сдвинь|change|update|set)\w*\s.*(?:срок|дат[уы]|\bdate\b).*(?:{_DATE})",
            r"(?:перенеси|отложи|postpone|reschedule|delay)\w*\s.*(?:сделк|deal)\w*\s*№?\s*\d*\W*$",
        ),
    ),
    Lines(
        "move_deal",
        "sales",
        (
            rf"{_MOVE}\s.*(?:сделк|deal|её|ее\b|\bего\b|\bit\b|этап|stage|\bэту\b|{_PLACE})",
            rf"{_MOVE}\s+№?\s*\d+\s+(?:в|на|как|to|as)\b",
            (
                r"(?:сделк\w+|deal)\s*№?\s*\d+\s+(?:в|на|to|into)\s+(?:этап|переговор|предложени|квалификац|"
                r"negotiat|proposal|qualif)"
            ),
        ),
    ),
    Lines(
        "draft_campaign",
        "marketing",
        (
            rf"{_MAKE}\s.*{_LETTER}",
            r"черновик|\bdraft\b",
            rf"^\W*(?:{_LETTER})\w*\s.*(?:для|про|об?|for|about)\s",
        ),
    ),
    Lines(
        "qualify_lead",
        "sales",
        (
            r"квалифицир(?:уй|уйте|овать|уем)",
            r"квалификаци\w+ лид",
            (
                r"(?:оцени\w*|оценить|проверь|пробей)\s+(?:\w+\s+){0,2}(?:\w{3,}-\w{3,}|лид|его|её|ее|этого|перв|"
                r"втор|треть|четв|пят|послед|лучш|компани|¤|ООО|АО|ИП|\d)"
            ),
            r"\bbant\b",
            (
                r"\bqualify\b|\bqualification of\b|\b(?:score|rate|assess|evaluate)\s+(?:the|this|lead|him|it|them|"
                r"first|second|third|¤|[А-ЯЁ])"
            ),
            r"насколько (?:он |она |они )?(?:горяч|перспектив)|how (?:hot|promising) (?:is|are)",
            r"кто из них|какой из них|^(?!.*(?:\bлид(?:ы|ов|ам|ах)\b|\bleads\b)).*(?:самый перспективн|most promising)",
            r"\b(?:перв|втор|трет|четв[её]рт|пят|последн)\w+\s+(?:оцени|оценить|проверь)",
            r"\bу лида\b.*\bбюджет|лид\w*\s*№?\s*\d+.*\b(?:бюджет|купят|купит)\b.*\d|пересчита\w+ (?:лида|bant|балл)",
            r"подробнее (?:о|об|про) (?:\w+ )?(?:перв|втор|треть|послед|нём|нем|ней|лид)",
            r"more about (?:the )?(?:first|second|third|last|lead|him|it)\b",
            r"бюджет (?:у )?(?:него|неё|них|лида)|(?:his|their) budget",
        ),
    ),
    Lines(
        "campaign_report",
        "marketing",
        (
            r"сравни\w*\s.*(?:канал|кампани|реклам|рассылк)|compare\s.*(?:channel|campaign)",
            (
                r"(?:отч[её]т|результат|итог|метрик|показател|эффективност|как (?:прошл|сработал|"
                r"дела))\w*.*(?:кампани|рассылк|реклам|маркетинг)"
            ),
            (
                r"(?:кампани|рассылк|реклам|письм)\w*.*(?:отч[её]т|результат|итог|метрик|показател|сработал|прошл|"
                r"окупи|лучше|хуже|идут|идёт)"
            ),
            r"\broas\b|\bcac\b|\bctr\b|open rate|открываемост|окупаемост",
            (
                r"campaigns?\b.*(?:report|result|perform|metric|doing|best|worst|work)|(?:report|result|perform|"
                r"metric|best|worst)\w*.*campaign"
            ),
            rf"{_SHOW}\s.*(?:кампани|campaign|рассылки\b)",
            r"marketing report",
            *(inflected(name) for name in (*CAMPAIGNS, *CAMPAIGNS.values())),
        ),
    ),
    Lines(
        "segment_customers",
        "marketing",
        (
            r"сегмент|segment|аудитори|audience",
            r"(?:спящ|лояльн|постоянн|неактивн|крупн)\w*.*клиент|клиент\w*.*(?:спящ|лояльн|неактивн)",
            r"(?:sleeping|inactive|loyal|dormant|big|large|new) customers",
            r"кто давно не покупал|(?:who|customers)\b.*\bha(?:s|ve)(?:n't| not) bought",
            rf"{_SHOW}\s(?:(?!потенциальн)\w+\s){{0,3}}клиент(?!\w* (?:звон|прод))",
            r"(?:find|show|list|how many)\s(?:\w+\s){0,3}customers",
        ),
    ),
    Lines(
        "pipeline_report",
        "sales",
        (
            r"воронк|\bпрогноз|pipeline|forecast|\bfunnel",
            r"как (?:у нас )?(?:идут |дела с |обстоят дела с |дела в )?продаж|что (?:у нас )?(?:\w+ )?(?:с|по) продаж",
            r"отч[её]т по (?:продаж|сделк)|sales report|how are (?:the |our )?sales|how's sales",
            r"win rate|дол[яюи] выигранн|конверси\w+ (?:по этап|воронк|сделк)|conversion by stage",
            r"сделк\w* по этапам|deals by stage|(?:сделок|deals)\b.*(?:на каждом этапе|in each stage|per stage)",
        ),
    ),
    Lines(
        "find_deals",
        "sales",
        (
            r"\bсделк|\bсделок|\bdeals?\b",
            (
                r"что (?:у нас )?(?:завис|горит|закрыва)\w*|(?:what is|what|anything|something) (?:stuck|closing)|"
                r"what's (?:stuck|closing)"
            ),
        ),
    ),
    Lines(
        "find_leads",
        "sales",
        (
            r"\bлид(?!ер)|\bleads?\b(?! to\b)",
            r"потенциальн\w+ (?:клиент|покупател)|prospects?\b",
            r"кому (?:\w+ )?(?:по)?звонить|кому (?:\w+ )?продать|who (?:should|to|can|do) (?:I |we )?(?:to )?call",
        ),
    ),
    Lines(
        "search_products",
        "sales",
        (
            (
                r"товар|продукт(?!ив)|прайс|каталог|сколько (?:\w+ )?сто(?:ит|ят|ить)|почём|\bцен[аыу]\b|что (?:мы|"
                r"вы) прода"
            ),
            r"\bproducts?\b|catalog|\bprices?\b|how much (?:is|are|does|do)|what do (?:we|you) sell",
        ),
    ),
)
COMPILED = [
    (entry.tool, entry.department, re.compile("|".join(f"(?:{way})" for way in entry.ways), re.IGNORECASE))
    for entry in TABLE
]
