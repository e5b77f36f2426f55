"""Other words for what the CRM holds: cities, industries, stages, statuses, channels, segments, in both
languages.

Each entry lists beginnings of words ("москв" finds Москва, Москве, московский), so that inflected Russian is
found. Used by the tools (a model may say "Moscow") and by the demo model.
"""

import re
from collections.abc import Mapping, Sequence

CITIES: Mapping[str, Sequence[str]] = {
    "Москва": ("москв", "московск", "мск", "moscow"),
    "Санкт-Петербург": (
        "санкт-петербург",
        "петербург",
        "спб",
        "питер",
        "saint petersburg",
        "st. petersburg",
        "petersburg",
    ),
    "Казань": ("казан", "kazan"),
    "Екатеринбург": ("екатеринбург", "екб", "yekaterinburg", "ekaterinburg"),
    "Новосибирск": ("новосибирск", "novosibirsk"),
    "Нижний Новгород": ("нижн", "нижегород", "nizhny"),
    "Краснодар": ("краснодар", "krasnodar"),
    "Самара": ("самар", "samara"),
    "Ростов-на-Дону": ("ростов", "rostov"),
    "Уфа": ("уфа", "уфе", "уфы", "уфу", "уфимск", "ufa"),
    "Пермь": ("перм", "perm"),
    "Воронеж": ("воронеж", "voronezh"),
}
INDUSTRIES: Mapping[str, Sequence[str]] = {
    "Розничная торговля": ("розниц", "рознич", "ритейл", "магазин", "retail", "shops"),
    "Производство": ("производств", "завод", "промышленн", "manufactur", "factor"),
    "Строительство": ("строител", "стройк", "девелоп", "construction"),
    "Логистика": ("логист", "транспорт", "перевоз", "logistic", "transport"),
    "ИТ": ("ит", "it", "айти", "софтверн", "software"),
    "Медицина": ("медицин", "медицинск", "клиник", "здравоохран", "medic", "health", "clinic"),
    "Образование": ("образован", "школ", "учебн", "educat", "school"),
    "Общепит": ("общепит", "ресторан", "кафе", "кофе", "restaurant", "catering"),
    "Финансы": ("финанс", "банк", "страхов", "financ", "bank"),
}
STAGES: Mapping[str, Sequence[str]] = {
    "new": ("новая", "новую", "новой", "новые", "new"),
    "qualification": ("квалификац", "в работу", "qualification"),
    "proposal": ("предложен", "кп", "proposal"),
    "negotiation": ("переговор", "negotiat"),
    "won": ("выигр", "успешн", "закрыта успешно", "оплач", "won", "win"),
    "lost": ("проигр", "потер", "отказ", "lost", "lose"),
}
CHANNELS: Mapping[str, Sequence[str]] = {
    "email": ("email", "e-mail", "почт", "письм", "имейл", "mail"),
    "sms": ("sms", "смс"),
    "telegram": ("telegram", "телеграм", "тг"),
    "vk": ("vk", "вк", "вконтакт"),
    "webinar": ("вебинар", "webinar"),
    "context_ads": ("контекст", "директ", "реклам", "ads", "context"),
}
SEGMENTS: Mapping[str, Sequence[str]] = {
    "sleeping": (
        "спящ",
        "неактивн",
        "ушедш",
        "давно не покуп",
        "не покупал",
        "потерянн",
        "sleeping",
        "inactive",
        "churned",
        "dormant",
        "haven't bought",
        "hasn't bought",
        "not bought",
    ),
    "loyal": ("лояльн", "постоянн", "loyal", "regular", "repeat"),
    "big": ("крупн", "больш", "vip", "big", "large", "key account"),
    "new": ("новых клиент", "новые клиент", "новым клиент", "новичк", "new customer", "newcomer"),
    "all": (
        "всех клиент",
        "всем клиент",
        "все клиент",
        "всю базу",
        "всей баз",
        "all customers",
        "everyone",
        "everybody",
    ),
}
TONES: Mapping[str, Sequence[str]] = {
    "friendly": ("дружелюб", "дружеск", "тёпл", "тепл", "friendly", "warm"),
    "business": ("делов", "официальн", "строг", "business", "formal"),
    "energetic": ("энергичн", "ярк", "бодр", "energetic", "bold"),
}
# Too short to be a beginning: they must be the whole word.
WHOLE_WORD = 3


def find(text: str, vocabulary: Mapping[str, Sequence[str]]) -> str | None:
    """The first entry whose words occur in the text, by position; None when there is none."""
    found = find_all(text, vocabulary)
    return found[0] if found else None


def find_all(text: str, vocabulary: Mapping[str, Sequence[str]]) -> list[str]:
    """All entries whose words occur in the text, in the order they occur."""
    lowered = text.lower().replace("ё", "е")
    places: dict[str, int] = {}
    for entry, stems in vocabulary.items():
        for stem in (entry, *stems):
            place = _position(lowered, stem.lower().replace("ё", "е"))
            if place is not None:
                places[entry] = min(place, places.get(entry, place))
    return sorted(places, key=places.__getitem__)


def _position(text: str, stem: str) -> int | None:
    end = r"(?!\w)" if len(stem) <= WHOLE_WORD else ""
    match = re.search(rf"(?<!\w){re.escape(stem)}{end}", text)
    return match.start() if match else None
