"""The conditions a request may hold, each with the words it is said in: a city, a sum, "зависли", "второго"."""

import re
from collections.abc import Mapping, Sequence

from graphs.crm import vocabulary
from graphs.crm.english import CAMPAIGNS
from graphs.crm.names import words
from graphs.crm.seed_words import OWNERS
from graphs.crm.transliterate import latin
from graphs.demo import dates, lexicon, products, times
from graphs.demo.quantities import PERCENT
from graphs.demo.text import BLANK, inflected, word_pattern

WORD = re.compile(r"[\w][\w'%-]*")
FILLER = word_pattern(lexicon.FILLER)
STATUSES = {
    "new": ("новый", "нового", "новые", "новых", "new", "fresh"),
    "contacted": ("связал", "contacted"),
    "qualified": ("квалифицированн", "qualified"),
}
GRADES = {
    "hot": ("горяч", "самые горяч", "hot", "hottest"),
    "warm": ("тёпл", "тепл", "warm"),
    "cold": ("холодн", "cold"),
}
STALE = re.compile(
    r"\b(?:завис\w*|застря\w*|застоя\w*|без\s+движени\w+|не\s+двига\w*|не\s+движ\w*|stuck|stale|stalled|"
    r"(?:давно|долго)\s+(?:стоят|стоит|висят|не\s+\w+)|не\s+(?:звони\w*|связыва\w*|контактир\w*|общал\w*|писал\w*)|без\s+(?:контакт\w*|связи|звонк\w*)|(?:давно|долго)\s+не\s+\w+|"
    r"(?:has|have|had)?\s*not\s+moved|haven't\s+moved|hasn't\s+moved|nobody\s+(?:has\s+)?(?:called|contacted)|"
    r"(?:idle|quiet))\b",
    re.IGNORECASE,
)
DAYS_LONG = re.compile(
    r"\b(?:больше|более|дольше|свыше|уже|for|over|than|more\s+than|longer\s+than|in)?\s*(?:than\s+)?"
    r"(?P<count>\d+)\s+(?P<unit>дн\w*|день|недел\w+|месяц\w*|days?|weeks?|months?)\b",
    re.IGNORECASE,
)
ORDINAL = re.compile(
    r"\b(?:(?:перв|втор|четв[её]рт|пят|последн)(?:ый|ая|ое|ого|ому|ым|ой|ую|ом|ые|ых|ий|яя|ее|его|ему|им|ей|юю|ем)|"
    r"треть(?:его|ему|им|ей|ю|ем|я)|третий|first|second|third|fourth|fifth|last|лучш\w+|best|top|из\s+(?:списка|них))\b",
    re.IGNORECASE,
)
NAME = re.compile(
    rf"(?:\b(?:ООО|АО|ИП|ПАО|ЗАО)\s+)?(?:{BLANK}+|\b[А-ЯЁA-Z][\wё]+-[А-ЯЁA-Z][\wё]+|"
    r"(?<=\bООО )[А-ЯЁ]\w+|(?<=\bАО )[А-ЯЁ]\w+|(?<=\bИП )[А-ЯЁ]\w+)"
)
FREE = re.compile(r"(?:\b(?:чтобы|потому что|причина|because|reason|so that|in order to|цель|goal)\b|:).*", re.DOTALL)
TOPIC = re.compile(
    r"\b(?:про|об?|насч[её]т|на\s+тему|с\s+(?:предложением|темой|текстом|названием)|about|regarding|offering|announcing|"
    r"titled|called|saying)\s+.*",
    re.IGNORECASE | re.DOTALL,
)


def _stems(entries: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    stems = [stem.lower() for entry, others in entries.items() for stem in (entry, *others)]
    stems.sort(key=len, reverse=True)
    ends = [re.escape(stem) + (r"(?!\w)" if len(stem) <= vocabulary.WHOLE_WORD else r"[\w-]*") for stem in stems]
    return re.compile(rf"(?<!\w)(?:{'|'.join(ends)})", re.IGNORECASE)


_OWNER_STEMS = [part for owner in OWNERS for word in words(owner)[1:] for part in (word[:-1],)]
_NUMBERED = r"(?:лид|сделк|кампани|черновик|рассылк|lead|deal|campaign|draft)"
ASPECTS: dict[str, re.Pattern[str]] = {
    "city": _stems(vocabulary.CITIES),
    "industry": _stems(vocabulary.INDUSTRIES),
    "from": re.compile(r"\bс этапа \w+|\bиз (?:этапа )?\w+|\bfrom \w+", re.IGNORECASE),
    "stage": _stems(vocabulary.STAGES),
    "channel": _stems(vocabulary.CHANNELS),
    "kind": _stems(vocabulary.SEGMENTS),
    "tone": _stems(vocabulary.TONES),
    "status": _stems(STATUSES),
    "grade": _stems(GRADES),
    "product": _stems(products.STEMS),
    "percent": PERCENT,
    "day": dates.DAY_WORDS,
    "period": dates.PERIOD_WORDS,
    "campaign": re.compile("|".join(inflected(name) for pair in CAMPAIGNS.items() for name in pair), re.IGNORECASE),
    "time": times.TIME_WORDS,
    "stale": STALE,
    "days": DAYS_LONG,
    "ordinal": ORDINAL,
    "count": re.compile(
        r"\b(?:топ|top|первы\w+|first)[- ]?\d{1,2}\b|\b\d{1,2}\s+(?:[а-яёa-z]+\s+){0,2}?(?=(?:лид|сдел|lead|deal))|"
        r"\b\d{1,2}\s+(?:лучших|первых|крупнейших|самых|best|largest|biggest)",
        re.IGNORECASE,
    ),
    "name": NAME,
    "number": re.compile(r"(?<![\w.,-])№?\s*\d+(?![\w.,]?\d)"),
    "id": re.compile(
        rf"(?<!\w)(?:{_NUMBERED}\w*[\s,]*)?(?:№|#|номер\w*|number|no\.)\s*\d+|{_NUMBERED}\w*[\s,]*\d+(?![\w.,]?\d)",
        re.IGNORECASE,
    ),
    # "565 на пятницу", "оцени 84", and a message that is nothing but a number
    "bare": re.compile(
        r"(?<=\s)№?\d+(?=\s+(?:в|на|до|как|to|until|till|by|as|into)\b)|"
        r"(?<=уй )\d+|(?<=уйте )\d+|(?<=оцени )\d+|(?<=qualify )\d+|(?<=score )\d+|(?<=rate )\d+|^\W*\d+\W*$",
        re.IGNORECASE,
    ),
    "unit": products.UNIT_WORD,
    "whom": re.compile(r"\b(?:для|for)\s+[а-яёa-z]{4,}\b"),
    "free": FREE,
    "topic": TOPIC,
}


def is_owner(word: str) -> bool:
    """Whether the word is a salesperson's surname, inflected or in Latin letters."""
    spoken = latin(word)
    return any(spoken.startswith(stem) for stem in _OWNER_STEMS)


def owner(text: str) -> str | None:
    """The salesperson that the text names first."""
    named = [word for word in WORD.findall(text) if is_owner(word)]
    spoken = latin(named[0]) if named else ""
    return next((name for name in OWNERS if spoken.startswith(words(name)[1][:-1])), None) if named else None
