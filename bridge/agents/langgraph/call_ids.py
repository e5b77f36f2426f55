"""The ids of tool calls as clients get them. Pure.

A provider may repeat an id (vLLM with Kimi K2, llama.cpp), give two calls of one message the same, or give none.
Clients put arguments and results together by id, so within a turn each call gets one of its own: the first its
provider's, a later one ``<id>::2``, one without ``<message id>:call:<position>``. From turn to turn ids may repeat.
Streams and snapshots use the same rule: `CallIds` as a message streams, `distinct_calls` over a conversation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from bridge.events.event import Event

_AGAIN = re.compile(r"::\d+$")
_MADE_UP = re.compile(r".:call:\d+$")


class CallIds:
    """The calls of one turn.

    Attributes:
        names: the calls that were started in this run, by the id that clients have -> name.
        closers: of the calls that are open, what ends them.
        answered: of all calls those that got a result, by the same ids.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.closers: dict[str, Callable[[], list[Event]]] = {}
        self.answered: set[str] = set()
        self._counts: dict[str, int] = {}
        self._latest: dict[str, tuple[str, list[str]]] = {}

    def visible(self, given: str, message_id: str, position: int) -> str:
        """The id for clients of a call that starts now, in this message, at this position among its calls."""
        if given:
            number = self._counts[given] = self._counts.get(given, 0) + 1
            identity = given if number == 1 else f"{given}::{number}"
        else:
            identity = f"{message_id}:call:{position}"
        self.answered.discard(identity)  # an earlier turn's, where ids repeat
        owner, waiting = self._latest.get(given, ("", []))
        self._latest[given] = (message_id, [*waiting, identity] if owner == message_id else [identity])
        return identity

    def answer(self, given: str) -> str:
        """The id for clients of the call that a result of this id answers: the oldest of the last message's."""
        _, waiting = self._latest.get(given, ("", []))
        return next(
            (identity for identity in waiting if identity not in self.answered), waiting[-1] if waiting else given
        )

    def close(self, identity: str) -> list[Event]:
        """End a call that has its result, where it is open still."""
        closer = self.closers.get(identity)
        return [] if closer is None else closer()

    def waits(self, given: str) -> bool:
        """Whether a call of this id was made in this turn and has no result."""
        return self.answer(given) not in self.answered and given in self._latest

    def see(self, messages: Iterable[BaseMessage]) -> list[BaseMessage]:
        """Follow a conversation, and give it with its calls under the ids for clients."""
        return [self._seen(message) for message in messages]

    def _seen(self, message: BaseMessage) -> BaseMessage:
        if isinstance(message, HumanMessage):
            self._counts.clear()  # a new turn
            self._latest.clear()
        elif isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
            calls: list[Any] = [*message.tool_calls, *message.invalid_tool_calls]
            ids = [
                self.visible(str(call.get("id") or ""), str(message.id), position)
                for position, call in enumerate(calls)
            ]
            if any(call.get("id") != identity for call, identity in zip(calls, ids, strict=True)):
                renamed = [{**call, "id": identity} for call, identity in zip(calls, ids, strict=True)]
                count = len(message.tool_calls)
                update = {"tool_calls": renamed[:count], "invalid_tool_calls": renamed[count:]}
                return message.model_copy(update=update)
        elif isinstance(message, ToolMessage):
            identity = self.answer(message.tool_call_id)
            self.answered.add(identity)
            if identity != message.tool_call_id:
                return message.model_copy(update={"tool_call_id": identity})
        return message


def distinct_calls(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """A conversation with its calls, and their results, under the ids that clients have."""
    return CallIds().see(messages)


def given_id(identity: str) -> str:
    """The id that the provider gave, from the one that clients have."""
    return "" if _MADE_UP.search(identity) else _AGAIN.sub("", identity)
