"""BANT: budget, authority, need, timeline. 25 points each; 70 and more is hot, 45 and more is warm."""

import re
from typing import Literal

from graphs.language import Language
from graphs.money import plural_en, rub
from graphs.state import Bant, BantPart

PART_MAX = 25
HOT = 70
WARM = 45

DECIDES = re.compile(
    r"генеральный|коммерческий|директор|владелец|основатель|собственник|\bceo\b|chief|executive|owner|founder|director",
    re.IGNORECASE,
)
INFLUENCES = re.compile(r"руководител|начальник|head|manager of|lead|purchasing|менеджер по закупк", re.IGNORECASE)


def score(
    *,
    budget: int | None,
    employees: int,
    position: str,
    need: str,
    timeline_months: int | None,
    language: Language,
) -> Bant:
    """The score with a reason for each part.

    `budget` is roubles a year; it is measured against what a company of that size spends on such software
    (about 12 000 ₽ for each employee, but at least 100 000 ₽). `timeline_months`: buys within so many months.
    """
    parts = [
        _budget(budget, employees, language),
        _authority(position, language),
        _need(need, language),
        _timeline(timeline_months, language),
    ]
    total = sum(part["score"] for part in parts)
    grade: Literal["hot", "warm", "cold"] = "hot" if total >= HOT else "warm" if total >= WARM else "cold"
    weakest = min(parts, key=lambda part: part["score"])["criterion"]
    return {
        "score": total,
        "grade": grade,
        "parts": parts,
        "next_step": NEXT_STEP[language][grade if grade == "hot" else weakest],
    }


NEXT_STEP: dict[Language, dict[str, str]] = {
    "ru": {
        "hot": "Назначьте встречу на этой неделе и отправьте коммерческое предложение.",
        "budget": "Уточните бюджет: спросите, сколько стоит им эта проблема сейчас.",
        "authority": "Выйдите на того, кто решает: попросите контакт директора.",
        "need": "Проведите короткое интервью и выясните, какую задачу они хотят решить.",
        "timeline": "Договоритесь о сроке: к какому событию им нужно решение.",
    },
    "en": {
        "hot": "Book a meeting this week and send a quote.",
        "budget": "Ask about the budget: what does the problem cost them today?",
        "authority": "Reach the person who decides: ask for the director's contact.",
        "need": "Hold a short interview to learn what problem they want to solve.",
        "timeline": "Agree on a date: which event do they need the solution for?",
    },
}


def _budget(budget: int | None, employees: int, language: Language) -> BantPart:
    ru = language == "ru"
    if budget is None:
        return _part("budget", 5, "Бюджет не назван" if ru else "No budget named")
    expected = max(100_000, employees * 12_000)
    ratio = budget / expected
    points = 25 if ratio >= 1 else 18 if ratio >= 0.6 else 11 if ratio >= 0.3 else 5
    spoken = f"{rub(budget)} при обычных {rub(expected)} для такой компании"
    return _part("budget", points, spoken if ru else f"{rub(budget)} against the usual {rub(expected)} for this size")


def _authority(position: str, language: Language) -> BantPart:
    ru = language == "ru"
    if not position:
        return _part("authority", 5, "Роль контакта неизвестна" if ru else "The contact's role is not known")
    if DECIDES.search(position):
        return _part("authority", 25, f"{position}: принимает решение" if ru else f"{position}: decides")
    if INFLUENCES.search(position):
        return _part("authority", 15, f"{position}: влияет на решение" if ru else f"{position}: has influence")
    return _part("authority", 7, f"{position}: решает не сам" if ru else f"{position}: does not decide")


def _need(need: str, language: Language) -> BantPart:
    ru = language == "ru"
    if not need.strip():
        return _part("need", 4, "Потребность не выяснена" if ru else "The need is not known")
    if len(need.split()) < 3:
        return _part("need", 14, f"Названа в общих словах: {need}" if ru else f"Named in general words: {need}")
    return _part("need", 25, f"Ясная задача: {need}" if ru else f"A clear task: {need}")


def _timeline(months: int | None, language: Language) -> BantPart:
    ru = language == "ru"
    if months is None:
        return _part("timeline", 4, "Срок не назван" if ru else "No date named")
    points = 25 if months <= 1 else 20 if months <= 3 else 12 if months <= 6 else 6
    return _part(
        "timeline", points, f"Покупка через {months} мес." if ru else f"Buys within {plural_en(months, 'month')}"
    )


def _part(criterion: Literal["budget", "authority", "need", "timeline"], points: int, reason: str) -> BantPart:
    return {"criterion": criterion, "score": points, "max": PART_MAX, "reason": reason}
