"""AG-UI event -> events of the Responses API: `AguiToResponseEvents`. Pure. One event, any number of events.

    event                                     events
    RUN_STARTED                               created, (in the background: queued,) in_progress
    TEXT_MESSAGE_* (assistant's)              an item ``message``: output_item.added, content_part.added,
                                              output_text.delta…, output_text.done, content_part.done, output_item.done
    REASONING_MESSAGE_*                       an item ``reasoning``: the same with reasoning_summary_…
    TOOL_CALL_START, _ARGS, _END (client's)   an item ``function_call``: function_call_arguments.delta…, .done
    RUN_FINISHED                              what only the end knows, as items: an interrupt, a result;
                                              then completed, or incomplete
    RUN_ERROR                                 failed
    everything else, and all of a subagent    none

Items come one after the other, whole: what belongs to another item waits until the one that is open has ended. OpenAI
sends them so, and who shows deltas as they come would mix two texts. Nobody says in a stream that it was cancelled:
it ends with ``incomplete``, whose response has the status ``cancelled``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ag_ui.core import BaseEvent

from bridge.errors import BridgeError, failure_of_code
from bridge.events.event import Event, wire
from bridge.events.interrupts import asked_first
from bridge.failures import run_failure
from bridge.json import dumps, dumps_unescaped, loads
from bridge.openai_compat.questions import as_call, in_words
from bridge.openai_compat.responses.approvals import Call, approval_requests
from bridge.openai_compat.responses.usage import error_of, usage_of
from bridge.openai_compat.responses.whole import WholeItems
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL

ResponseEvent: TypeAlias = dict[str, Any]
"""One event of a response's stream, as its JSON object."""

Kind = Literal["message", "reasoning", "function_call"]

_PREFIX = {"message": "msg", "reasoning": "rs", "function_call": "fc"}


@dataclass(slots=True)
class _Open:
    """An item that is being sent, or waits for its turn. ``key``: the id of its message or call on AG-UI.

    Its text is kept as it is sent, as JSON: one text, not a million deltas; half an emoji is U+FFFD in a delta, and so
    in the whole.
    """

    kind: Kind
    key: str
    name: str = ""
    shorthand: bool = False
    ended: bool = False
    id: str = ""
    index: int = 0
    written: bytearray = field(default_factory=bytearray)

    def add(self, delta: str) -> None:
        """A piece of its text."""
        self.written += dumps_unescaped(delta)[1:-1]

    def text(self) -> str:
        """All of it."""
        text: str = loads(b'"' + self.written + b'"')
        return text


class AguiToResponseEvents:
    """Translates the events of one run.

    ``feed(event) -> events`` for every event; ``fail(exc)`` or ``cancel()`` where the stream broke off. After the last
    event of a run nothing more comes.

    Args:
        response: the object as it is when the run begins (`bridge.openai_compat.responses.body.head_of`).
        client_tools: names of the tools the request declares. Their calls are items; no other call is.
        interrupts: ask in ``"words"``, call the ``"tool"``; ``None``: the tool if the client declares it, else a
            request for approval with the words for it, where the interrupt is about a tool of the server.
        language: of the conversation, in which to ask; ``None``: the question's own.
        whole: the events are folded into one object before anything is sent.

    The time at which the response was completed is the ``timestamp`` of RUN_FINISHED, where it has one.
    """

    def __init__(
        self,
        response: Mapping[str, Any],
        *,
        client_tools: Collection[str] = (),
        interrupts: Literal["words", "tool"] | None = None,
        language: Literal["ru", "en"] | None = None,
        whole: bool = False,
    ) -> None:
        self.sequence = 0
        """The number of the next event."""
        self.live: str | None = None
        """The message whose text is sent as it comes: a token of it is one delta."""
        self._response: dict[str, Any] = {**response, "output": []}
        self._base = str(response["id"]).removeprefix("resp_")
        self._client_tools = frozenset(client_tools)
        self._interrupts = interrupts or ("tool" if INTERRUPT_TOOL in self._client_tools else None)
        self._language = language
        self._whole = WholeItems() if whole else None
        self._completed_at: int | None = None
        self._output: list[dict[str, Any]] = []
        self._line: list[_Open] = []
        self._by_key: dict[tuple[Kind, str], _Open] = {}
        self._hidden: set[str] = set()  # texts that are not the assistant's own
        self._last: dict[Kind, str] = {}  # whose shorthand goes on
        self._calls: dict[str, tuple[str, list[str]]] = {}  # the server's own, without an answer
        self._client_calls: set[str] = set()
        self._said = False
        self._begun = False
        self._over = False

    def feed(self, event: BaseEvent | Mapping[str, Any]) -> list[ResponseEvent]:
        """The events of one event. Raises ``ValueError`` for a type that is not AG-UI's."""
        known = wire(event)
        if self._over:
            return []
        made = self._begin()
        if self._whole is not None and self._whole.take(known):
            return made
        kind = known["type"]
        if kind == "RUN_FINISHED":
            return made + self._settled() + self._finished(known)
        if kind == "RUN_ERROR":
            failure = failure_of_code(known.get("code"), known["message"])
            return made + self._settled() + self._failed(failure, known.get("usage"))
        return made + self._feed(kind, known)

    def fail(self, exc: BaseException) -> list[ResponseEvent]:
        """What ends a stream that broke off."""
        return [] if self._over else self._begin() + self._settled() + self._failed(run_failure(exc), None)

    def cancel(self) -> list[ResponseEvent]:
        """What ends the stream of a response that somebody cancelled."""
        if self._over:
            return []
        return self._begin() + self._settled() + self._close("incomplete") + self._end("cancelled", None)

    def finish(self) -> list[ResponseEvent]:
        """Nothing follows the last event; a stream without one has failed."""
        return self.fail(RuntimeError("the stream ended without an end"))

    def keep_text(self, message_id: str, delta: str) -> bool:
        """Whether this token is kept for the whole answer, and gives no event."""
        return self._whole is not None and self._whole.keep(message_id, delta)

    @property
    def live_item(self) -> tuple[str, int, Callable[[bytes], None]]:
        """Of the item that the `live` message is: its id, its place, and what keeps a delta of its text.

        Who writes such an event by themselves, as the encoder does, counts `sequence`, and has the delta kept: its
        JSON, less the quotation marks.
        """
        item = self._line[0]
        return item.id, item.index, item.written.extend

    # Beginning and ends

    def _event(self, kind: str, **fields: Any) -> ResponseEvent:
        number = self.sequence
        self.sequence = number + 1
        return {"type": kind, "sequence_number": number, **fields}

    def _begin(self) -> list[ResponseEvent]:
        if self._begun:
            return []
        self._begun = True
        background = self._response["status"] == "queued"
        made = [self._event("response.created", response=dict(self._response))]
        if background:
            made.append(self._event("response.queued", response=dict(self._response)))
        self._response["status"] = "in_progress"
        return [*made, self._event("response.in_progress", response=dict(self._response))]

    def _settled(self) -> list[ResponseEvent]:
        """What was kept for the whole answer."""
        if self._whole is None:
            return []
        events = self._whole.events()
        self._whole = None
        return [made for event in events for made in self._feed(event["type"], event)]

    def _finished(self, event: Event) -> list[ResponseEvent]:
        outcome, metadata = event.get("outcome") or {}, event.get("metadata") or {}
        usage = usage_of(event.get("usage") or [])
        if isinstance(event.get("timestamp"), int):
            self._completed_at = event["timestamp"] // 1000
        if outcome.get("type") == "cancelled":
            return self._close("incomplete") + self._end("cancelled", usage)
        reason = metadata.get("finishReason")
        cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(str(reason))
        made = self._close("completed" if cut is None else "incomplete")
        if outcome.get("type") == "interrupt":
            return made + self._ask(outcome.get("interrupts") or []) + self._end("completed", usage)
        result = event.get("result")
        pending = bool(self._client_calls)
        if result is not None and not pending and (not self._said or metadata.get("structuredResponse")):
            made += self._say(result if isinstance(result, str) else dumps(result).decode())
        if cut is not None:
            self._response["incomplete_details"] = {"reason": cut}
            return made + self._end("incomplete", usage)
        return made + self._end("completed", usage)

    def _failed(self, failure: BridgeError, usage: Any) -> list[ResponseEvent]:
        self._response["error"] = error_of(failure)
        return self._close("incomplete") + self._end("failed", usage_of(usage or []))

    def _end(self, status: str, usage: dict[str, Any] | None) -> list[ResponseEvent]:
        self._over = True
        completed_at = self._completed_at if status == "completed" else None
        more = {"status": status, "output": self._output, "usage": usage, "completed_at": completed_at}
        kind = "incomplete" if status == "cancelled" else status
        return [self._event(f"response.{kind}", response={**self._response, **more})]

    # What comes on the way

    def _feed(self, kind: str, event: Event) -> list[ResponseEvent]:
        if event.get("subagentRunId") is not None:
            return self._of_subagent(event)
        family, _, step = kind.rpartition("_")
        match family:
            case "TEXT_MESSAGE":
                return self._message("message", step, event)
            case "REASONING_MESSAGE":
                return self._message("reasoning", step, event)
            case "TOOL_CALL":
                return self._call(step, event)
            case _:
                return []

    def _of_subagent(self, event: Event) -> list[ResponseEvent]:
        """What a subagent does is no part of the answer."""
        if event["type"] in ("TEXT_MESSAGE_START", "TEXT_MESSAGE_CHUNK"):
            self._hide(event.get("messageId") or self._last.get("message", ""))
        return []

    def _hide(self, key: str) -> None:
        self._hidden.add(key)
        if self.live == key:
            self.live = None

    def _message(self, kind: Kind, step: str, event: Event) -> list[ResponseEvent]:
        """A piece of a message. An item begins with its first text: one without any is none."""
        key = event.get("messageId") or self._last.get(kind, "")
        shorthand = step == "CHUNK"
        if shorthand and key != self._last.get(kind):
            self._last[kind] = key
            self._role(kind, key, event)
        if step == "START":
            self._role(kind, key, event)
            return []
        if kind == "message" and key in self._hidden:
            return []
        open_item = self._by_key.get((kind, key))
        if step == "END":
            return [] if open_item is None else self._finish_item(open_item)
        delta = event.get("delta") or ""
        if open_item is None:
            return self._open(_Open(kind, key, shorthand=shorthand), delta) if delta else []
        return self._add(open_item, delta) if delta or not shorthand else []

    def _role(self, kind: Kind, key: str, event: Event) -> None:
        if kind == "message":
            if (event.get("role") or "assistant") != "assistant":
                self._hide(key)
            else:
                self._hidden.discard(key)

    def _call(self, step: str, event: Event) -> list[ResponseEvent]:
        key = event.get("toolCallId") or self._last.get("function_call", "")
        if step == "CHUNK":
            self._last["function_call"] = key
        if step == "RESULT":
            self._calls.pop(key, None)
            self._client_calls.discard(key)
            return []
        name, delta = event.get("toolCallName"), event.get("delta") or ""
        open_item = self._by_key.get(("function_call", key))
        if step in ("START", "CHUNK") and name is not None and open_item is None and key not in self._calls:
            if name not in self._client_tools:
                self._calls[key] = (name, [delta])
                return []
            self._client_calls.add(key)
            return self._open(_Open("function_call", key, name, shorthand=step == "CHUNK"), delta)
        if open_item is None:
            if key in self._calls:
                self._calls[key][1].append(delta)
            return []
        if step == "END":
            return self._finish_item(open_item)
        return self._add(open_item, delta) if delta else []

    def _ask(self, interrupts: list[dict[str, Any]]) -> list[ResponseEvent]:
        if not interrupts:
            return []
        if self._interrupts == "tool":
            calls = [as_call(interrupt, 0) for interrupt in interrupts]
            return [made for call in calls for made in self._called(call["id"], call["function"])]
        made: list[ResponseEvent] = []
        requests: list[dict[str, Any]] = []
        if self._interrupts is None:
            calls_left = {key: Call(name, "".join(pieces)) for key, (name, pieces) in self._calls.items()}
            for interrupt in interrupts:
                requests += approval_requests(interrupt, calls_left, str(self._response["model"]), self._base)
        made += self._say(in_words(asked_first(interrupts), self._language))
        for request in requests:
            made += self._item_events(request)
        return made

    def _called(self, call_id: str, function: Mapping[str, str]) -> list[ResponseEvent]:
        made = _Open("function_call", call_id, function["name"])
        return self._open(made, function["arguments"]) + self._finish_item(made)

    def _say(self, text: str) -> list[ResponseEvent]:
        if not text:
            return []
        made = _Open("message", "")
        return self._open(made, text) + self._finish_item(made)

    def _item_events(self, item: dict[str, Any]) -> list[ResponseEvent]:
        """An item that comes at once."""
        index = len(self._output)
        self._output.append(item)
        return [
            self._event("response.output_item.added", output_index=index, item=item),
            self._event("response.output_item.done", output_index=index, item=item),
        ]

    # Items, one after the other

    def _open(self, item: _Open, delta: str) -> list[ResponseEvent]:
        self._by_key[item.kind, item.key] = item
        made: list[ResponseEvent] = []
        for other in list(self._line):
            if other.shorthand:  # it has no end of its own: the next item is its end
                made += self._finish_item(other)
        if delta:
            item.add(delta)
        self._line.append(item)
        return made + (self._start(item) if self._line[0] is item else [])

    def _add(self, item: _Open, delta: str) -> list[ResponseEvent]:
        item.add(delta)
        return [self._delta(item, delta)] if self._line[0] is item else []

    def _finish_item(self, item: _Open) -> list[ResponseEvent]:
        """An item has ended: it is done, if it had its turn; then those that waited."""
        self._by_key.pop((item.kind, item.key), None)
        item.ended = True
        made: list[ResponseEvent] = []
        while self._line and self._line[0].ended:
            made += self._done(self._line.pop(0), "completed")
            if self._line:
                made += self._start(self._line[0])
        return made

    def _close(self, status: str) -> list[ResponseEvent]:
        """Nothing more comes: all that is open, and all that has waited."""
        made: list[ResponseEvent] = []
        while self._line:
            item = self._line.pop(0)
            made += self._done(item, "completed" if item.ended or item.shorthand else status)
            if self._line:
                made += self._start(self._line[0])
        self._by_key.clear()
        return made

    def _start(self, item: _Open) -> list[ResponseEvent]:
        """An item's turn: it begins, with what it has so far."""
        item.index = len(self._output)
        item.id = f"{_PREFIX[item.kind]}_{self._base}_{item.index}"
        self._output.append(self._item(item, "in_progress", begun=True))
        made = [
            self._event(
                "response.output_item.added", output_index=item.index, item=self._item(item, "in_progress", begun=True)
            )
        ]
        if item.kind == "message":
            self._said = True
            self.live = None if item.ended else item.key
            made.append(self._of(item, "response.content_part.added", content_index=0, part=_text_part("")))
        elif item.kind == "reasoning":
            part = {"type": "summary_text", "text": ""}
            made.append(self._of(item, "response.reasoning_summary_part.added", summary_index=0, part=part))
        text = item.text()
        return [*made, self._delta(item, text)] if text else made

    def _done(self, item: _Open, status: str) -> list[ResponseEvent]:
        self.live = None
        text = item.text()
        whole = self._item(item, status)
        self._output[item.index] = whole
        done = self._event
        match item.kind:
            case "message":
                made = [
                    self._of(item, "response.output_text.done", content_index=0, text=text, logprobs=[]),
                    self._of(item, "response.content_part.done", content_index=0, part=_text_part(text)),
                ]
            case "reasoning":
                part = {"type": "summary_text", "text": text}
                made = [
                    self._of(item, "response.reasoning_summary_text.done", summary_index=0, text=text),
                    self._of(item, "response.reasoning_summary_part.done", summary_index=0, part=part),
                ]
            case "function_call":
                made = [self._of(item, "response.function_call_arguments.done", arguments=text)]
        return [*made, done("response.output_item.done", output_index=item.index, item=whole)]

    def _delta(self, item: _Open, delta: str) -> ResponseEvent:
        match item.kind:
            case "message":
                return self._of(item, "response.output_text.delta", content_index=0, delta=delta, logprobs=[])
            case "reasoning":
                return self._of(item, "response.reasoning_summary_text.delta", summary_index=0, delta=delta)
            case "function_call":
                return self._of(item, "response.function_call_arguments.delta", delta=delta)

    def _of(self, item: _Open, kind: str, **fields: Any) -> ResponseEvent:
        return self._event(kind, item_id=item.id, output_index=item.index, **fields)

    def _item(self, item: _Open, status: str, *, begun: bool = False) -> dict[str, Any]:
        """The item, whole; or as it is when it has just begun."""
        text = "" if begun else item.text()
        named = {"id": item.id, "type": item.kind}
        match item.kind:
            case "message":
                content = [] if begun else [_text_part(text)]
                return {**named, "role": "assistant", "status": status, "content": content}
            case "reasoning":
                summary = [] if begun else [{"type": "summary_text", "text": text}]
                return {**named, "summary": summary, "status": status}
            case "function_call":
                return {**named, "call_id": item.key, "name": item.name, "arguments": text, "status": status}


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
