"""OpenAI chat-completion chunk -> AG-UI events: `ChunksToAgui`. Pure.

Two ways in one class. A chunk with ``ag_ui`` (the extension) gives its event back, field for field. A stream of any
other provider becomes a legal AG-UI stream: text, reasoning, tool calls, usage, errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag_ui.core import PROTOCOL_VERSION

from bridge.events.event import Event
from bridge.events.lifecycle import Entity, OpenEntities
from bridge.events.messages import reasoning_id
from bridge.failures import run_failure
from bridge.openai_compat.to_chunks import delta_in
from bridge.openai_compat.usage import entries_of

_REASONING_FIELDS = ("reasoning_content", "reasoning")

_UNNAMED = "chatcmpl"  # the id of a completion that has none


class ChunksToAgui:
    """Translates one stream of chunks.

    ``feed(chunk) -> events`` for every chunk, then exactly one of ``finish()`` (after the last chunk), ``fail(exc)``
    (the stream broke off) and ``cancel()`` (somebody stopped it). Events are AG-UI's JSON objects. Any prefix followed
    by ``fail`` is a legal stream. An agent that makes its events of a provider's chunks begins with ``start()``; where
    it is left out, the first chunk begins the run, so that a run may have the completion's id.

    Args:
        thread_id, run_id: for RUN_STARTED; by default the completion's id, where the run begins with a chunk.
        reasoning_field: the delta's field for reasoning in extension chunks (as given to ``AguiToChunks``).
    """

    def __init__(
        self, *, thread_id: str | None = None, run_id: str | None = None, reasoning_field: str = "reasoning_content"
    ) -> None:
        self._thread_id = thread_id
        self._run_id = run_id
        self._reasoning_field = reasoning_field
        self._extension = False
        self._open = OpenEntities()
        self._started = False
        self._fed = False
        self._over = False
        self._id = ""
        self._model: str | None = None
        self._usage: list[dict[str, Any]] = []
        self._finish_reason: str | None = None
        self._calls: dict[int, str] = {}
        self._made: list[str] = []
        self._thought: str | None = None

    def start(self) -> list[Event]:
        """RUN_STARTED, before the first chunk is there; none where the run has begun."""
        if self._started or self._extension or self._over:
            return []
        return self._begin(_UNNAMED)

    def feed(self, chunk: Mapping[str, Any]) -> list[Event]:
        """The events of one chunk (of a chunk with the extension: exactly one; of framing: none).

        After ``start()`` the RUN_STARTED that a chunk with the extension carries is left out.
        """
        if isinstance(chunk.get("ag_ui"), Mapping):
            event = self._rebuild(chunk)
            if not self._started:
                return [event]
            if event["type"] == "RUN_FINISHED":  # the run is this agent's, by its ids
                event |= {"threadId": self._thread_id, "runId": self._run_id}
            return [] if event["type"] == "RUN_STARTED" else [event]
        if self._over or (self._extension and not chunk.get("error")):
            return []
        return self._foreign(chunk)

    def finish(self) -> list[Event]:
        """The stream ended. A stream without a finish_reason broke off: that is an error, not an end."""
        if self._over:
            return []
        self._over = True
        if not self._fed:
            return [{"type": "RUN_ERROR", "message": "The stream was empty.", "code": "upstream_error"}]
        closing = self._open.closing()
        if self._finish_reason is None:
            message = "The stream ended without a finish_reason."
            return [*closing, {"type": "RUN_ERROR", "message": message, "code": "upstream_error"}]
        ending: Event = {"type": "RUN_FINISHED", "threadId": self._thread_id, "runId": self._run_id}
        outcome: dict[str, Any] = {"type": "success"}
        if self._made:  # whatever the finish_reason: several providers say "stop" after a call
            outcome["pendingToolCallIds"] = self._made
        ending["outcome"] = outcome
        if self._usage:
            ending["usage"] = self._usage
        if self._finish_reason in ("length", "content_filter"):
            ending["metadata"] = {"finishReason": self._finish_reason}
        return [*closing, ending]

    def fail(self, exc: BaseException) -> list[Event]:
        """The stream broke off: close what is open, then RUN_ERROR."""
        if self._over:
            return []
        self._over = True
        failure = run_failure(exc)
        error: Event = {"type": "RUN_ERROR", "message": failure.message, "code": failure.code}
        return [*self._open.closing(failure.message), error]

    def cancel(self) -> list[Event]:
        """Somebody stopped the run: close what is open, then RUN_FINISHED with outcome ``cancelled``."""
        if self._over:
            return []
        begun = [] if self._started or self._extension else self._begin(_UNNAMED)
        self._over = True
        ending: Event = {"type": "RUN_FINISHED", "threadId": self._thread_id, "runId": self._run_id}
        ending["outcome"] = {"type": "cancelled"}
        if self._usage:
            ending["usage"] = self._usage
        return [*begun, *self._open.closing("The run was stopped."), ending]

    def _begin(self, identity: str) -> list[Event]:
        self._started = True
        self._thread_id = self._thread_id or identity
        self._run_id = self._run_id or identity
        started: Event = {"type": "RUN_STARTED", "threadId": self._thread_id, "runId": self._run_id}
        return [started | {"protocolVersion": PROTOCOL_VERSION}]

    # With the extension

    def _rebuild(self, chunk: Mapping[str, Any]) -> Event:
        self._extension = self._fed = True
        event: Event = dict(chunk["ag_ui"])
        if "delta" not in event and "error" not in chunk:
            text = delta_in(chunk["choices"][0]["delta"], self._reasoning_field, event["type"])
            if text is not None:
                event["delta"] = text
        if event["type"] in ("RUN_FINISHED", "RUN_ERROR"):
            self._over = True
        if event["type"] == "RUN_STARTED":
            self._thread_id = self._thread_id or event["threadId"]
            self._run_id = self._run_id or event["runId"]
        self._open.see(event)
        return event

    # Without: any provider's stream

    def _foreign(self, chunk: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = []
        if chunk.get("error"):  # some providers send "error": null in every chunk
            return self._error(chunk["error"])
        if not self._fed:
            self._fed = True
            self._id = str(chunk.get("id") or _UNNAMED)
            self._model = chunk.get("model")
        if not self._started:
            events += self._begin(self._id)
        if chunk.get("usage"):
            self._usage = entries_of(chunk["usage"], self._model)
        for choice in chunk.get("choices") or []:
            if choice.get("index") in (None, 0):  # one run is one answer; n > 1 is not a run
                events += self._choice(choice)
        return events

    def _choice(self, choice: Mapping[str, Any]) -> list[Event]:
        delta = choice.get("delta") or {}
        events: list[Event] = []
        thought, text = _reasoning_and_text(delta)
        if thought:
            events += self._think(thought)
        if text:
            events += self._emit_text(text)
        for position, piece in enumerate(delta.get("tool_calls") or []):
            events += self._call(piece, position)
        if choice.get("finish_reason"):
            self._finish_reason = str(choice["finish_reason"])
            events += self._close(self._open.closing())
            self._thought = None
        return events

    def _emit_text(self, text: str) -> list[Event]:
        events = self._quiet()
        if not self._is_open(Entity.TEXT, self._id):
            events += self._opened({"type": "TEXT_MESSAGE_START", "messageId": self._id, "role": "assistant"})
        return [*events, {"type": "TEXT_MESSAGE_CONTENT", "messageId": self._id, "delta": text}]

    def _think(self, text: str) -> list[Event]:
        events: list[Event] = []
        if self._thought is None:
            if self._is_open(Entity.TEXT, self._id):
                events += self._close([{"type": "TEXT_MESSAGE_END", "messageId": self._id}])
            self._thought = reasoning_id(self._id)
            events += self._opened({"type": "REASONING_START", "messageId": self._thought})
            start = {"type": "REASONING_MESSAGE_START", "messageId": self._thought, "role": "reasoning"}
            events += self._opened(start)
        return [*events, {"type": "REASONING_MESSAGE_CONTENT", "messageId": self._thought, "delta": text}]

    def _quiet(self) -> list[Event]:
        if self._thought is None:
            return []
        thought, self._thought = self._thought, None
        return self._close(
            [{"type": "REASONING_MESSAGE_END", "messageId": thought}, {"type": "REASONING_END", "messageId": thought}]
        )

    def _call(self, piece: Mapping[str, Any], position: int) -> list[Event]:
        index = piece.get("index")
        index = position if index is None else int(index)
        function = piece.get("function") or {}
        events = self._quiet()
        # an id and a name begin a call, also under an index that was used: some providers number every call 0
        other = piece.get("id") not in (None, "", self._calls.get(index)) and bool(function.get("name"))
        if index not in self._calls or other:
            if not function.get("name"):
                return events
            if self._is_open(Entity.TEXT, self._id):
                events += self._close([{"type": "TEXT_MESSAGE_END", "messageId": self._id}])
            if index in self._calls and self._is_open(Entity.TOOL_CALL, self._calls[index]):
                events += self._close([{"type": "TOOL_CALL_END", "toolCallId": self._calls[index]}])
            call_id = str(piece.get("id") or f"{self._id}:call:{index}")
            if call_id in self._made:
                call_id = f"{call_id}:{len(self._made)}"
            self._calls[index] = call_id
            self._made.append(call_id)
            start = {"type": "TOOL_CALL_START", "toolCallId": call_id, "toolCallName": function["name"]}
            events += self._opened(start | {"parentMessageId": self._id})
        if function.get("arguments") and self._is_open(Entity.TOOL_CALL, self._calls[index]):
            delta = {"toolCallId": self._calls[index], "delta": function["arguments"]}
            events.append({"type": "TOOL_CALL_ARGS", **delta})
        return events

    def _error(self, error: Any) -> list[Event]:
        self._over = True
        fields = error if isinstance(error, Mapping) else {"message": str(error)}
        message = str(fields.get("message") or "The stream broke off.")
        ending: Event = {"type": "RUN_ERROR", "message": message}
        code = fields.get("code") or fields.get("type")
        if code is not None:
            ending["code"] = str(code)
        return [*self._open.closing(message), ending]

    def _is_open(self, entity: Entity, name: str) -> bool:
        return (entity, None, name) in self._open

    def _opened(self, event: Event) -> list[Event]:
        self._open.see(event)
        return [event]

    def _close(self, events: list[Event]) -> list[Event]:
        for event in events:
            self._open.see(event)
        return events


def _reasoning_and_text(delta: Mapping[str, Any]) -> tuple[str, str]:
    """The reasoning and the text of a delta. Content may come as parts (Mistral), with thoughts among them."""
    thought = next((str(delta[name]) for name in _REASONING_FIELDS if delta.get(name)), "")
    content = delta.get("content")
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, Mapping)]
        thought += "".join(_thinking(part) for part in parts if part.get("type") == "thinking")
        content = "".join(str(part.get("text") or "") for part in parts if part.get("type") == "text")
    return thought, str(content or delta.get("refusal") or "")


def _thinking(part: Mapping[str, Any]) -> str:
    """The text of a ``thinking`` part: itself a string, or parts again."""
    inner = part.get("thinking")
    if isinstance(inner, list):
        return "".join(str(item.get("text") or "") for item in inner if isinstance(item, Mapping))
    return str(inner or "")
