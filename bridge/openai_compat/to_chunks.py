"""AG-UI event -> OpenAI chat-completion chunk: `AguiToChunks`. Pure. One event, one chunk.

Where OpenAI has no word for an event the delta is ``{}``. With the extension on, a top-level ``ag_ui`` holds what of
the event the delta does not already say, and `bridge.openai_compat.events.ChunksToAgui` rebuilds the events exactly.

    event                                       delta
    RUN_STARTED                                 role, empty content
    TEXT_MESSAGE_START                          {}, or a paragraph break after earlier text
    TEXT_MESSAGE_CONTENT, _CHUNK (assistant)    content
    REASONING_MESSAGE_CONTENT, _CHUNK           reasoning_content
    TOOL_CALL_START, _ARGS, _CHUNK (client's)   tool_calls
    RUN_FINISHED                                {} and the finish_reason; an interrupt in words or as a call
    RUN_ERROR                                   no chunk: an error frame
    everything else, and all of a subagent      {}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

from ag_ui.core import BaseEvent

from bridge.errors import failure_of_code, run_failure
from bridge.events.event import Event, wire
from bridge.openai_compat.approval import as_call, in_words
from bridge.openai_compat.usage import usage_of

Chunk: TypeAlias = dict[str, Any]
"""One ``chat.completion.chunk``, or one error frame ``{"error": {…}}``, as its JSON object."""

INTERRUPT_TOOL = "interrupt"
"""A client that declares a tool of this name gets interrupts as calls to it."""

SEPARATOR = "\n\n"
"""Between two messages of one run: OpenAI has one message where AG-UI has several."""


class AguiToChunks:
    """Translates the events of one run.

    ``feed(event) -> chunk`` for every event; ``finish(include_usage) -> chunks`` after the last; ``fail(exc) ->
    [frame]`` when the stream broke off.

    Args:
        id: of every chunk, ``chatcmpl-`` and the run's id.
        model: the agent's name.
        created: seconds since the epoch.
        client_tools: names of the tools the request declares. Their calls travel as ``tool_calls``; no other call does.
        extension: add ``ag_ui`` to each chunk.
        reasoning_field: the delta's field for reasoning; clients disagree (``reasoning_content``, ``reasoning``).
        interrupts: ask ``"words"`` or call the ``"tool"``; ``None``: the tool if the client declares it.
    """

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - OpenAI's own name for the field
        model: str,
        created: int,
        client_tools: Collection[str] = (),
        extension: bool = False,
        reasoning_field: str = "reasoning_content",
        interrupts: Literal["words", "tool"] | None = None,
    ) -> None:
        self.usage: dict[str, Any] | None = None
        self._head: Chunk = {"id": id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._client_tools = frozenset(client_tools)
        self._extension = extension
        self._reasoning_field = reasoning_field
        self._interrupts = interrupts or ("tool" if INTERRUPT_TOOL in self._client_tools else "words")
        self._roles: dict[str, str] = {}
        self._indices: dict[str, int] = {}
        self._answered: set[str] = set()
        self._last_text: str | None = None
        self._pending_break = False
        self._chunked_text: str | None = None
        self._chunked_call: str | None = None

    def feed(self, event: BaseEvent | Mapping[str, Any]) -> Chunk:
        """The chunk of one event. Raises ``ValueError`` for a type that is not AG-UI's."""
        known = wire(event)
        kind = known["type"]
        if kind == "RUN_ERROR":
            return self._error(known)
        finish_reason: str | None = None
        if kind == "RUN_FINISHED":
            delta, finish_reason = self._finished(known)
        else:
            delta = self._delta(kind, known) if known.get("subagentRunId") is None else self._of_subagent(known)
        chunk = self._chunk(delta, finish_reason)
        if self._extension:
            chunk["ag_ui"] = _unsaid(known, delta, self._reasoning_field)
        return chunk

    def finish(self, *, include_usage: bool = False) -> list[Chunk]:
        """What follows the last chunk: the usage, if the request asked for it (``null`` when the model gave none)."""
        return [{**self._head, "choices": [], "usage": self.usage}] if include_usage else []

    def fail(self, exc: BaseException) -> list[Chunk]:
        """The error frame for a stream that broke off."""
        return [run_failure(exc).envelope()]

    @property
    def head(self) -> Chunk:
        """The fields that every chunk shares."""
        return self._head

    def plain_text(self, message_id: str) -> bool:
        """Whether the next content of this message is a delta of its own text and nothing else (see `encode`)."""
        return (
            not self._extension
            and not self._pending_break
            and self._last_text == message_id
            and self._roles.get(message_id, "assistant") == "assistant"
        )

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None) -> Chunk:
        return {**self._head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}

    def _delta(self, kind: str, event: Event) -> dict[str, Any]:
        match kind:
            case "RUN_STARTED":
                return {"role": "assistant", "content": ""}
            case "TEXT_MESSAGE_START":
                return self._text_start(event)
            case "TEXT_MESSAGE_CONTENT":
                return self._text(event["messageId"], event["delta"])
            case "TEXT_MESSAGE_CHUNK":
                return self._text_chunk(event)
            case "REASONING_MESSAGE_CONTENT":
                return {self._reasoning_field: event["delta"]}
            case "REASONING_MESSAGE_CHUNK" if event.get("delta") is not None:
                return {self._reasoning_field: event["delta"]}
            case "TOOL_CALL_START":
                return self._call_start(event["toolCallId"], event["toolCallName"], "")
            case "TOOL_CALL_ARGS":
                return self._call_args(event["toolCallId"], event["delta"])
            case "TOOL_CALL_CHUNK":
                return self._call_chunk(event)
            case "TOOL_CALL_RESULT":
                self._answered.add(event["toolCallId"])
                return {}
            case _:
                return {}

    def _of_subagent(self, event: Event) -> dict[str, Any]:
        """What a subagent does is no part of the answer."""
        if event["type"] in ("TEXT_MESSAGE_START", "TEXT_MESSAGE_CHUNK"):
            self._roles[event.get("messageId") or self._chunked_text or ""] = "subagent"
        return {}

    # Text

    def _text_start(self, event: Event) -> dict[str, Any]:
        message_id = event["messageId"]
        self._roles[message_id] = event.get("role") or "assistant"
        if self._roles[message_id] != "assistant" or self._last_text in (None, message_id):
            return {}
        self._last_text = message_id
        return {"content": SEPARATOR}

    def _text(self, message_id: str, delta: str) -> dict[str, Any]:
        if self._roles.get(message_id, "assistant") != "assistant":
            return {}
        if self._pending_break and delta:
            self._pending_break = False
            self._last_text = message_id
            return {"content": SEPARATOR + delta}
        if delta:
            self._last_text = message_id
        return {"content": delta}

    def _text_chunk(self, event: Event) -> dict[str, Any]:
        message_id = event.get("messageId") or self._chunked_text or ""
        if message_id != self._chunked_text:
            self._chunked_text = message_id
            self._roles[message_id] = event.get("role") or "assistant"
            if self._roles[message_id] == "assistant" and self._last_text not in (None, message_id):
                self._pending_break = True
        return {} if event.get("delta") is None else self._text(message_id, event["delta"])

    # Tool calls

    def _call_start(self, call_id: str, name: str, arguments: str) -> dict[str, Any]:
        if name not in self._client_tools:
            return {}
        index = self._indices.setdefault(call_id, len(self._indices))
        function = {"name": name, "arguments": arguments}
        return {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}

    def _call_args(self, call_id: str, delta: str) -> dict[str, Any]:
        index = self._indices.get(call_id)
        if index is None:
            return {}
        return {"tool_calls": [{"index": index, "function": {"arguments": delta}}]}

    def _call_chunk(self, event: Event) -> dict[str, Any]:
        call_id = event.get("toolCallId") or self._chunked_call or ""
        self._chunked_call = call_id
        name, delta = event.get("toolCallName"), event.get("delta")
        if name is not None and call_id not in self._indices:
            return self._call_start(call_id, name, delta or "")
        return {} if delta is None else self._call_args(call_id, delta)

    # Ends

    def _finished(self, event: Event) -> tuple[dict[str, Any], str]:
        self.usage = usage_of(event.get("usage") or [])
        outcome = event.get("outcome") or {}
        if outcome.get("type") == "interrupt":
            return self._interrupted(outcome.get("interrupts") or [])
        if outcome.get("type") == "cancelled":
            return {}, "stop"
        if self._indices.keys() - self._answered:
            return {}, "tool_calls"
        reason = (event.get("metadata") or {}).get("finishReason")
        return {}, reason if reason in ("length", "content_filter") else "stop"

    def _interrupted(self, interrupts: list[dict[str, Any]]) -> tuple[dict[str, Any], str]:
        if self._interrupts == "tool":
            first = len(self._indices)
            calls = [as_call(interrupt, first + number) for number, interrupt in enumerate(interrupts)]
            return {"tool_calls": calls}, "tool_calls"
        words = in_words(interrupts[0]) if interrupts else ""
        return {"content": words if self._last_text is None else SEPARATOR + words}, "stop"

    def _error(self, event: Event) -> Chunk:
        self.usage = usage_of(event.get("usage") or [])
        frame: Chunk = failure_of_code(event.get("code"), event["message"]).envelope()
        frame["error"]["code"] = event.get("code") or frame["error"]["code"]
        if self._extension:
            frame["ag_ui"] = event
        return frame


def _unsaid(event: Event, delta: Mapping[str, Any], reasoning_field: str) -> Event:
    """The event less its ``delta``, where the chunk's own delta says the same to the letter."""
    said = said_in(delta, reasoning_field, event["type"])
    if said is None or event.get("delta") != said:
        return event
    return {key: value for key, value in event.items() if key != "delta"}


def said_in(delta: Mapping[str, Any], reasoning_field: str, kind: str) -> str | None:
    """The text that a chunk's delta carries for an event of this type, ``None`` when it carries none."""
    said: Any = None
    match kind:
        case "TEXT_MESSAGE_CONTENT" | "TEXT_MESSAGE_CHUNK":
            said = delta.get("content")
        case "REASONING_MESSAGE_CONTENT" | "REASONING_MESSAGE_CHUNK":
            said = delta.get(reasoning_field)
        case "TOOL_CALL_ARGS":  # not _CHUNK: the first delta of a call says "" where the event says nothing
            calls = delta.get("tool_calls") or [{}]
            said = calls[0].get("function", {}).get("arguments")
        case _:
            pass
    return said if isinstance(said, str) else None
