"""The mark on a stored message whose stream ended in its middle. Pure.

It is OpenAI's own, as its Responses have it: ``status`` and ``incomplete_details`` in ``response_metadata``. No class
of LangChain sends these to a model. The next turn's graph can read the mark, and AG-UI's clients find it in the
message's ``metadata``.
"""

from __future__ import annotations

from collections.abc import Mapping

from langchain_core.messages import AIMessage

BROKEN = "broken_off"
"""The reason that the mark gives."""


def mark(message: AIMessage) -> None:
    """Say in a message that it is not whole."""
    message.response_metadata |= {"status": "incomplete", "incomplete_details": {"reason": BROKEN}}


def is_marked(message: AIMessage) -> bool:
    """Whether a message says that it is not whole."""
    details = message.response_metadata.get("incomplete_details")
    return isinstance(details, Mapping) and details.get("reason") == BROKEN
