"""The subject and text of a campaign when the model has not written them."""

from graphs.language import Language
from graphs.marketing.segments import Kind

SUBJECT: dict[Language, dict[Kind, str]] = {
    "ru": {
        "all": "Что нового для вашего бизнеса",
        "sleeping": "Мы соскучились — и подготовили для вас условия",
        "loyal": "Спасибо, что вы с нами: кое-что для своих",
        "big": "Как крупные компании экономят на каждой сделке",
        "new": "С чего начать: три шага к первому результату",
    },
    "en": {
        "all": "What is new for your business",
        "sleeping": "We have missed you, and made you an offer",
        "loyal": "Thank you for staying with us: something for friends",
        "big": "How large companies save on every deal",
        "new": "Where to begin: three steps to the first result",
    },
}
OPENING: dict[Language, dict[str, str]] = {
    "ru": {
        "friendly": "Здравствуйте, {name}! Рады снова вам написать.",
        "business": "Уважаемый(ая) {name}!",
        "energetic": "{name}, есть новость, которую не стоит откладывать!",
    },
    "en": {
        "friendly": "Hello {name}, it is good to write to you again.",
        "business": "Dear {name},",
        "energetic": "{name}, this news should not wait!",
    },
}
BODY: dict[Language, dict[Kind, str]] = {
    "ru": {
        "all": ("Мы обновили CRM, телефонию и аналитику. Покажем за 20 минут, что из этого даст результат именно вам."),
        "sleeping": (
            "С вашей последней покупки мы добавили отчёты по воронке и обмен с 1С. Вернитесь до конца месяца"
            " — настройку сделаем бесплатно."
        ),
        "loyal": (
            "Вы с нами не первый год, поэтому узнаёте раньше других: расширенная поддержка теперь отвечает за"
            " 30 минут. Первый месяц — в подарок."
        ),
        "big": (
            "Сквозная аналитика показывает, какая реклама приводит сделки, а какая — только звонки."
            " Подготовим расчёт на ваших данных."
        ),
        "new": (
            "Подключите почту, загрузите клиентов, настройте воронку — и первые отчёты будут уже завтра. Наш"
            " специалист поможет бесплатно."
        ),
    },
    "en": {
        "all": ("We have renewed CRM, telephony and analytics. Let us show you in 20 minutes what will pay for you."),
        "sleeping": (
            "Since your last purchase we added pipeline reports and data exchange with 1C. Come back this"
            " month: the set-up is free."
        ),
        "loyal": (
            "You have been with us for long, so you hear it first: extended support now answers in 30"
            " minutes. The first month is a gift."
        ),
        "big": (
            "Analytics show which advertising brings deals and which brings only calls. We will prepare the"
            " figures from your own data."
        ),
        "new": (
            "Connect your mail, load your customers, set up the pipeline: the first reports come tomorrow."
            " Our specialist helps for free."
        ),
    },
}
CALL: dict[Language, dict[str, str]] = {
    "ru": {
        "email": "Ответьте на это письмо — позвоним в удобное время.",
        "sms": "Ответьте ДА — перезвоним.",
        "telegram": "Напишите нам прямо здесь.",
        "vk": "Напишите нам в сообщения сообщества.",
        "webinar": "Зарегистрируйтесь: мест 100.",
        "context_ads": "Оставьте заявку на сайте.",
    },
    "en": {
        "email": "Reply to this e-mail and we will call when it suits you.",
        "sms": "Reply YES and we will call.",
        "telegram": "Write to us right here.",
        "vk": "Write to our community.",
        "webinar": "Register: there are 100 seats.",
        "context_ads": "Leave a request on our site.",
    },
}
# Where every letter counts, or where nobody is addressed by name.
SHORT = {"sms", "context_ads"}


# Instead of the usual text when the letter is about something of its own.
OFFER: dict[Language, str] = {
    "ru": "Предложение для вас: {offer}. Расскажем об условиях и подготовим расчёт на ваших данных.",
    "en": "An offer for you: {offer}. We will tell you the terms and prepare the figures for your company.",
}
ABOUT: dict[Language, str] = {
    "ru": "Хотим рассказать вам {offer}. Ответим на вопросы и подготовим расчёт на ваших данных.",
    "en": "We would like to tell you {offer}. We will answer your questions and prepare the figures for your company.",
}


def write(kind: Kind, channel: str, tone: str, language: Language, offer: str = "") -> tuple[str, str]:
    """Subject and text. `{имя}` / `{name}` stays in the text for the mailing to fill in.

    `offer` is what the letter is about, as the user put it; without it the segment's usual text.
    """
    offer = offer.strip().rstrip(".!")
    subject = offer[:1].upper() + offer[1:] if offer else SUBJECT[language][kind]
    table = ABOUT if offer.lower().startswith(("о ", "об ", "про ", "about ")) else OFFER
    body = table[language].format(offer=offer) if offer else BODY[language][kind]
    call = CALL[language][channel]
    if channel in SHORT:
        return subject, f"{body.split('. ')[0].rstrip('.')}. {call}"
    opening = OPENING[language].get(tone, OPENING[language]["friendly"])
    placeholder = "{имя}" if language == "ru" else "{name}"
    return subject, f"{opening.format(name=placeholder)}\n\n{body}\n\n{call}"
