"""AG-UI event -> OpenAI chat-completion chunk: `AguiToChunks`. Pure. One event, one chunk.

Where OpenAI has no word for an event the delta is ``{}``. With the extension on, a top-level ``ag_ui`` holds what
the delta does not carry of the event, and `bridge.openai_compat.from_chunks.ChunksToAgui` rebuilds the events exactly.

    event                                       delta
    RUN_STARTED                                 role, empty content
    TEXT_MESSAGE_START                          {}, or a paragraph break after earlier text
    TEXT_MESSAGE_CONTENT, _CHUNK (assistant)    content; {} while another message is being sent
    TEXT_MESSAGE_END                            {}, or the content that waited for this message's end
    REASONING_MESSAGE_START, _CONTENT, …        the same, as reasoning_content
    TOOL_CALL_START, _ARGS, _CHUNK (client's)   tool_calls
    TOOL_CALL_RESULT (server's)                 {}, or what is shown of it (`shown_tools`)
    RUN_FINISHED                                {} and the finish_reason; an interrupt in words or as a call; the
                                                run's result, where there is no text
    RUN_ERROR                                   no chunk: an error frame
    everything else, and all of a subagent      {}

For an answer that is sent whole, text, reasoning and calls are in the chunk of RUN_FINISHED (`whole`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

from ag_ui.core import BaseEvent

from bridge.errors import failure_of_code
from bridge.events.event import Event, wire
from bridge.events.interrupts import asked_first
from bridge.failures import run_failure
from bridge.json import dumps
from bridge.openai_compat.one_by_one import SEPARATOR, OneByOne
from bridge.openai_compat.questions import as_call, in_words
from bridge.openai_compat.shown_tools import Form, ShownTools
from bridge.openai_compat.usage import usage_of
from bridge.openai_compat.whole import WholeAnswer

Chunk: TypeAlias = dict[str, Any]
"""One ``chat.completion.chunk``, or one error frame ``{"error": {…}}``, as its JSON object."""

INTERRUPT_TOOL = "interrupt"
"""A client that declares a tool of this name gets interrupts as calls to it."""


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
        language: of the conversation, in which to ask; ``None``: the question's own.
        whole: the chunks are folded into one answer before anything is sent.
        show: how the server's tools are shown; ``None``: not at all.
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
        language: Literal["ru", "en"] | None = None,
        whole: bool = False,
        show: Form | None = None,
    ) -> None:
        self.usage: dict[str, Any] | None = None
        self._head: Chunk = {"id": id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._client_tools = frozenset(client_tools)
        self._extension = extension
        self._reasoning_field = reasoning_field
        self._interrupts = interrupts or ("tool" if INTERRUPT_TOOL in self._client_tools else "words")
        self._language = language
        self._roles: dict[str, str] = {}
        self._indices: dict[str, int] = {}
        self._answered: set[str] = set()
        self._whole = WholeAnswer() if whole else None
        self._shown = ShownTools(show) if show else None
        self._spoken = False
        self._texts = OneByOne()
        self._thoughts = OneByOne()
        self._chunked_text: str | None = None
        self._chunked_thought: str | None = None
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
            chunk["ag_ui"] = _rest_of(known, delta, self._reasoning_field)
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
            and self._whole is None
            and self._texts.plain(message_id)
            and self._roles.get(message_id, "assistant") == "assistant"
        )

    def keep_text(self, message_id: str, delta: str) -> bool:
        """Whether this content is kept for the whole answer, and no chunk need be built for it (see `fold`)."""
        if self._whole is None or self._extension or self._roles.get(message_id, "assistant") != "assistant":
            return False
        self._whole.add_text(message_id, delta)
        return True

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
            case "TEXT_MESSAGE_END":
                return _content("content", self._texts.end(event["messageId"]))
            case "REASONING_MESSAGE_START" | "REASONING_MESSAGE_CONTENT" | "REASONING_MESSAGE_END":
                return self._thought(kind, event)
            case "REASONING_MESSAGE_CHUNK":
                return self._thought_chunk(event)
            case "MESSAGES_SNAPSHOT" if self._whole is not None:
                self._whole.see_snapshot(event["messages"])
                return {}
            case "TOOL_CALL_START":
                call_id = event["toolCallId"]
                return self._call(call_id, self._call_start(call_id, event["toolCallName"], ""))
            case "TOOL_CALL_ARGS":
                return self._call(event["toolCallId"], self._call_args(event["toolCallId"], event["delta"]))
            case "TOOL_CALL_CHUNK":
                self._chunked_call = event.get("toolCallId") or self._chunked_call or ""
                return self._call(self._chunked_call, self._call_chunk(self._chunked_call, event))
            case "TOOL_CALL_RESULT":
                self._answered.add(event["toolCallId"])
                return self._show(event) if self._shown is not None else {}
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
        if self._roles[message_id] != "assistant" or self._whole is not None:
            return {}
        return _content("content", self._texts.start(message_id))

    def _text(self, message_id: str, delta: str) -> dict[str, Any]:
        if self._roles.get(message_id, "assistant") != "assistant":
            return {}
        if self._whole is not None:
            self._whole.add_text(message_id, delta)
            return {}
        self._spoken = self._spoken or bool(delta)
        text = self._texts.content(message_id, delta)
        return {"content": text} if text or not delta else {}

    def _text_chunk(self, event: Event) -> dict[str, Any]:
        message_id = event.get("messageId") or self._chunked_text or ""
        if message_id != self._chunked_text:
            self._chunked_text = message_id
            self._roles[message_id] = event.get("role") or "assistant"
            if self._roles[message_id] == "assistant" and self._whole is None:
                self._texts.start_shorthand(message_id)
        return {} if event.get("delta") is None else self._text(message_id, event["delta"])

    # Reasoning

    def _thought(self, kind: str, event: Event) -> dict[str, Any]:
        message_id, delta = event["messageId"], event.get("delta") or ""
        if self._whole is not None:
            if delta:
                self._whole.add_thought(message_id, delta)
            return {}
        match kind:
            case "REASONING_MESSAGE_START":
                text = self._thoughts.start(message_id)
            case "REASONING_MESSAGE_END":
                text = self._thoughts.end(message_id)
            case _:
                text = self._thoughts.content(message_id, delta)
        return _content(self._reasoning_field, text)

    def _thought_chunk(self, event: Event) -> dict[str, Any]:
        message_id = event.get("messageId") or self._chunked_thought or self._thoughts.last or ""
        if message_id != self._chunked_thought:
            self._chunked_thought = message_id
            self._thoughts.start_shorthand(message_id)
        if event.get("delta") is None:
            return {}
        return self._thought("REASONING_MESSAGE_CONTENT", {"messageId": message_id, "delta": event["delta"]})

    # Tool calls

    def _call(self, call_id: str, delta: dict[str, Any]) -> dict[str, Any]:
        if self._whole is None:
            return delta
        self._whole.add_call(call_id, delta)
        return {}

    def _call_start(self, call_id: str, name: str, arguments: str) -> dict[str, Any]:
        if name not in self._client_tools:
            if self._shown is not None:
                self._shown.start(call_id, name, arguments)
            return {}
        index = self._indices.setdefault(call_id, len(self._indices))
        function = {"name": name, "arguments": arguments}
        return {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}

    def _call_args(self, call_id: str, delta: str) -> dict[str, Any]:
        index = self._indices.get(call_id)
        if index is None:
            if self._shown is not None:
                self._shown.add(call_id, delta)
            return {}
        return {"tool_calls": [{"index": index, "function": {"arguments": delta}}]}

    def _call_chunk(self, call_id: str, event: Event) -> dict[str, Any]:
        name, delta = event.get("toolCallName"), event.get("delta")
        if name is not None and call_id not in self._indices:
            return self._call_start(call_id, name, delta or "")
        return {} if delta is None else self._call_args(call_id, delta)

    def _show(self, result: Event) -> dict[str, Any]:
        """The call of a server's tool and its result, for the eye."""
        shown = self._shown
        text = shown.text(result) if shown is not None else ""
        if shown is None or not text:
            return {}
        name, as_thought = f"{result['toolCallId']}:shown", shown.form == "reasoning"
        if self._whole is not None:
            self._whole.show(name, text, as_thought=as_thought)
            return {}
        if as_thought:
            return _content(self._reasoning_field, self._thoughts.whole(name, text))
        return _content("content", self._texts.whole(name, text))

    # Ends

    def _finished(self, event: Event) -> tuple[dict[str, Any], str]:
        """The last delta: what has waited, then what only the end knows."""
        self.usage = usage_of(event.get("usage") or [])
        if self._whole is None:
            text, thoughts, calls = self._texts.finish(), self._thoughts.finish(), []
            before, spoken = self._texts.last is not None, self._spoken
        else:
            text, thoughts, calls = self._whole.text(), self._whole.thoughts(), self._whole.calls()
            before, spoken = bool(text), self._whole.spoken
        added, more, reason = self._ending(event, spoken, len(calls) if self._whole else len(self._indices))
        if added:
            text += SEPARATOR + added if before else added
        calls += more
        delta = _content("content", text) | _content(self._reasoning_field, thoughts)
        return delta | ({"tool_calls": calls} if calls else {}), reason

    def _ending(self, event: Event, spoken: bool, calls: int) -> tuple[str, list[dict[str, Any]], str]:
        """Text and calls that the end adds, and the finish_reason; ``spoken``: whether the agent has said something."""
        outcome, metadata = event.get("outcome") or {}, event.get("metadata") or {}
        if outcome.get("type") == "interrupt":
            return self._interrupted(outcome.get("interrupts") or [], calls)
        if outcome.get("type") == "cancelled":
            return "", [], "stop"
        if calls and self._indices.keys() - self._answered:
            # a call that was cut at the limit of tokens is no call: as OpenAI has it
            return "", [], "length" if metadata.get("finishReason") == "length" else "tool_calls"
        result, reason = event.get("result"), metadata.get("finishReason")
        added = ""
        if result is not None and (not spoken or metadata.get("structuredResponse")):
            added = result if isinstance(result, str) else dumps(result).decode()
        return added, [], reason if reason in ("length", "content_filter") else "stop"

    def _interrupted(self, interrupts: list[dict[str, Any]], calls: int) -> tuple[str, list[dict[str, Any]], str]:
        if self._interrupts == "tool":
            return "", [as_call(interrupt, calls + number) for number, interrupt in enumerate(interrupts)], "tool_calls"
        return in_words(asked_first(interrupts), self._language) if interrupts else "", [], "stop"

    def _error(self, event: Event) -> Chunk:
        self.usage = usage_of(event.get("usage") or [])
        frame: Chunk = failure_of_code(event.get("code"), event["message"]).envelope()
        frame["error"]["code"] = event.get("code") or frame["error"]["code"]
        if self._extension:
            frame["ag_ui"] = event
        return frame


def _content(field: str, text: str) -> dict[str, Any]:
    return {field: text} if text else {}


def _rest_of(event: Event, delta: Mapping[str, Any], reasoning_field: str) -> Event:
    """The event less its ``delta``, where the chunk's own delta carries the same text."""
    text = delta_in(delta, reasoning_field, event["type"])
    if text is None or event.get("delta") != text:
        return event
    return {key: value for key, value in event.items() if key != "delta"}


def delta_in(delta: Mapping[str, Any], reasoning_field: str, kind: str) -> str | None:
    """The text that a chunk's delta carries for an event of this type, ``None`` when it carries none."""
    text: Any = None
    match kind:
        case "TEXT_MESSAGE_CONTENT" | "TEXT_MESSAGE_CHUNK":
            text = delta.get("content")
        case "REASONING_MESSAGE_CONTENT" | "REASONING_MESSAGE_CHUNK":
            text = delta.get(reasoning_field)
        case "TOOL_CALL_ARGS":  # not _CHUNK: the first delta of a call has "" where the event has none
            calls = delta.get("tool_calls") or [{}]
            text = calls[0].get("function", {}).get("arguments")
        case _:
            pass
    return text if isinstance(text, str) else None
