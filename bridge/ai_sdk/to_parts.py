"""AG-UI event -> chunks of the AI SDK's UI message stream: `AguiToUiParts`. Pure. One event, any number of chunks.

    event                                    chunks
    RUN_STARTED                              start
    TEXT_MESSAGE_*, REASONING_MESSAGE_*      text-start, -delta, -end; reasoning-…
    TOOL_CALL_START, _ARGS, _END             tool-input-start, -delta, -available (-error where it is no JSON)
    TOOL_CALL_RESULT                         tool-output-available
    STATE_SNAPSHOT, STATE_DELTA              data-state, whole, under one id
    ACTIVITY_*, CUSTOM                       data-activity-<type>, data-<name>
    RUN_FINISHED                             a result or a question; finish-step, finish; abort where it was cancelled
    RUN_ERROR                                what is open ends; error
    everything else, and all of a subagent   none

A step is a call of the model and the tools that it called: one begins before the first part, and before the first part
after a result. Tools of the server are ``dynamic`` and ``providerExecuted``: the page knows none of them, and must not
send them on. A part that its reader does not know ends the stream, in every major version, so there are only such parts
as ``major`` knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

import jsonpatch
from ag_ui.core import BaseEvent

from bridge.ai_sdk.approvals import approvals_on
from bridge.ai_sdk.messages import plain_output
from bridge.errors import failure_of_code
from bridge.events.event import Event, wire
from bridge.events.interrupts import asked_first
from bridge.failures import run_failure
from bridge.json import JSONDecodeError, dumps, loads
from bridge.openai_compat.questions import in_words
from bridge.openai_compat.responses.approvals import Call

Chunk: TypeAlias = dict[str, Any]
"""One chunk of a UI message stream, as its JSON object."""

_REASONS = {"length": "length", "content_filter": "content-filter"}


class AguiToUiParts:
    """Translates the events of one run.

    ``feed(event) -> chunks`` for every event; ``fail(exc)`` where the stream broke off.

    Args:
        client_tools: names of the page's tools. Their calls are the page's to answer.
        major: of the AI SDK that reads it. From 6 on a question about a call of the server's is a request for approval.
        continues: the id of the page's message that the answer goes on with; by default it is a new one.
        known_calls: calls in that message: results of other calls that this stream did not begin are not sent.
        language: of the conversation, in which to ask; ``None``: the question's own.
    """

    def __init__(
        self,
        *,
        client_tools: Collection[str] = (),
        major: int = 5,
        continues: str | None = None,
        known_calls: Collection[str] = (),
        language: Literal["ru", "en"] | None = None,
    ) -> None:
        self._client_tools = frozenset(client_tools)
        self._major = major
        self._continues = continues
        self._language = language
        self._known = set(known_calls)
        self._run_id = ""
        self._began = False
        self._over = False
        self._step = False
        self._results = False  # a result has come since the step began
        self._open: dict[str, str] = {}  # id of an open text or thought -> its kind
        self._hidden: set[str] = set()
        self._last: dict[str, str] = {}  # whose shorthand goes on
        self._calls: dict[str, tuple[str, list[str]]] = {}  # whose input is being sent
        self._waiting: dict[str, Call] = {}  # the server's, without a result
        self._pending: set[str] = set()  # the page's
        self._state: Any = {}
        self._spoken = False

    def plain_text(self, message_id: str) -> bool:
        """Whether a token of this message is one text-delta and changes nothing (see `encode`)."""
        return self._open.get(message_id) == "text"

    def feed(self, event: BaseEvent | Mapping[str, Any]) -> list[Chunk]:
        """The chunks of one event. Raises ``ValueError`` for a type that is not AG-UI's."""
        known = wire(event)
        if self._over:
            return []
        if known.get("subagentRunId") is not None:
            return self._begin()
        return self._begin(known) + self._chunks(known["type"], known)

    def fail(self, exc: BaseException) -> list[Chunk]:
        """What ends a stream that broke off."""
        return [] if self._over else self._begin() + self._failed(run_failure(exc).message)

    def _begin(self, event: Event | None = None) -> list[Chunk]:
        if self._began:
            return []
        self._began = True
        known = event if event is not None and event["type"] == "RUN_STARTED" else {}
        self._run_id = str(known.get("runId") or "")
        named = self._continues or self._run_id
        metadata = {name: known[name] for name in ("threadId", "runId") if name in known}
        start: Chunk = {"type": "start"} | ({"messageId": named} if named else {})
        return [start | ({"messageMetadata": metadata} if metadata else {})]

    def _chunks(self, kind: str, event: Event) -> list[Chunk]:
        family, _, step = kind.rpartition("_")
        match family:
            case "TEXT_MESSAGE":
                return self._message("text", step, event)
            case "REASONING_MESSAGE":
                return self._message("reasoning", step, event)
            case "TOOL_CALL":
                return self._call(step, event)
            case "STATE":
                return self._state_changed(step, event)
            case "ACTIVITY":
                named = str(event.get("activityType") or "unknown").lower()
                content = event.get("content", event.get("patch"))
                return [{"type": f"data-activity-{named}", "id": event["messageId"], "data": content}]
            case _:
                pass
        match kind:
            case "CUSTOM":
                return [{"type": f"data-{event['name']}", "data": event.get("value")}]
            case "RUN_FINISHED":
                return self._finished(event)
            case "RUN_ERROR":
                return self._failed(failure_of_code(event.get("code"), event["message"]).message)
            case _:
                return []

    # Steps and messages

    def _in_step(self) -> list[Chunk]:
        """A step for what comes now: a new one after a result."""
        made: list[Chunk] = []
        if self._step and self._results:
            made += self._end_step()
        if not self._step:
            self._step, self._results = True, False
            made.append({"type": "start-step"})
        return made

    def _end_step(self) -> list[Chunk]:
        if not self._step:
            return []
        self._step = False
        return [*self._close(), {"type": "finish-step"}]

    def _close(self) -> list[Chunk]:
        made = [{"type": f"{kind}-end", "id": name} for name, kind in self._open.items()]
        self._open.clear()
        return made

    def _message(self, kind: str, step: str, event: Event) -> list[Chunk]:
        name = event.get("messageId") or self._last.get(kind, "")
        if step == "CHUNK":
            began = name != self._last.get(kind)
            self._last[kind] = name
            made = self._start(kind, name, event) if began else []
            return made + self._delta(kind, name, event.get("delta") or "")
        if step == "START":
            return self._start(kind, name, event)
        if step == "END":
            return [{"type": f"{kind}-end", "id": name}] if self._open.pop(name, None) else []
        return self._delta(kind, name, event.get("delta") or "")

    def _start(self, kind: str, name: str, event: Event) -> list[Chunk]:
        """Nothing yet: a message without text is none."""
        if kind == "text" and (event.get("role") or "assistant") != "assistant":
            self._hidden.add(name)
        else:
            self._hidden.discard(name)
        return []

    def _delta(self, kind: str, name: str, delta: str) -> list[Chunk]:
        if not delta or name in self._hidden:
            return []
        made: list[Chunk] = []
        if name not in self._open:
            made += self._in_step()
            self._open[name] = kind
            made.append({"type": f"{kind}-start", "id": name})
        self._spoken = self._spoken or kind == "text"
        return [*made, {"type": f"{kind}-delta", "id": name, "delta": delta}]

    # Tools

    def _call(self, step: str, event: Event) -> list[Chunk]:
        name = event.get("toolCallId") or self._last.get("call", "")
        if step == "RESULT":
            return self._result(name, event)
        made: list[Chunk] = []
        if step == "CHUNK":
            if name != self._last.get("call"):
                made += self._input(self._last.get("call", ""))
            self._last["call"] = name
        if step in ("START", "CHUNK") and event.get("toolCallName") and name not in self._calls:
            tool: str = event["toolCallName"]
            made += self._in_step()
            self._calls[name] = (tool, [])
            self._known.add(name)
            made.append({"type": "tool-input-start", "toolCallId": name, "toolName": tool, **self._marks(tool)})
        delta = event.get("delta")
        if delta and name in self._calls:
            self._calls[name][1].append(delta)
            made.append({"type": "tool-input-delta", "toolCallId": name, "inputTextDelta": delta})
        return made + (self._input(name) if step == "END" else [])

    def _marks(self, tool: str) -> dict[str, bool]:
        return {} if tool in self._client_tools else {"dynamic": True, "providerExecuted": True}

    def _input(self, name: str) -> list[Chunk]:
        """A call is complete."""
        tool, pieces = self._calls.pop(name, ("", []))
        if not tool:
            return []
        written = "".join(pieces)
        call: Chunk = {"toolCallId": name, "toolName": tool, **self._marks(tool)}
        try:
            given = loads(written or "{}")
        except JSONDecodeError:
            return [{"type": "tool-input-error", **call, "input": written, "errorText": "The arguments are no JSON."}]
        if tool in self._client_tools:
            self._pending.add(name)
        else:
            self._waiting[name] = Call(tool, written or "{}")
        return [{"type": "tool-input-available", **call, "input": given}]

    def _result(self, name: str, event: Event) -> list[Chunk]:
        if name not in self._known:
            return []
        made = self._input(name)
        own = name in self._pending
        self._pending.discard(name)
        self._waiting.pop(name, None)
        self._results = True
        marks = {} if own else {"dynamic": True, "providerExecuted": True}
        output = plain_output(event.get("content"))
        return [*made, {"type": "tool-output-available", "toolCallId": name, "output": output, **marks}]

    # State

    def _state_changed(self, step: str, event: Event) -> list[Chunk]:
        if step == "SNAPSHOT":
            self._state = event.get("snapshot")
        else:
            try:
                self._state = jsonpatch.apply_patch(self._state, event["delta"])
            except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
                return []  # a patch of something that this stream has not seen
        return [{"type": "data-state", "id": "state", "data": self._state}]

    # Ends

    def _finished(self, event: Event) -> list[Chunk]:
        outcome, metadata = event.get("outcome") or {}, event.get("metadata") or {}
        made = [chunk for name in list(self._calls) for chunk in self._input(name)]
        self._over = True
        if outcome.get("type") == "cancelled":
            return [*made, *self._end_step(), {"type": "abort"}]
        reason = _REASONS.get(str(metadata.get("finishReason")), "stop")
        if outcome.get("type") == "interrupt":
            made += self._ask(outcome.get("interrupts") or [])
        elif self._pending:
            reason = "tool-calls"
        elif event.get("result") is not None and (not self._spoken or metadata.get("structuredResponse")):
            result = event["result"]
            made += self._say(f"{self._run_id}:result", result if isinstance(result, str) else dumps(result).decode())
        finish: Chunk = {"type": "finish"} | ({"finishReason": reason} if self._major >= 6 else {})
        if usage := event.get("usage"):
            finish["messageMetadata"] = {"usage": usage}
        return [*made, *self._end_step(), finish]

    def _failed(self, message: str) -> list[Chunk]:
        self._over = True
        return [*self._end_step(), {"type": "error", "errorText": message}]

    def _say(self, name: str, text: str) -> list[Chunk]:
        made = self._delta("text", name, text)
        return [*made, {"type": "text-end", "id": name}] if self._open.pop(name, None) else made

    def _ask(self, interrupts: list[dict[str, Any]]) -> list[Chunk]:
        """A request for approval on the call that a question is about; any other question in words.

        The question itself is a part too, for pages that have a dialog for it (``resume`` answers it).
        """
        made: list[Chunk] = []
        requests: list[Chunk] = []
        if self._major >= 6:
            for interrupt in interrupts:
                requests += self._approvals(interrupt)
        if interrupts and not requests:
            made += self._say(f"{self._run_id}:question", in_words(asked_first(interrupts), self._language))
        made += [{"type": "data-interrupt", "id": each["id"], "data": each} for each in interrupts]
        return made + requests

    def _approvals(self, interrupt: dict[str, Any]) -> list[Chunk]:
        asked = approvals_on(interrupt, self._waiting)
        return [{"type": "tool-approval-request", "approvalId": name, "toolCallId": on} for name, on in asked.items()]
