"""The grammar of an AG-UI stream: which event opens what, which closes it, and what follows what.

Everything that affects what is open lives here. The verifier asks it what is legal, translators ask it what must be
closed before a run may end. Source: AG-UI 1.0 and the checks of the official TypeScript client
(``@ag-ui/client`` 1.0.0, ``verify/verify.ts``); see ``docs/protocols.md``.

    entity          opened by                continued by                closed by               key
    text            TEXT_MESSAGE_START       TEXT_MESSAGE_CONTENT        TEXT_MESSAGE_END        messageId
    tool_call       TOOL_CALL_START          TOOL_CALL_ARGS              TOOL_CALL_END           toolCallId
    reasoning_span  REASONING_START                                      REASONING_END           messageId
    reasoning       REASONING_MESSAGE_START  REASONING_MESSAGE_CONTENT   REASONING_MESSAGE_END   messageId
    step            STEP_STARTED                                         STEP_FINISHED           owner, stepName
    subagent        SUBAGENT_STARTED                                     SUBAGENT_FINISHED       subagentRunId
                                                                         SUBAGENT_ERROR
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from bridge.events.event import EVENT_TYPES, REQUIRED, TEXTS, Event


class Entity(Enum):
    """What can be open in a stream; the value is how a message to a person names it."""

    TEXT = "text message"
    TOOL_CALL = "tool call"
    REASONING_SPAN = "reasoning span"
    REASONING = "reasoning message"
    STEP = "step"
    SUBAGENT = "subagent"


class Action(Enum):
    """What an event does to its entity."""

    OPEN = "opens"
    CONTINUE = "continues"
    CLOSE = "closes"


@dataclass(frozen=True, slots=True)
class Rule:
    """An event's place in the grammar: which entity, what it does to it, and the field that names it."""

    entity: Entity
    action: Action
    key: str


RULES: dict[str, Rule] = {
    "TEXT_MESSAGE_START": Rule(Entity.TEXT, Action.OPEN, "messageId"),
    "TEXT_MESSAGE_CONTENT": Rule(Entity.TEXT, Action.CONTINUE, "messageId"),
    "TEXT_MESSAGE_END": Rule(Entity.TEXT, Action.CLOSE, "messageId"),
    "TOOL_CALL_START": Rule(Entity.TOOL_CALL, Action.OPEN, "toolCallId"),
    "TOOL_CALL_ARGS": Rule(Entity.TOOL_CALL, Action.CONTINUE, "toolCallId"),
    "TOOL_CALL_END": Rule(Entity.TOOL_CALL, Action.CLOSE, "toolCallId"),
    "REASONING_START": Rule(Entity.REASONING_SPAN, Action.OPEN, "messageId"),
    "REASONING_END": Rule(Entity.REASONING_SPAN, Action.CLOSE, "messageId"),
    "REASONING_MESSAGE_START": Rule(Entity.REASONING, Action.OPEN, "messageId"),
    "REASONING_MESSAGE_CONTENT": Rule(Entity.REASONING, Action.CONTINUE, "messageId"),
    "REASONING_MESSAGE_END": Rule(Entity.REASONING, Action.CLOSE, "messageId"),
    "STEP_STARTED": Rule(Entity.STEP, Action.OPEN, "stepName"),
    "STEP_FINISHED": Rule(Entity.STEP, Action.CLOSE, "stepName"),
    "SUBAGENT_STARTED": Rule(Entity.SUBAGENT, Action.OPEN, "subagentRunId"),
    "SUBAGENT_FINISHED": Rule(Entity.SUBAGENT, Action.CLOSE, "subagentRunId"),
    "SUBAGENT_ERROR": Rule(Entity.SUBAGENT, Action.CLOSE, "subagentRunId"),
}

CLOSING: dict[Entity, str] = {
    Entity.TEXT: "TEXT_MESSAGE_END",
    Entity.TOOL_CALL: "TOOL_CALL_END",
    Entity.REASONING_SPAN: "REASONING_END",
    Entity.REASONING: "REASONING_MESSAGE_END",
    Entity.STEP: "STEP_FINISHED",
    Entity.SUBAGENT: "SUBAGENT_FINISHED",
}
"""The event that ends each entity when the run has to end early."""

CHUNKS: dict[str, tuple[Entity, str]] = {
    "TEXT_MESSAGE_CHUNK": (Entity.TEXT, "messageId"),
    "TOOL_CALL_CHUNK": (Entity.TOOL_CALL, "toolCallId"),
    "REASONING_MESSAGE_CHUNK": (Entity.REASONING, "messageId"),
}
"""Shorthands: one event for start and content. A client expands them; they open nothing that must be closed."""

Key: TypeAlias = tuple[Entity, str | None, str]
"""(entity, owner, id). The owner is the ``subagentRunId`` of a step and ``None`` for everything else: an id is unique
within its kind, but a step's name only within its owner."""


def key_of(rule: Rule, event: Event) -> Key:
    """The key of the entity an event with this rule is about."""
    owner = event.get("subagentRunId") if rule.entity is Entity.STEP else None
    return (rule.entity, owner, event[rule.key])


class OpenEntities:
    """What is open now, in the order it was opened.

    `see` every event (content may be left out, it opens nothing); `closing` lists what would close all.
    """

    def __init__(self) -> None:
        self._open: dict[Key, tuple[str | None, Any]] = {}  # the owner, and of a step its metadata

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, key: Key) -> bool:
        return key in self._open

    def see(self, event: Event) -> None:
        """Follow one event."""
        rule = RULES.get(event["type"])
        if rule is None or rule.action is Action.CONTINUE:
            return
        if rule.action is Action.OPEN:
            place = event.get("metadata") if rule.entity is Entity.STEP else None
            self._open[key_of(rule, event)] = (event.get("subagentRunId"), place)
        else:
            self._open.pop(key_of(rule, event), None)

    def closable(self, event: Event) -> bool:
        """Whether this event closes something that is open, or closes nothing."""
        rule = RULES.get(event["type"])
        return rule is None or rule.action is not Action.CLOSE or key_of(rule, event) in self._open

    def of(self, entity: Entity) -> list[str]:
        """The ids (or step names) open for this kind of entity, oldest first."""
        return [name for kind, _, name in self._open if kind is entity]

    def closing(self, error: str | None = None) -> list[Event]:
        """The events that close everything, newest first, so that what nests unwinds. Forgets nothing by itself.

        With ``error`` the subagents end in SUBAGENT_ERROR with that message: they did not finish.
        """
        events: list[Event] = []
        for (entity, _, name), (owner, place) in reversed(self._open.items()):
            kind = CLOSING[entity]
            event: Event = {"type": kind, RULES[kind].key: name}
            if entity is Entity.SUBAGENT and error is not None:
                event = {"type": "SUBAGENT_ERROR", "subagentRunId": name, "message": error}
            if owner is not None and entity is not Entity.SUBAGENT:
                event["subagentRunId"] = owner
            if place is not None:
                event["metadata"] = place
            events.append(event)
        return events

    def clear(self) -> None:
        """A new run: nothing is open."""
        self._open.clear()


def misshapen(event: Event) -> str | None:
    """Why nobody could read this event; ``None`` where it can be read."""
    kind = event["type"]
    if kind not in EVENT_TYPES:
        return "no AG-UI event"
    missing = REQUIRED[kind] - event.keys()
    if missing:
        return f"'{kind}' without '{min(missing)}'"
    rule = RULES.get(kind)
    if rule is not None and not isinstance(event[rule.key], str):
        return f"'{kind}' whose '{rule.key}' is no string"
    for name in TEXTS[kind]:
        if not isinstance(event[name], str):
            return f"'{kind}' whose '{name}' is no string"
    if "delta" in event and not kind.endswith("_DELTA") and not isinstance(event["delta"], str):
        return f"'{kind}' whose 'delta' is no string"
    return None


def readable_error(event: Event) -> Event:
    """A RUN_ERROR whose message and code are strings: it is a failure all the same, whatever it says of itself."""
    if not isinstance(event.get("message"), str):
        event = {**event, "message": "The agent failed."}
    if not isinstance(event.get("code"), str | None):
        event = {name: value for name, value in event.items() if name != "code"}
    return event
