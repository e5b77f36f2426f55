"""AG-UI event -> a part of CopilotKit's GraphQL answer: `AguiToGraphQL`. Pure.

The answer is one object that grows: ``{"data": …}`` first, then ``{"incremental": [patch, …], "hasNext": true}``. A
patch adds ``items`` at a ``path``, or merges ``data`` there.

    event                                  patches
    TEXT_MESSAGE_START, _CONTENT, _END     TextMessageOutput; pieces of its ``content``; its status
    TOOL_CALL_START, _ARGS, _END           ActionExecutionMessageOutput; pieces of its ``arguments``; its status
    TOOL_CALL_RESULT                       ResultMessageOutput, and the status of a call that the server ran
    STATE_*, STEP_*                        AgentStateMessageOutput with all of the state
    MESSAGES_SNAPSHOT                      with the last state, where the page's list differs from it
    CUSTOM on_interrupt, outcome interrupt a meta event
    CUSTOM PredictState                    pieces of arguments are shown in the state
    RUN_FINISHED, RUN_ERROR                what is open is closed; the last state; the status of the answer, ``errors``
    everything else, and all of a subagent none

What the page does with it decides the rules here. It runs its own tools when the answer has ended, of the calls and
results at the very end of its list, and only those whose status is not pending. So a call of the server's tool stays
pending until its result, and where text came after a call of the page's the whole list is sent again, in order.

An answer that broke off ends in GraphQL's ``errors``, and what was said stays. Its status alone would do for CopilotKit
1.10, which shows it and then fails on any letter that is not Latin (``btoa``); earlier pages do not look at it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jsonpatch
from ag_ui.core import BaseEvent
from pydantic_core import from_json

from bridge.copilotkit.graphql.errors import error_entry, failed_status
from bridge.copilotkit.graphql.history import QUESTION, Entry, entries_of
from bridge.errors import InterruptPending, failure_of_code
from bridge.events.event import Event, wire
from bridge.events.interrupts import announcements
from bridge.events.messages import plain_content
from bridge.failures import run_failure
from bridge.json import JSONDecodeError, dumps, loads

Part: TypeAlias = dict[str, Any]
"""One part of the answer, as its JSON object."""

Patch: TypeAlias = dict[str, Any]
"""One entry of a part's ``incremental``."""

OPERATION = "generateCopilotResponse"

_ROLES = frozenset({"assistant", "user", "system", "developer"})  # a page throws on any other
_SUCCESS = {"code": "Success", "__typename": "SuccessMessageStatus"}
_FAILED = {"code": "Failed", "reason": "The answer broke off.", "__typename": "FailedMessageStatus"}


@dataclass(slots=True)
class _Item:
    """A message of this answer: its place in the list, how many pieces it has, whether its status is still to come."""

    id: str
    kind: str  # the message's ``__typename``
    index: int
    pieces: int = 0
    open: bool = True
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class AguiToGraphQL:
    """Translates the events of one run.

    ``start() -> parts`` before the first event; ``feed(event) -> parts``, one or none; ``finish()`` after the last;
    ``fail(exc)`` and ``cancel()`` where the stream broke off. What any of the last three gives ends the answer.

    Args:
        thread_id, run_id: the page sends both with its next request.
        agent_name: as the page calls the agent (``useCoAgent({name})``).
        created_at: of every message, ISO 8601.
        in_session: whether the page is with this agent. One without an agent would take the first state that says
            ``running`` for the beginning of a session, and load the thread over the answer that is coming.
        client_tools: names of the tools that the page runs.
        history: the AG-UI messages that the page sent, and shows above this answer.
        state: the page's shared state when the run began.
        extensions: given back to the page as it sent them.
    """

    def __init__(
        self,
        *,
        thread_id: str,
        run_id: str,
        agent_name: str,
        created_at: str,
        in_session: bool = True,
        client_tools: Collection[str] = (),
        history: Sequence[Mapping[str, Any]] = (),
        state: Any = None,
        extensions: Any = None,
    ) -> None:
        self._thread_id = thread_id
        self._run_id = run_id
        self._agent_name = agent_name
        self._created_at = created_at
        self._in_session = in_session
        self._client_tools = frozenset(client_tools)
        self._history = entries_of(history)
        self._extensions = extensions
        self._items: list[_Item] = []
        self._texts: dict[str, _Item] = {}
        self._calls: dict[str, _Item] = {}
        self._names = {entry["id"]: str(entry["name"]) for entry in self._history if "arguments" in entry}
        self._answered: set[str] = set()
        self._metas = 0
        self._state: dict[str, Any] = dict(state) if isinstance(state, Mapping) else {}
        self._states = 0
        self._node = ""
        self._active = False
        self._predicted: dict[str, list[tuple[str, str | None]]] = {}
        self._snapshot: Sequence[Mapping[str, Any]] | None = None
        self._chunked_text: str | None = None
        self._chunked_call: str | None = None
        self._over = False
        self._failed = False

    def start(self) -> list[Part]:
        """The answer before anything is in it."""
        answer = {
            "threadId": self._thread_id,
            "runId": self._run_id,
            "extensions": self._extensions,
            "messages": [],
            "metaEvents": [],
            "__typename": "CopilotResponse",
        }
        return [{"data": {OPERATION: answer}, "hasNext": True}]

    def feed(self, event: BaseEvent | Mapping[str, Any]) -> list[Part]:
        """The part that one event makes; RUN_ERROR two. Raises ``ValueError`` for a type that is not AG-UI's."""
        known = wire(event)
        kind = known["type"]
        if self._over:
            return []
        if kind == "RUN_ERROR":
            return self._broken(known.get("code"), known["message"])
        if known.get("subagentRunId") is not None:
            return []
        patches = self._patches(kind, known)
        return [_part(patches)] if patches else []

    def finish(self) -> list[Part]:
        """The end of the answer, after the run's last event."""
        parts = [] if self._over else [_part(self._finished({}))]
        return parts if self._failed else [*parts, {"hasNext": False}]

    def fail(self, exc: BaseException) -> list[Part]:
        """The end of an answer that broke off."""
        if self._over:
            return self.finish()
        failure = run_failure(exc)
        return self._broken(failure.code, failure.message)

    def cancel(self) -> list[Part]:
        """The end of an answer that somebody stopped: what was said stays."""
        return self.finish()

    def next_piece(self, message_id: str) -> tuple[int, int] | None:
        """Where the next piece of this text goes, which is then taken: the message's place, the piece's.

        ``None`` where the piece is no patch of its own (see `encode`).
        """
        item = self._texts.get(message_id)
        if item is None or not item.open or self._over:
            return None
        item.pieces += 1
        return item.index, item.pieces - 1

    def _patches(self, kind: str, event: Event) -> list[Patch]:
        match kind:
            case "TEXT_MESSAGE_START":
                return self._text_start(event["messageId"], event.get("role"))
            case "TEXT_MESSAGE_CONTENT":
                return self._text(event["messageId"], event["delta"])
            case "TEXT_MESSAGE_CHUNK":
                return self._text_chunk(event)
            case "TEXT_MESSAGE_END":
                return self._close(self._texts.get(event["messageId"]))
            case "TOOL_CALL_START":
                return self._call_start(event["toolCallId"], event["toolCallName"], event.get("parentMessageId"))
            case "TOOL_CALL_ARGS":
                return self._call_args(event["toolCallId"], event["delta"])
            case "TOOL_CALL_CHUNK":
                return self._call_chunk(event)
            case "TOOL_CALL_END":
                return self._call_end(self._calls.get(event["toolCallId"]))
            case "TOOL_CALL_RESULT":
                return self._result(event)
            case "STATE_SNAPSHOT":
                snapshot = event["snapshot"]
                return self._changed(dict(snapshot) if isinstance(snapshot, Mapping) else {})
            case "STATE_DELTA":
                return self._delta(event["delta"])
            case "STEP_STARTED" | "STEP_FINISHED":
                self._node, self._active = str(event["stepName"]), kind == "STEP_STARTED"
                return self._shown_state(running=True) if self._state else []
            case "MESSAGES_SNAPSHOT":
                self._snapshot = event["messages"]
                return []
            case "CUSTOM":
                return self._custom(event["name"], event.get("value"))
            case "RUN_FINISHED":
                return self._finished(event)
            case _:
                return []

    # Messages

    def _add(self, item_id: str, kind: str, fields: Mapping[str, Any], *, name: str = "") -> tuple[_Item, Patch]:
        item = _Item(item_id, kind, len(self._items), name=name)
        self._items.append(item)
        output = {"__typename": kind, "id": item_id, "createdAt": self._created_at, **fields}
        return item, {"items": [output], "path": [OPERATION, "messages", item.index]}

    def _piece(self, item: _Item, name: str, text: str) -> Patch:
        item.pieces += 1
        return {"items": [text], "path": [OPERATION, "messages", item.index, name, item.pieces - 1]}

    def _close(self, item: _Item | None, status: Mapping[str, Any] = _SUCCESS) -> list[Patch]:
        if item is None or not item.open:
            return []
        item.open = False
        data = {"status": dict(status), "__typename": item.kind}
        return [{"data": data, "path": [OPERATION, "messages", item.index]}]

    def _text_start(self, message_id: str, role: str | None) -> list[Patch]:
        known = self._texts.get(message_id)
        if known is not None:  # the same message goes on, where it was
            known.open = True
            return []
        fields: dict[str, Any] = {
            "content": [],
            "role": role if role in _ROLES else "assistant",
            "parentMessageId": None,
        }
        item, patch = self._add(message_id, "TextMessageOutput", fields)
        self._texts[message_id] = item
        return [patch]

    def _text(self, message_id: str, delta: str) -> list[Patch]:
        item = self._texts.get(message_id)
        return [] if item is None else [self._piece(item, "content", delta)]

    def _text_chunk(self, event: Event) -> list[Patch]:
        message_id = event.get("messageId") or self._chunked_text or ""
        patches: list[Patch] = []
        if message_id not in self._texts:
            patches = self._text_start(message_id, event.get("role"))
        self._chunked_text = message_id
        delta = event.get("delta")
        return patches if delta is None else [*patches, *self._text(message_id, delta)]

    def _call_start(self, call_id: str, name: str, parent: str | None) -> list[Patch]:
        if call_id in self._calls:
            return []
        scope = "client" if name in self._client_tools else "server"  # by which pages up to 1.3 know their own calls
        fields: dict[str, Any] = {"name": name, "arguments": [], "parentMessageId": parent, "scope": scope}
        item, patch = self._add(call_id, "ActionExecutionMessageOutput", fields, name=name)
        self._calls[call_id] = item
        self._names[call_id] = name
        return [patch]

    def _call_args(self, call_id: str, delta: str) -> list[Patch]:
        item = self._calls.get(call_id)
        if item is None:
            return []
        item.arguments.append(delta)
        return [self._piece(item, "arguments", delta), *self._prediction(item)]

    def _call_chunk(self, event: Event) -> list[Patch]:
        call_id = event.get("toolCallId") or self._chunked_call or ""
        self._chunked_call = call_id
        name, delta = event.get("toolCallName"), event.get("delta")
        patches = [] if name is None else self._call_start(call_id, name, event.get("parentMessageId"))
        return patches if delta is None else [*patches, *self._call_args(call_id, delta)]

    def _call_end(self, item: _Item | None) -> list[Patch]:
        """The page may run its own tool; a call that was cut off in its arguments it must not."""
        if item is None or item.name not in self._client_tools or not _is_whole("".join(item.arguments)):
            return []
        return self._close(item)

    def _result(self, event: Event) -> list[Patch]:
        call_id = event["toolCallId"]
        self._answered.add(call_id)
        fields = {
            "result": plain_content(event["content"]),
            "actionExecutionId": call_id,
            "actionName": self._names.get(call_id, ""),
        }
        item, patch = self._add(event["messageId"], "ResultMessageOutput", fields)
        return [*self._close(self._calls.get(call_id)), patch, *self._close(item)]

    # State

    def _changed(self, state: dict[str, Any]) -> list[Patch]:
        self._state = state
        return self._shown_state(running=True)

    def _delta(self, operations: Sequence[Mapping[str, Any]]) -> list[Patch]:
        try:
            changed = jsonpatch.apply_patch(self._state, operations)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
            return []  # a change of something that is not there; the next snapshot has it
        return self._changed(changed if isinstance(changed, dict) else {})

    def _shown_state(self, *, running: bool, messages: Sequence[Entry] | None = None) -> list[Patch]:
        state = {key: value for key, value in self._state.items() if key != "messages"}
        if messages is not None:
            state["messages"] = messages
        fields = {
            "threadId": self._thread_id,
            "state": dumps(state).decode(),
            "running": running and self._in_session,
            "agentName": self._agent_name,
            "nodeName": self._node,
            "runId": self._run_id,
            "active": running and self._active,
            "role": "assistant",
        }
        self._states += 1
        item, patch = self._add(f"{self._run_id}:state:{self._states}", "AgentStateMessageOutput", fields)
        return [patch, *self._close(item)]

    def _custom(self, name: str, value: Any) -> list[Patch]:
        match name:
            case "on_interrupt":
                return [self._meta(value)]
            case "PredictState" if isinstance(value, list):
                for rule in value:
                    if isinstance(rule, Mapping) and rule.get("state_key"):
                        told = (str(rule["state_key"]), rule.get("tool_argument"))
                        self._predicted.setdefault(str(rule.get("tool")), []).append(told)
                return []
            case "Exit":
                return self._shown_state(running=False)
            case _:
                return []

    def _prediction(self, item: _Item) -> list[Patch]:
        """The state as it will be, by the arguments that are there so far."""
        rules = self._predicted.get(item.name)
        if not rules:
            return []
        try:
            given = from_json("".join(item.arguments), allow_partial="trailing-strings")
        except ValueError:
            return []
        if not isinstance(given, dict):
            return []
        changes = {key: given if name is None else given[name] for key, name in rules if name is None or name in given}
        changed = {**self._state, **changes}
        return [] if changed == self._state else self._changed(changed)

    def _meta(self, value: Any) -> Patch:
        name = "LangGraphInterruptEvent"
        shown = value if isinstance(value, str) else dumps(value).decode()
        self._metas += 1
        event = {"type": "MetaEvent", "name": name, "value": shown, "__typename": name}
        return {"items": [event], "path": [OPERATION, "metaEvents", self._metas - 1]}

    # Ends

    def _finished(self, event: Event) -> list[Patch]:
        self._over = True
        outcome = event.get("outcome") or {}
        asked = [self._meta(one["value"]) for one in announcements(outcome.get("interrupts") or [])]
        patches = [patch for item in self._texts.values() for patch in self._close(item)]
        for item in self._calls.values():
            patches += self._call_end(item)
        shown = any(item.kind == "AgentStateMessageOutput" for item in self._items)
        messages = self._list_again()
        if shown or messages is not None:
            # a session that goes on: the answer of a person, or of a tool of the page, is for this agent
            patches += self._shown_state(running=self._waits, messages=messages)
        status = {"code": "Success", "__typename": "SuccessResponseStatus"}
        return [*patches, *asked, self._status(status)]

    def _broken(self, code: str | None, message: str) -> list[Part]:
        """The error has a part of its own: a page reads nothing else of the part that has it."""
        if code == InterruptPending.code and self._metas:
            return [_part(self._reminded(message))]
        self._over = self._failed = True
        patches = [patch for item in self._items for patch in self._close(item, _FAILED)]
        if any(item.kind == "AgentStateMessageOutput" for item in self._items):
            patches += self._shown_state(running=False)
        error = error_entry(failure_of_code(code, message), message, OPERATION)
        status = self._status(failed_status(code, message)) | {"errors": [error]}
        return [*([_part(patches)] if patches else []), {"incremental": [status], "hasNext": False}]

    def _reminded(self, message: str) -> list[Patch]:
        """The person wrote something else while a question waits: a page that was reloaded shows none. It does now."""
        fields: dict[str, Any] = {"content": [message], "role": "assistant", "parentMessageId": None}
        item, patch = self._add(f"{QUESTION}{self._run_id}", "TextMessageOutput", fields)
        return [patch, *self._close(item), *self._finished({})]

    def _status(self, status: Mapping[str, Any]) -> Patch:
        return {"data": {"status": status, "__typename": "CopilotResponse"}, "path": [OPERATION]}

    @property
    def _waits(self) -> bool:
        return self._metas > 0 or any(self._is_due(item) for item in self._calls.values())

    def _is_due(self, item: _Item) -> bool:
        """Whether this call is one that the page must run."""
        return item.name in self._client_tools and item.id not in self._answered and not item.open

    def _list_again(self) -> list[Entry] | None:
        """The page's whole list, where it would differ from the thread, or where a call of its own would not be run.

        What an answer said before it was stopped is on the page alone, and stays there.
        """
        shown = [
            *((_kind(entry), entry["id"]) for entry in self._history),
            *(
                (item.kind, item.id)
                for item in self._items
                if item.kind != "AgentStateMessageOutput" and (item.pieces or item.kind != "TextMessageOutput")
            ),
        ]
        if self._snapshot is None:
            return None
        entries = _with_stopped(entries_of(self._snapshot, waiting=self._client_tools), self._history)
        due = {item.id for item in self._calls.values() if self._is_due(item)}
        if [(_kind(entry), entry["id"]) for entry in entries] == shown and not self._is_buried(due):
            return None
        first = [entry for entry in entries if entry["id"] not in due]
        return [*first, *(entry for entry in entries if entry["id"] in due)]

    def _is_buried(self, due: Collection[str]) -> bool:
        """Whether something that ends the page's look at its list comes after one of these calls."""
        after = False
        for item in self._items:
            after = after or item.id in due
            if after and (item.open or item.kind == "TextMessageOutput"):
                return True
        return False


def _part(patches: list[Patch]) -> Part:
    return {"incremental": patches, "hasNext": True}


def _with_stopped(entries: list[Entry], history: Sequence[Entry]) -> list[Entry]:
    """The thread's entries, and each text of the agent that the page alone has, after the entry that it came after."""
    held = {entry["id"] for entry in entries if "content" in entry}
    kept = list(entries)
    before: str | None = None
    for entry in history:
        if "content" in entry and entry["role"] == "assistant" and entry["id"] not in held:
            at = next((number for number, one in enumerate(kept, 1) if one["id"] == before), None)
            if at is not None:
                kept.insert(at, entry)
        before = entry["id"]
    return kept


def _kind(entry: Entry) -> str:
    if "content" in entry:
        return "TextMessageOutput"
    if "arguments" in entry:
        return "ActionExecutionMessageOutput"
    return "ResultMessageOutput" if "result" in entry else "ImageMessageOutput"


def _is_whole(arguments: str) -> bool:
    if not arguments:
        return True
    try:
        loads(arguments)
    except JSONDecodeError:
        return False
    return True
