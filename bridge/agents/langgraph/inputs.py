"""A run's request, and what its thread holds -> what the graph is given. Pure.

Messages that come back are reconciled by id with the checkpoint: unknown ids are new, known ones are not added again,
an edited or removed one forks from the checkpoint before it. Whatever a client sends, there is an answer: never
"Message ID not found".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.types import Command, Overwrite

from bridge.agents.base import ThreadState
from bridge.agents.langgraph.context import client_values
from bridge.agents.langgraph.messages import messages_to_langchain
from bridge.agents.langgraph.schemas import InputKeys
from bridge.errors import InvalidRequest
from bridge.events.interrupts import Interrupt, is_pause
from bridge.json import JSONDecodeError, loads
from bridge.runs.request import RunRequest

_CONVERSATION = ("user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """``new`` messages to add; ``kept``: how many of the thread's conversation to keep, ``None`` to keep all."""

    new: list[dict[str, Any]]
    kept: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the graph is given: ``input`` for ``astream``, and the ids to fork after (``None``: go on at the head)."""

    input: Any
    fork: list[str] | None = None


def refuse_answer(request: RunRequest) -> None:
    """Raises `InvalidRequest` for an answer to an interrupt: on a new thread none is pending."""
    _answer(request, ())


def reconcile(incoming: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> Reconciled:
    """Tell new messages from known ones, and an edited or cut history from a partial one.

    A client may send the whole conversation, only what is new, or what its user left of it. It cut or edited the
    history only if it shows that it knows it: some message of the thread comes back, and the next one is changed or
    gone. Messages a screen may not keep (system prompts, reasoning, activity) do not count.
    """
    shown = [message for message in known if message["role"] in _CONVERSATION]
    by_id = {message["id"]: message for message in known}
    answered = {message["toolCallId"] for message in shown if message["role"] == "tool"}
    said = _answerable(
        [dict(message) for message in incoming if message["role"] not in ("activity", "reasoning")], by_id
    )
    fresh = [message for message in said if message["id"] not in by_id and not _answers_again(message, answered)]
    back = [message["id"] for message in said if message["id"] in by_id and message["role"] in _CONVERSATION]
    if not back:
        return Reconciled(fresh)
    kept = _common(back, said, shown)
    if kept == len(shown):
        return Reconciled(fresh)
    keep = {message["id"] for message in shown[:kept]}
    left = {message["toolCallId"] for message in shown[:kept] if message["role"] == "tool"}
    new = [
        message
        for message in said
        if message["id"] not in keep
        and not _answers_again(message, left)
        and (message["role"] in _CONVERSATION or message["id"] not in by_id)
    ]
    return Reconciled(new, kept)


def _common(back: list[str], said: list[dict[str, Any]], shown: Sequence[Mapping[str, Any]]) -> int:
    """How many messages of the thread, from its start, the client still has, unchanged and in their order."""
    texts = {message["id"]: message for message in said}
    answers = {message["toolCallId"]: message for message in said if message["role"] == "tool"}
    start = next((index for index, message in enumerate(shown) if message["id"] == back[0]), 0)
    kept = start  # a client that begins in the middle (a window over a long history) has cut nothing before it
    for message in shown[start:]:
        mine = texts.get(message["id"])
        if mine is None and message["role"] == "tool":
            mine = answers.get(message["toolCallId"])  # the client's own id for what is answered once
        if (
            mine is None
            and message["role"] == "assistant"
            and not message.get("content")
            and not message.get("toolCalls")
        ):
            kept += 1  # an empty answer: some screens drop it
            continue
        if mine is None or (mine["role"] == "user" and _text(mine) != _text(message)):
            break
        kept += 1
    return kept


def _answerable(said: list[dict[str, Any]], known: Collection[str]) -> list[dict[str, Any]]:
    """Drop calls, in answers that the thread never stored, that nobody answered: a run was stopped in their middle.

    Providers refuse a history in which a call has no answer.
    """
    answered = {message.get("toolCallId") for message in said if message["role"] == "tool"}
    kept: list[dict[str, Any]] = []
    for message in said:
        calls = message.get("toolCalls")
        if calls and message["id"] not in known:
            left = [call for call in calls if call["id"] in answered]
            rest = {key: value for key, value in message.items() if key != "toolCalls"}
            message = rest | ({"toolCalls": left} if left else {})  # noqa: PLW2901 - less what cannot be answered
            if not left and not message.get("content"):
                continue
        kept.append(message)
    return kept


def _answers_again(message: Mapping[str, Any], answered: Collection[str]) -> bool:
    """A tool's answer sent twice, the second time under another id: providers refuse the history it makes."""
    return message["role"] == "tool" and message.get("toolCallId") in answered


def _text(message: Mapping[str, Any]) -> Any:
    content = message.get("content")
    if isinstance(content, list):
        return [(part.get("type"), part.get("text"), (part.get("source") or {}).get("value")) for part in content]
    return [("text", content or "", None)]


def plan(request: RunRequest, thread: ThreadState, keys: Collection[str] | None = None) -> Plan:
    """What to run for this request on this thread.

    ``keys`` are the graph's input keys, ``None`` when they are not known (all are passed). Raises `InvalidRequest` for
    an answer to an interrupt that is not pending.
    """
    answer = _answer(request, thread.interrupts)
    if answer is not None:
        return Plan(answer.value)
    reconciled = reconcile(request.messages, thread.messages)
    fork: list[str] | None = None
    if reconciled.kept is not None:
        shown = [message["id"] for message in thread.messages if message["role"] in _CONVERSATION]
        fork = shown[: reconciled.kept]
        if fork and not reconciled.new:
            return Plan(None, fork)  # regenerate: the checkpoint knows which node comes next
    given = _accepted(request, thread, keys)
    if reconciled.new or not given:
        given["messages"] = messages_to_langchain(reconciled.new)
    return Plan(given, fork)


def _accepted(request: RunRequest, thread: ThreadState, keys: Collection[str] | None) -> dict[str, Any]:
    """The parts of the client's state that it changed and may write, and what AG-UI's and CopilotKit's graphs expect.

    Unchanged values are not written back: through a reducer they would be added a second time. A changed value is the
    whole of it, and not something to add: it goes past the reducer.
    """
    taken = keys if isinstance(keys, InputKeys) or keys is None else InputKeys(keys)
    sent = client_values(request) if taken is not None else {}
    state = request.state if isinstance(request.state, Mapping) else {}
    given: dict[str, Any] = {}
    for key, value in {**sent, **state}.items():
        writable = not str(key).startswith("_") if taken is None else key in taken.writable
        if key == "messages" or not writable or thread.state.get(key, _ABSENT) == value:
            continue
        replaces = taken is not None and key in taken.reduced and key in thread.state
        given[key] = Overwrite(value) if replaces else value
    return given | _from_request(request, taken or ())


def _from_request(request: RunRequest, keys: Collection[str]) -> dict[str, Any]:
    """The input keys that graphs written for AG-UI and CopilotKit read tools and context from."""
    given: dict[str, Any] = {}
    if "tools" in keys:
        given["tools"] = request.tools
    if "copilotkit" in keys:
        given["copilotkit"] = {"actions": request.tools, "context": request.context}
    if "ag-ui" in keys:
        schemas = [entry["value"] for entry in request.context if entry.get("description") == _A2UI_SCHEMA]
        context = [entry for entry in request.context if entry.get("description") != _A2UI_SCHEMA]
        given["ag-ui"] = {"tools": request.tools, "context": context}
        if schemas:
            given["ag-ui"]["a2ui_schema"] = schemas[-1]
        if "injectA2UITool" in request.forwarded_props:
            given["ag-ui"]["inject_a2ui_tool"] = request.forwarded_props["injectA2UITool"]
    return given


_A2UI_SCHEMA = (
    "A2UI Component Schema \u2014 available components for generating UI surfaces. "
    "Use these component names and properties when creating A2UI operations."
)
"""The description by which AG-UI's A2UI middleware marks the one entry of the context that is not for the prompt."""

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What goes into ``astream`` to go on after an interrupt: a Command, or ``None`` after a pause."""

    value: Command[Any] | None


def _answer(request: RunRequest, pending: Sequence[Interrupt]) -> _Answer | None:
    """The resume that a request brings, by interrupt id; ``None`` when it brings none.

    An entry that was cancelled resumes with ``None``: the node decides what a refusal means. A node whose interrupt
    is not answered yet interrupts again.
    """
    entries = {entry["interruptId"]: entry for entry in request.resume}
    if not entries:
        return _legacy_answer(request, pending)
    waiting = {interrupt["id"] for interrupt in pending}
    unknown = sorted(set(entries) - waiting)
    if unknown:
        raise InvalidRequest(f"No interrupt '{unknown[0]}' is pending on this thread.", param="resume")
    if all(is_pause(name) for name in entries):
        if any(entry["status"] == "cancelled" for entry in entries.values()):
            raise InvalidRequest("A paused run goes on or stays paused; it cannot be cancelled.", param="resume")
        return _Answer(None)
    values = {
        name: entry.get("payload") if entry["status"] == "resolved" else None
        for name, entry in entries.items()
        if not is_pause(name)
    }
    return _Answer(Command(resume=values))


def _legacy_answer(request: RunRequest, pending: Sequence[Interrupt]) -> _Answer | None:
    """Front ends before AG-UI 1.0 answer in ``forwardedProps.command.resume``, one interrupt at a time, without id."""
    command = request.forwarded_props.get("command")
    if not isinstance(command, Mapping) or "resume" not in command:
        return None
    if not pending:
        raise InvalidRequest("No interrupt is pending on this thread.", param="forwardedProps.command.resume")
    value = command["resume"]
    if isinstance(value, str):
        try:
            value = loads(value)
        except JSONDecodeError:
            value = command["resume"]
    waiting = [interrupt["id"] for interrupt in pending]
    if isinstance(value, Mapping) and value and set(value) <= set(waiting):
        return _Answer(Command(resume=dict(value)))
    if is_pause(waiting[0]):
        return _Answer(None)
    return _Answer(Command(resume={waiting[0]: value}))
