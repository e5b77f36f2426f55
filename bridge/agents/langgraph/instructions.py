"""System and developer messages of a client's request, as the graph is given them. Pure.

A client that sends its whole history sends its system messages each time, and those just sent are the ones in force.
They have ids of their own place (`_id`), so that LangGraph's ``add_messages`` puts a new one where the earlier one was:
they stand before the conversation, and do not pile up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import BaseMessage, RemoveMessage
from langgraph.types import Command

from bridge.agents.langgraph.messages import message_to_langchain

_IDS = "instructions:"


def instruct(given: Any, instructions: Sequence[Mapping[str, Any]] | None, known: Sequence[BaseMessage] = ()) -> Any:
    """The graph's input with these instructions in place of those among its ``known`` messages.

    ``None``: those that it has stay. An input that only goes on (``None``) is left as it is.
    """
    if instructions is None or given is None:
        return given
    before = {message.id: message for message in known if str(message.id).startswith(_IDS)}
    wanted = {_id(number): {**message, "id": _id(number)} for number, message in enumerate(instructions)}
    changed = [message_to_langchain(message) for message in wanted.values()]
    changes: list[BaseMessage] = [RemoveMessage(str(name)) for name in before if name not in wanted]
    changes += [message for message in changed if before.get(message.id) != message]
    if not changes:
        return given
    if isinstance(given, Command):
        return replace(given, update={"messages": changes}) if given.update is None else given
    return {**given, "messages": [*changes, *given.get("messages", ())]}


def _id(number: int) -> str:
    return f"{_IDS}{number}"
