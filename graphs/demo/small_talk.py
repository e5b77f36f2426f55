"""Everything that is no wish: greetings, thanks, "who are you", "help", and what cannot be understood."""

import re

from graphs.demo.conversation import Turn
from graphs.demo.cues import NEGATED, NO, YES

ABILITIES = (
    (
        "**Продажи**\n"
        "- «Найди лидов в Казани с бюджетом от 500 тыс»\n"
        "- «Квалифицируй первого»\n"
        "- «Покажи воронку» и «Переведи сделку 12 в переговоры»\n"
        "- «Сделай КП на 10 CRM Бизнес для … со скидкой 15 %»\n\n"
        "**Маркетинг**\n"
        "- «Собери сегмент спящих клиентов»\n"
        "- «Составь письмо для постоянных клиентов» и «Запланируй на вторник»\n"
        "- «Отчёт по кампаниям»\n"
        "- «A/B-тест: A 50 из 1000, B 75 из 1000»"
    ),
    (
        "**Sales**\n"
        '- "Find leads in Kazan with a budget from 500k"\n'
        '- "Qualify the first one"\n'
        '- "Show the pipeline" and "Move deal 12 to negotiation"\n'
        '- "Make a quote for 10 CRM Business for … with a 15 % discount"\n\n'
        "**Marketing**\n"
        '- "Build a segment of sleeping customers"\n'
        '- "Draft an e-mail for loyal customers" and "Schedule it for Tuesday"\n'
        '- "Campaign report"\n'
        '- "A/B test: A 50 of 1000, B 75 of 1000"'
    ),
)
MARKETING_HELP = (
    (
        "Помогу с маркетингом. С чего начнём?\n\n"
        "1. **Сегмент** — кого возвращать: «собери сегмент спящих клиентов»\n"
        "2. **Кампания** — что им написать: «составь письмо для спящих клиентов»\n"
        "3. **Отчёт** — что уже сработало: «отчёт по кампаниям»\n"
        "4. **A/B-тест** — какой вариант лучше: «A 50 из 1000, B 75 из 1000»\n\n"
        "Быстрее всего окупается возврат спящих клиентов: советую начать с первого пункта."
    ),
    (
        "I can help with marketing. Where shall we start?\n\n"
        '1. **Segment**: whom to win back, "build a segment of sleeping customers"\n'
        '2. **Campaign**: what to write, "draft an e-mail for sleeping customers"\n'
        '3. **Report**: what has worked, "campaign report"\n'
        '4. **A/B test**: which variant is better, "A 50 of 1000, B 75 of 1000"\n\n'
        "Winning back sleeping customers pays soonest: I would start with the first."
    ),
)
SALES_HELP = (
    (
        "Помогу с продажами. С чего начнём?\n\n"
        "1. **Лиды** — «найди лидов в Москве с бюджетом от 1 млн»\n"
        "2. **Квалификация** — «оцени первого»: BANT с причинами\n"
        "3. **Воронка** — «покажи воронку»: прогноз и слабые места\n"
        "4. **КП** — «КП на 10 CRM Бизнес для …»\n\n"
        "Если день только начался, начните с воронки: видно, какие сделки горят."
    ),
    (
        "I can help with sales. Where shall we start?\n\n"
        '1. **Leads**: "find leads in Moscow with a budget from 1m"\n'
        '2. **Qualification**: "qualify the first one", BANT with its reasons\n'
        '3. **Pipeline**: "show the pipeline", the forecast and the weak spots\n'
        '4. **Quote**: "a quote for 10 CRM Business for …"\n\n'
        "At the start of a day, begin with the pipeline: it shows which deals are urgent."
    ),
)
WHO = (
    (
        "Я демо-модель: не нейросеть, а набор правил, который работает без ключа и без сети. Понимаю"
        " несколько десятков запросов о продажах и маркетинге, инструменты и данные CRM при этом настоящие."
        " Чтобы подключить языковую модель, задайте OPENAI_API_KEY или OPENAI_BASE_URL."
    ),
    (
        "I am the demo model: no neural network but a set of rules that works without a key and without a"
        " network. I understand a few dozen requests about sales and marketing; the tools and the CRM behind"
        " me are real. To use a language model set OPENAI_API_KEY or OPENAI_BASE_URL."
    ),
)
TABLE: list[tuple[str, tuple[str, str]]] = [
    (
        YES.pattern,
        ("Скажите, что именно сделать: я ни о чём не спрашивал.", "Tell me what exactly to do: I had asked nothing."),
    ),
    (
        NO.pattern,
        ("Хорошо, ничего не делаю.", "All right, I do nothing."),
    ),
    (
        NEGATED.pattern,
        ("Хорошо, этого не делаю: в CRM ничего не изменилось.", "All right, I do not: nothing in the CRM has changed."),
    ),
    (
        (
            r"кто ты|ты кто|что ты такое|какая ты модель|ты (?:бот|человек|нейросет|gpt|робот)|"
            r"who are you|what"
            r" are you|which model|"
            r"are you (?:a bot|human|an ai|gpt|real)"
        ),
        WHO,
    ),
    (r"маркетинг|marketing", MARKETING_HELP),
    (r"продаж|\bsales\b|selling", SALES_HELP),
    (
        (
            r"помо[гщ]|что (?:ты )?(?:умеешь|можешь)|чем (?:ты"
            r" )?(?:поможешь|можешь)|справк|подскаж|\bhelp\b|what can you do|how can you"
        ),
        ("Вот что я умею:\n\n" + ABILITIES[0], "Here is what I can do:\n\n" + ABILITIES[1]),
    ),
    (
        r"^\W*(?:спасибо|благодар|thanks|thank you|отлично|супер|класс|great|perfect|здорово)",
        (
            "Пожалуйста! Если нужно продолжить, могу показать воронку или найти новых лидов.",
            "You are welcome! I can go on with the pipeline or with new leads.",
        ),
    ),
    (
        r"^\W*(?:пока|до свидания|всего доброго|bye|goodbye)\b",
        ("До встречи! Удачных продаж.", "Goodbye, and good selling!"),
    ),
    (
        (
            r"^\W*(?:привет|здравствуй|добрый|доброе|доброго|приветствую|хай|салют|hello|hi|hey|good"
            r" (?:morning|day|evening|afternoon))\b|"
            r"^\W*(?:привет|здравствуй)"
        ),
        (
            (
                "Здравствуйте! Я помощник по продажам и маркетингу. Показать воронку, найти лидов или"
                " подготовить кампанию?"
            ),
            ("Hello! I assist with sales and marketing. Shall I show the pipeline, find leads or draft a campaign?"),
        ),
    ),
    (
        r"как дела|how are you",
        (
            "Работаю исправно. Показать воронку или найти лидов?",
            "All is well here. Shall I show the pipeline or find leads?",
        ),
    ),
]
UNKNOWN = (
    "Этого я не понял: я демо-модель на правилах и знаю только свои запросы. Вот они:\n\n" + ABILITIES[0],
    "I did not understand that: I am a rule-based demo model and know only my own requests. Here they"
    " are:\n\n" + ABILITIES[1],
)


def knows(text: str) -> bool:
    """Whether the text is one of these: nobody's answer to a question of ours."""
    return any(re.search(pattern, text, re.IGNORECASE) for pattern, _ in TABLE)


def answer(turn: Turn) -> str:
    """What to say when there is nothing to do."""
    for pattern, text in TABLE:
        if re.search(pattern, turn.text, re.IGNORECASE):
            return turn.say(*text)
    return turn.say(*UNKNOWN)
