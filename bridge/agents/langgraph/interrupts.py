"""LangGraph interrupts -> AG-UI interrupts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.agents.langgraph.jsonable import jsonable
from bridge.events.interrupts import Interrupt, pause_to_agui
from bridge.events.reviews import Action, review_of
from bridge.json import dumps

_MESSAGES = ("message", "question", "prompt", "title", "description")
_SCHEMAS = ("response_schema", "responseSchema", "schema")
_CALLS = ("tool_call_id", "toolCallId")
_COPILOTKIT = "__copilotkit_interrupt_value__"
"""Where ``copilotkit_interrupt()`` puts what is asked."""

_TECHNICAL = frozenset({"reason", "type", "expires_at", "expiresAt", *_SCHEMAS, *_CALLS})
"""Keys of a question that are not for a person."""

_LONGEST = 4000
"""Characters of a message that is made from a value."""


def interrupt_to_agui(item: Any, earlier: Mapping[str, list[str]] | None = None) -> Interrupt:
    """A LangGraph ``Interrupt`` (or the dict that ``tasks`` parts and RemoteGraph give) as AG-UI has it.

    The value itself goes along under ``metadata.value``: the front end that knows this agent draws its dialog from it.
    ``earlier``: by id, the ids the same question had before (`bridge.agents.langgraph.reanswer`).
    """
    if isinstance(item, Mapping):
        identity, value, schema = item.get("id"), item.get("value"), item.get("response_schema")
    else:
        identity, value, schema = item.id, item.value, getattr(item, "response_schema", None)
    plain = jsonable(value)
    made: Interrupt = {"id": str(identity), "reason": "input_required"}
    if isinstance(plain, dict):
        if isinstance(plain.get("reason"), str):
            made["reason"] = plain["reason"]
        call = next((plain[name] for name in _CALLS if isinstance(plain.get(name), str)), None)
        schema = schema or next((plain[name] for name in _SCHEMAS if isinstance(plain.get(name), dict)), None)
        expires = plain.get("expires_at", plain.get("expiresAt"))
        if call is not None:
            made["toolCallId"] = call
        if isinstance(expires, str):
            made["expiresAt"] = expires
    schema = jsonable(schema) if isinstance(schema, Mapping) else None
    review = review_of(plain, schema)
    message = _actions_text(review.actions) if review is not None else message_of(plain)
    if message:
        made["message"] = message[:_LONGEST]
    schema = schema or (review.schema() if review is not None else None)
    if schema is not None:
        made["responseSchema"] = schema
    made["metadata"] = {"value": plain}
    if earlier and made["id"] in earlier:
        made["metadata"]["earlierIds"] = list(earlier[made["id"]])
    return made


def waiting_interrupts(held: Any) -> list[Any]:
    """The interrupts of a state snapshot that wait for an answer.

    Of an earlier checkpoint LangGraph lists all that its step raised, the answered ones too: these count only where
    nothing else waits, so that a question can be answered again from there.
    """
    waiting = [item for task in held.tasks if task.result is None for item in task.interrupts]
    return waiting or list(held.interrupts)


def message_of(value: Any) -> str:
    """What a person is shown of a question: its message, else what it holds, one line a field; empty for nothing."""
    if isinstance(value, Mapping):
        if _COPILOTKIT in value:
            return message_of(value[_COPILOTKIT])
        message = next((value[name] for name in _MESSAGES if isinstance(value.get(name), str) and value[name]), None)
        return message if message is not None else _fields(value)
    return _readable(value)


def _actions_text(actions: Sequence[Action]) -> str:
    """Tool calls to review; several are numbered, so that each can be answered."""
    texts = [_action_text(action) for action in actions]
    return texts[0] if len(texts) == 1 else "\n\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1))


def _action_text(action: Action) -> str:
    """A tool call to review: its name, its arguments, and what the graph says about it."""
    made = f"{action.name}\n{_fields(action.args)}".strip()
    if not action.description:
        return made
    # the middleware's own description names the tool and its arguments
    whole = action.name in action.description and all(
        _readable(one) in action.description for one in action.args.values()
    )
    return action.description if whole else f"{action.description}\n\n{made}"


def _fields(value: Mapping[str, Any]) -> str:
    lines = []
    for key, held in value.items():
        if key in _TECHNICAL or str(key).startswith("__"):
            continue
        shown = _readable(held)
        lines.append(f"{key}:\n{shown}" if "\n" in shown else f"{key}: {shown}")
    return "\n".join(lines)


def _readable(value: Any) -> str:
    """A value for a person: text as it is, a list one line an item, anything else as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list() if value and all(isinstance(one, str | int | float) for one in value):
            return "\n".join(f"- {one}" for one in value)
        case list() if value and all(isinstance(one, Mapping) for one in value):
            return "\n".join(f"- {', '.join(_fields(one).splitlines())}" for one in value)
        case _:
            return dumps(value).decode()


class Met:
    """The interrupts that a run has met, each once, in the order in which the stored thread lists them.

    That order is of the tasks as they started: parallel tasks end, and so report, in any order, and a person who is
    asked one question after the other must be asked the same one whether it was streamed or read back. What one task
    asks comes as its own result lists it. Between two steps this holds what waits, and nothing else.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Interrupt] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._tasks: dict[str, int] = {}
        self._started = 0

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def in_order(self) -> list[Interrupt]:
        """All of them; those that no task of the graph itself has reported come last."""
        last = (self._started + 1, 0)
        return sorted(self._by_id.values(), key=lambda interrupt: self._places.get(interrupt["id"], last))

    def task_started(self, task_id: str) -> None:
        """A task of the graph itself, not of a subgraph, began."""
        self._started += 1
        self._tasks[task_id] = self._started

    def task_ended(self, task_id: str, items: Sequence[Any]) -> None:
        """It ended, with these interrupts."""
        task = self._tasks.pop(task_id, self._started)
        for index, interrupt in enumerate(self.see(items)):
            self._places[interrupt["id"]] = (task, index)

    def see(self, items: Sequence[Any]) -> list[Interrupt]:
        """Something reports these. Every level of subgraphs does; the first time counts."""
        made = [interrupt_to_agui(item) for item in items]
        return [self._by_id.setdefault(interrupt["id"], interrupt) for interrupt in made]

    def pause(self, node: str, checkpoint_id: str) -> None:
        """The graph waits before this node without an interrupt."""
        pause = pause_to_agui(node, checkpoint_id)
        self._by_id[pause["id"]] = pause
