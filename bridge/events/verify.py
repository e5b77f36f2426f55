"""The verifier: passes legal AG-UI streams, names the fault in others. Pure.

It knows what the official TypeScript client refuses (``@ag-ui/client`` 1.0.0, ``verify/verify.ts`` and
``chunks/transform.ts``), so that a fault is found on the server, where it can be mended, and not as an empty chat. The
grammar is `bridge.events.lifecycle`'s; here are the run's own order, ownership (``subagentRunId``), the shorthand
chunks and the nulls that clients reject. One fault the clients do not notice: a tool call that is started twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ag_ui.core import BaseEvent

from bridge.events.event import EVENT_TYPES, FIELDS, Event, is_token, wire
from bridge.events.lifecycle import CHUNKS, CLOSING, RULES, Action, Entity, Key, Rule, key_of

PARENT = "(the parent agent)"

# What a chunk shorthand survives: these neither continue nor close a pending message (chunks/transform.ts).
_PASSING = frozenset(
    {"RAW", "ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA", "REASONING_ENCRYPTED_VALUE", "SUBAGENT_STARTED", *CHUNKS}
)
_NOBODY = object()
_WHOLE_RUN = frozenset({"RUN_STARTED", "RUN_FINISHED", "RUN_ERROR", "MESSAGES_SNAPSHOT"})
# One bucket of owners for the two brackets of reasoning: a span and its message may not be claimed by different agents.
_OWNERS: dict[Entity, str] = {
    Entity.TEXT: "message",
    Entity.TOOL_CALL: "tool call",
    Entity.REASONING: "reasoning message",
    Entity.REASONING_SPAN: "reasoning message",
}
_BUCKETS = {"reasoning": "reasoning message", "activity": "activity"}  # of a snapshot's messages, by role
# Where null is a value like any other; everywhere else an optional field is left out (CopilotKit's schemas say so).
_NULLABLE = frozenset({"value", "snapshot", "event", "result", "rawEvent"})


class IllegalEvent(ValueError):
    """An event that the stream's state does not allow. The message names the event, the id and the state."""


class Verifier:
    """Follows one stream, which may carry several runs one after another.

    ``feed(event) -> [event]``; ``finish() -> []`` at the end of the stream; ``fail(exc) -> []`` when it broke off.
    Of the message that `token` names, one more plain piece of text needs no look: a caller that knows so may skip it.
    With ``strict`` a fault raises `IllegalEvent`. Without, it is counted in `faults`, given to ``on_fault`` (a metric,
    a log line), and the event passes: the mode to leave on in production. After a fault the event is still followed,
    so that one fault is not reported a hundred times.
    """

    def __init__(self, *, strict: bool = True, on_fault: Callable[[str], None] | None = None) -> None:
        self.faults = 0
        self._strict = strict
        self._on_fault = on_fault
        self._first = True
        self.token: object = _NOBODY
        self._new_run()
        self._running = False

    def _new_run(self) -> None:
        self._running = True
        self._over: str | None = None
        self._open: dict[Key, None] = {}
        self._owned: dict[tuple[str, str], str | None] = {}
        self._restated: list[tuple[Any, bool]] = []
        self._subagents: set[str] = set()
        self._calls: set[str] = set()
        self._lanes: dict[str | None, tuple[Entity, str, Event]] = {}

    def feed(self, event: BaseEvent | Mapping[str, Any]) -> list[Event]:
        """Follow one event and pass it on. Raises `IllegalEvent` when strict and the event is not legal here."""
        if type(event) is dict and is_token(event) and event.get("messageId") == self.token:
            return [event]  # one more token of the message whose last one passed, and nothing happened since
        known = event if type(event) is dict else self._wire(event)
        fault = self.check(known)
        if fault is not None:
            self._report(fault)
        return [known]

    def finish(self) -> list[Event]:
        """The stream ended. A run that is still going is a fault: the client would report an incomplete stream."""
        if self._running and self._over is None:
            self._report("The stream ended while a run is still active: no 'RUN_FINISHED' and no 'RUN_ERROR'.")
        return []

    def fail(self, exc: BaseException) -> list[Event]:
        """The transport broke off; nothing more is known of the stream."""
        del exc
        return []

    def _wire(self, event: BaseEvent | Mapping[str, Any]) -> Event:
        if isinstance(event, BaseEvent):
            return wire(event)
        return dict(event)

    def _report(self, fault: str) -> None:
        self.faults += 1
        if self._on_fault is not None:
            self._on_fault(fault)
        if self._strict:
            raise IllegalEvent(fault)

    def check(self, event: Event) -> str | None:
        """Follow one event; the fault in words, or ``None``."""
        kind = event.get("type", "")
        rule = RULES.get(kind)
        if (
            rule is not None
            and rule.action is Action.CONTINUE
            and len(event) == 3
            and not self._lanes
            and self._over is None
            and (rule.entity, None, event.get(rule.key)) in self._open
        ):
            self.token = event["messageId"] if kind == "TEXT_MESSAGE_CONTENT" else _NOBODY
            return None  # a type, an id and a delta, for something that is open
        self.token = _NOBODY
        return (
            self._check_type(kind)
            or self._check_run(kind)
            or self._check_nulls(kind, event)
            or self._check_lanes(kind, event)
            or self._check_rule(kind, rule, event)
        )

    def _check_type(self, kind: str) -> str | None:
        return None if kind in EVENT_TYPES else f"'{kind}' is not an AG-UI event type."

    def _check_run(self, kind: str) -> str | None:
        first, self._first = self._first, False
        if self._over == "RUN_ERROR" and kind != "RUN_STARTED":
            return f"Cannot send '{kind}': the run has already ended with 'RUN_ERROR'; only 'RUN_STARTED' may follow."
        if self._over == "RUN_FINISHED" and kind not in ("RUN_STARTED", "RUN_ERROR"):
            return (
                f"Cannot send '{kind}': the run has already ended with 'RUN_FINISHED'; "
                "only 'RUN_STARTED' or 'RUN_ERROR' may follow."
            )
        if first and kind not in ("RUN_STARTED", "RUN_ERROR"):
            return f"The first event must be 'RUN_STARTED' (or 'RUN_ERROR'), not '{kind}'."
        if kind == "RUN_STARTED" and not first and self._running and self._over is None:
            return "Cannot send 'RUN_STARTED' while a run is still active: end it with 'RUN_FINISHED' first."
        return None

    def _check_nulls(self, kind: str, event: Event) -> str | None:
        if None in event.values():
            for field, value in event.items():
                if value is None and field in FIELDS[kind] and field not in _NULLABLE:
                    return f"Cannot send '{kind}' with '{field}: null': leave it out if it is optional."
        outcome = event.get("outcome")
        if kind == "SUBAGENT_FINISHED" and isinstance(outcome, dict):
            if outcome.get("type") not in ("success", "suspended"):
                return f"Cannot send '{kind}' with outcome type '{outcome.get('type')}': 'success' or 'suspended'."
            ids = outcome.get("interruptIds", [])
            if not isinstance(ids, list) or any(not isinstance(item, str) for item in ids):
                return f"Cannot send '{kind}': 'outcome.interruptIds' must be a list of strings, or absent."
        if kind == "RUN_FINISHED" and isinstance(outcome, dict) and outcome.get("type") == "interrupt":
            interrupts = outcome.get("interrupts") or []
            if not interrupts:
                return "Cannot send 'RUN_FINISHED' with outcome 'interrupt' and no interrupt in it."
            for interrupt in interrupts:
                if "subagentRunId" in interrupt and interrupt["subagentRunId"] is None:
                    return f"Cannot send 'RUN_FINISHED': interrupt '{interrupt.get('id')}' has 'subagentRunId: null'."
        return None

    def _check_rule(self, kind: str, rule: Rule | None, event: Event) -> str | None:
        if rule is not None:
            return self._check_entity(kind, rule, event)
        if kind in CHUNKS:
            return self._check_chunk(kind, event)
        owner = event.get("subagentRunId")
        match kind:
            case "RUN_STARTED":
                self._new_run()
                self._restated.append(((event.get("input") or {}).get("messages"), False))
            case "RUN_FINISHED":
                fault = self._still_open()
                self._over = kind
                return fault
            case "RUN_ERROR":
                self._over = kind
            case "MESSAGES_SNAPSHOT":
                for message in event.get("messages") or ():
                    if None in message.values():
                        field = next(field for field, value in message.items() if value is None)
                        return f"Cannot send '{kind}': message '{message.get('id')}' has '{field}: null'."
                self._restated.append((event.get("messages"), True))
            case "TOOL_CALL_RESULT":
                self._owners["message", event["messageId"]] = owner
            case "ACTIVITY_SNAPSHOT":
                if event.get("replace") is not False:
                    self._owners["activity", event["messageId"]] = owner
                else:
                    self._owners.setdefault(("activity", event["messageId"]), owner)
            case "ACTIVITY_DELTA":
                return self._check_owner(kind, event, "activity", event["messageId"])
            case "REASONING_ENCRYPTED_VALUE":
                return self._check_encrypted(kind, event)
            case _:
                pass  # state, custom and raw events stand alone
        return None

    def _check_entity(self, kind: str, rule: Rule, event: Event) -> str | None:
        name = event.get(rule.key)
        if not isinstance(name, str):
            return f"Cannot send '{kind}' without a '{rule.key}'."
        key = key_of(rule, event)
        match rule.action:
            case Action.OPEN:
                return self._check_open(kind, rule, event, key)
            case Action.CONTINUE | Action.CLOSE:
                if key not in self._open and not (rule.action is Action.CONTINUE and self._pending(rule.entity, name)):
                    return self._not_open(kind, rule, key)
                fault = self._check_owner(kind, event, _OWNERS.get(rule.entity), name)
                if rule.action is Action.CLOSE:
                    del self._open[key]
                return fault

    def _check_open(self, kind: str, rule: Rule, event: Event, key: Key) -> str | None:
        name = key[2]
        fault: str | None = None
        if key in self._open or self._pending(rule.entity, name):
            return (
                f"Cannot send '{kind}': {rule.entity.value} '{name}' is already open"
                f"{_under(key)}; send '{CLOSING[rule.entity]}' first."
            )
        if rule.entity is Entity.TOOL_CALL:
            fault = self._check_again(kind, name)
        bucket = _OWNERS.get(rule.entity)
        if rule.entity is Entity.SUBAGENT:
            fault = self._check_subagent(kind, event)
            self._subagents.add(name)
        elif bucket is not None:
            fault = fault or self._check_parent(kind, event) or self._check_owner(kind, event, bucket, name)
            self._owners.setdefault((bucket, name), self._owner_of_opener(event))
        self._open[key] = None
        return fault

    def _check_again(self, kind: str, name: str) -> str | None:
        """A call is started once in a run. No client refuses another start; all add its arguments to the first's."""
        if name in self._calls:
            return f"Cannot send '{kind}': tool call '{name}' was started before in this run; an id is used once."
        self._calls.add(name)
        return None

    def _not_open(self, kind: str, rule: Rule, key: Key) -> str:
        entity, owner, name = key
        for other_entity, other_owner, other_name in self._open:
            if other_entity is entity is Entity.STEP and other_name == name and other_owner != owner:
                return (
                    f"Cannot send '{kind}' for step '{name}' of {_agent(owner)}: that step is open under "
                    f"{_agent(other_owner)}, and a step is finished by whoever started it."
                )
        return f"Cannot send '{kind}': no {rule.entity.value} '{name}' is open{_under(key)}."

    def _check_subagent(self, kind: str, event: Event) -> str | None:
        name, parent = event["subagentRunId"], event.get("parentSubagentRunId")
        if not isinstance(event.get("name"), str):
            return f"Cannot send '{kind}' for subagent '{name}' without a 'name'."
        if name in self._subagents:
            return f"Cannot send '{kind}': subagent '{name}' has already finished in this run; an id is used once."
        if parent is not None and parent not in self._subagents:
            return f"Cannot send '{kind}' for subagent '{name}': its parent '{parent}' was not started in this run."
        return None

    def _check_parent(self, kind: str, event: Event) -> str | None:
        """A tool call belongs to whom the message that carries it belongs to."""
        parent = event.get("parentMessageId")
        if kind != "TOOL_CALL_START" or ("message", parent) not in self._owners:
            return None
        owner = self._owners["message", str(parent)]
        claimed = event.get("subagentRunId", self._owners.get(("tool call", event["toolCallId"]), owner))
        if claimed != owner:
            return (
                f"Cannot send '{kind}': tool call '{event['toolCallId']}' is {_agent(claimed)}'s, but its parent "
                f"message '{parent}' is {_agent(owner)}'s."
            )
        return None

    def _owner_of_opener(self, event: Event) -> str | None:
        if "subagentRunId" in event:
            return str(event["subagentRunId"])
        return self._owners.get(("message", event.get("parentMessageId", "")))

    def _check_owner(self, kind: str, event: Event, bucket: str | None, name: str) -> str | None:
        """A continuation may not disagree with the owner of what it continues; no tag always agrees."""
        if bucket is None or "subagentRunId" not in event or (bucket, name) not in self._owners:
            return None
        owner = self._owners[bucket, name]
        if event["subagentRunId"] == owner:
            return None
        return (
            f"Cannot send '{kind}': subagentRunId '{event['subagentRunId']}' does not match the owner "
            f"{_agent(owner)} of {bucket} '{name}'."
        )

    def _check_encrypted(self, kind: str, event: Event) -> str | None:
        name = event["entityId"]
        if event.get("subtype") == "tool-call":
            return self._check_owner(kind, event, "tool call", name)
        bucket = "message" if ("message", name) in self._owners else "reasoning message"
        return self._check_owner(kind, event, bucket, name)

    def _still_open(self) -> str | None:
        if not self._open:
            return None
        named = ", ".join(f"{key[0].value} '{key[2]}'{_under(key)}" for key in self._open)
        return f"Cannot send 'RUN_FINISHED' while something is still open: {named}."

    @property
    def _owners(self) -> dict[tuple[str, str], str | None]:
        """Who owns which message, tool call and activity.

        A snapshot restates the conversation, and with it the owners; that is looked at when somebody asks. After the
        one that ends a run nobody does, and it may be of ten thousand messages.
        """
        for messages, replace in self._restated:
            record = self._owned.__setitem__ if replace else self._owned.setdefault
            for message in messages if isinstance(messages, list) else ():
                owner = message.get("subagentRunId")
                record((_BUCKETS.get(message.get("role"), "message"), message.get("id")), owner)
                for call in message.get("toolCalls") or ():
                    record(("tool call", call.get("id")), owner)
        self._restated.clear()
        return self._owned

    # The shorthands: a lane (an owner) holds at most one pending message, and anything else in the lane closes it.

    def _check_lanes(self, kind: str, event: Event) -> str | None:
        if self._lanes and kind not in _PASSING:
            if kind in _WHOLE_RUN:
                self._lanes.clear()
            else:
                self._lanes.pop(event.get("subagentRunId"), None)
        return None

    def _check_chunk(self, kind: str, event: Event) -> str | None:
        entity, field = CHUNKS[kind]
        name, tag = event.get(field), event.get("subagentRunId")
        lane = self._lane(entity, name, tag)
        pending = self._lanes.get(lane)
        if pending is not None and pending[0] is entity and name in (None, pending[1]):
            for established in ("role", "name", "toolCallName", "parentMessageId", "subagentRunId"):
                if established in event and event[established] != pending[2].get(
                    established, _DEFAULTS.get(established)
                ):
                    return (
                        f"Cannot send '{kind}': '{established}' is '{event[established]}', but {entity.value} "
                        f"'{pending[1]}' was started with '{pending[2].get(established)}'."
                    )
            return None
        if name is None:
            return f"Cannot send '{kind}' without a '{field}': no {entity.value} is being built by chunks."
        if entity is Entity.TOOL_CALL and event.get("toolCallName") is None:
            return f"Cannot send '{kind}': the first chunk of tool call '{name}' must have a 'toolCallName'."
        if (entity, None, name) in self._open:
            return f"Cannot send '{kind}': {entity.value} '{name}' is already open, started by its own event."
        bucket = _OWNERS[entity]
        fault = self._check_owner(kind, event, bucket, name)
        if entity is Entity.TOOL_CALL:
            fault = fault or self._check_again(kind, name)
        self._owners.setdefault((bucket, name), self._owner_of_opener(event))
        self._lanes[lane] = (entity, name, event)
        return fault

    def _pending(self, entity: Entity, name: str) -> bool:
        """Whether another lane is building this from chunks: to the client, which unfolds them, it is open."""
        return any(pending[:2] == (entity, name) for pending in self._lanes.values())

    def _lane(self, entity: Entity, name: str | None, tag: str | None) -> str | None:
        holding = [owner for owner, pending in self._lanes.items() if pending[:2] == (entity, name)]
        if name is None and tag is None:
            holding = [owner for owner, pending in self._lanes.items() if pending[0] is entity]
            if None in holding:
                return None
        return holding[0] if holding else tag


_DEFAULTS = {"role": "assistant"}


def _agent(owner: str | None) -> str:
    return PARENT if owner is None else f"subagent '{owner}'"


def _under(key: Key) -> str:
    return "" if key[1] is None else f" in subagent '{key[1]}'"
