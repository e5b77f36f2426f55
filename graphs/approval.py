"""A person decides: asking through `interrupt()` and reading whatever comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.types import interrupt

from graphs.language import Language

TITLES: dict[Language, dict[str, str]] = {
    "ru": {"approved": "Согласовано", "discount": "Скидка, %", "comment": "Комментарий"},
    "en": {"approved": "Approved", "discount": "Discount, %", "comment": "Comment"},
}
YES = {
    "true",
    "yes",
    "y",
    "да",
    "ок",
    "ok",
    "approve",
    "approved",
    "согласен",
    "согласна",
    "согласовано",
    "одобряю",
}


@dataclass(frozen=True)
class Decision:
    """What the person said. `discount`: percent they grant instead of the one asked for; None: as asked."""

    approved: bool
    discount: float | None = None
    comment: str = ""


def discount_schema(language: Language) -> dict[str, Any]:
    """The form for a discount: yes or no, another discount, a comment."""
    schema = campaign_schema(language)
    granted = {"type": "number", "minimum": 0, "maximum": 30, "title": TITLES[language]["discount"]}
    approved, comment = schema["properties"]["approved"], schema["properties"]["comment"]
    return {**schema, "properties": {"approved": approved, "discount": granted, "comment": comment}}


def campaign_schema(language: Language) -> dict[str, Any]:
    """The form for sending a campaign: yes or no, a comment."""
    titles = TITLES[language]
    return {
        "type": "object",
        "properties": {
            "approved": {"type": "boolean", "title": titles["approved"]},
            "comment": {"type": "string", "title": titles["comment"]},
        },
        "required": ["approved"],
    }


def ask(value: Mapping[str, Any], schema: dict[str, Any]) -> Decision:
    """Stop the run until a person has answered.

    Whatever stands before this call in a tool runs again when the answer comes: it must change nothing.
    """
    return read_decision(interrupt(dict(value), response_schema=schema))


def read_decision(answer: object) -> Decision:
    """Read an answer of any shape; only a clear yes approves."""
    match answer:
        case bool():
            return Decision(answer)
        case str():
            return Decision(answer.strip().strip("!.").lower() in YES)
        case Mapping():
            discount, comment = answer.get("discount"), answer.get("comment")
            return Decision(
                approved=_is_yes(answer.get("approved")),
                discount=(
                    float(discount) if isinstance(discount, int | float) and not isinstance(discount, bool) else None
                ),
                comment=comment.strip() if isinstance(comment, str) else "",
            )
        case _:
            return Decision(approved=False)


def _is_yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in YES)
