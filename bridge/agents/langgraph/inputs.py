"""A run's request, and what its thread holds -> what the graph is given. Pure.

Messages that come back are reconciled by id with the checkpoint: unknown ids are new, known ones are not added again,
an edited or removed one forks from the checkpoint before it. Whatever a client sends, there is an answer: never
"Message ID not found".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langgraph.types import Overwrite

from bridge.agents.base import ThreadState
from bridge.agents.langgraph.context import client_values
from bridge.agents.langgraph.healing import is_placeholder
from bridge.agents.langgraph.messages import messages_to_langchain
from bridge.agents.langgraph.resume import answer_of
from bridge.agents.langgraph.state_keys import InputKeys
from bridge.errors import ClientError, InterruptPending, InvalidRequest
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
    answer_of(request, ())


def reconcile(incoming: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> Reconciled:
    """Tell new messages from known ones, and an edited or cut history from a partial one.

    A client may send the whole conversation, only what is new, or what its user left of it. It cut or edited the
    history only if it shows that it knows it: some message of the thread comes back, and the next one is changed or
    gone. Messages a screen may not keep (system prompts, reasoning, activity) do not count.
    """
    shown = [message for message in known if message["role"] in _CONVERSATION]
    by_id = {message["id"] for message in known}
    sent = _answerable(
        [dict(message) for message in incoming if message["role"] not in ("activity", "reasoning")], by_id
    )
    answers = match_answers(sent, shown)
    back = [message["id"] for message in sent if message["id"] in by_id and message["role"] in _CONVERSATION]
    kept = _common(back, sent, shown) if back else len(shown)
    if kept == len(shown):
        return Reconciled(_new(sent, by_id, answers, alone=not shown))
    keep = {message["id"] for message in shown[:kept]}
    keep |= {message["id"] for message in known if message["role"] not in _CONVERSATION}
    return Reconciled(_new(sent, keep, match_answers(sent, shown[:kept])), kept)


def _new(
    sent: Sequence[dict[str, Any]], held: Collection[str], answers: Mapping[str, str | None], *, alone: bool = False
) -> list[dict[str, Any]]:
    """What is to be added to the ``held`` messages; ``alone``: the thread shows none, and the graph must know.

    Of a call that has its answer no other is taken: providers refuse a second one. An answer that comes late replaces
    the placeholder that healed the call.
    """
    new: list[dict[str, Any]] = []
    for message in sent:
        if message["id"] in held:
            continue
        if message["role"] == "tool":
            earlier = answers.get(message["id"])
            if earlier is not None and is_placeholder(earlier):
                new.append(message | {"id": earlier})
                continue
            if earlier is not None or (message["id"] not in answers and not alone):
                continue
        new.append(message)
    return new


@dataclass(slots=True)
class _Call:
    """A tool call, the id of the message that answers it, and whether an answer among those sent is for it."""

    id: str
    answer: str | None = None
    taken: bool = False


_Calls: TypeAlias = dict[str, list[_Call]]
"""Calls by their ids, the last one at the end."""


def match_answers(sent: Sequence[Mapping[str, Any]], shown: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """For each new answer of a tool among ``sent``, by its id: the id of the answer that the thread has to that call.

    ``None``: the call has no answer yet. An answer to no known call is left out. An answer belongs to the last call of
    its id, in the order that the client sent: the ids of some providers repeat from turn to turn.
    """
    held = _calls(shown)
    owners = {call.answer: call for calls in held.values() for call in calls if call.answer is not None}
    sent_ids = {message["id"] for message in sent}
    before: _Calls = {}  # the calls of messages that the client does not mention: those without an answer last
    unmentioned = [call for message_id, calls in held.items() if message_id not in sent_ids for call in calls]
    for call in sorted(unmentioned, key=lambda call: (call.answer is None, is_placeholder(call.answer))):
        before.setdefault(call.id, []).append(call)
    mentioned: _Calls = {}
    answers: dict[str, str | None] = {}
    for message in sent:
        if message["role"] == "assistant":
            for call in held.get(message["id"]) or [_Call(call["id"]) for call in message.get("toolCalls") or ()]:
                mentioned.setdefault(call.id, []).append(call)
        elif message["role"] == "tool":
            own = owners.get(message["id"])
            if own is not None:
                own.taken = own.taken or not is_placeholder(own.answer)  # in whose place an answer may still come
                continue
            found = _last_open(mentioned, message["toolCallId"]) or _last_open(before, message["toolCallId"])
            if found is not None:
                found.taken = True
                answers[message["id"]] = found.answer
    return answers


def _last_open(calls: _Calls, call_id: str) -> _Call | None:
    """The last call of this id that no answer has been found for."""
    same = calls.get(call_id, [])
    while same and same[-1].taken:
        same.pop()
    return same[-1] if same else None


def _calls(shown: Sequence[Mapping[str, Any]]) -> dict[str, list[_Call]]:
    """The calls of each assistant's message that has any, by the message's id."""
    found: dict[str, list[_Call]] = {}
    waiting: _Calls = {}
    for message in shown:
        if message["role"] == "assistant" and message.get("toolCalls"):
            found[message["id"]] = [_Call(call["id"]) for call in message["toolCalls"]]
            for call in found[message["id"]]:
                waiting.setdefault(call.id, []).append(call)
        elif message["role"] == "tool" and waiting.get(message["toolCallId"]):
            waiting[message["toolCallId"]].pop().answer = message["id"]
    return found


def _common(back: list[str], sent: list[dict[str, Any]], shown: Sequence[Mapping[str, Any]]) -> int:
    """How many messages of the thread, from its start, the client still has, unchanged and in their order."""
    texts = {message["id"]: message for message in sent}
    start = next((index for index, message in enumerate(shown) if message["id"] == back[0]), 0)
    kept = start  # a client that begins in the middle (a window over a long history) has cut nothing before it
    for message in shown[start:]:
        mine = texts.get(message["id"])
        if mine is None and _may_be_missing(message):
            kept += 1
            continue
        if mine is None or (mine["role"] == "user" and _text(mine) != _text(message)):
            break
        kept += 1
    return kept


def _may_be_missing(message: Mapping[str, Any]) -> bool:
    """Whether a screen that has what comes before may not have this message.

    An empty answer, or a tool's result: of a run that was stopped, results may be stored that were not sent, what heals
    its calls is added later, and a client's own answer may come back under another id. Between a call and its result no
    history can be cut.
    """
    if message["role"] == "tool":
        return True
    return message["role"] == "assistant" and not message.get("content") and not message.get("toolCalls")


def _answerable(sent: list[dict[str, Any]], known: Collection[str]) -> list[dict[str, Any]]:
    """Drop calls, in answers that the thread never stored, that nobody answered: a run was stopped in their middle.

    Providers refuse a history in which a call has no answer.
    """
    kept: list[dict[str, Any]] = []
    answered: set[str] = set()  # after the message that is looked at, and for its calls: ids may repeat
    for message in reversed(sent):
        calls = message.get("toolCalls") or ()
        if message["role"] == "tool":
            answered.add(message["toolCallId"])
        left = [call for call in calls if call["id"] in answered]
        answered.difference_update(call["id"] for call in calls)
        if calls and message["id"] not in known:
            rest = {key: value for key, value in message.items() if key != "toolCalls"}
            message = rest | ({"toolCalls": left} if left else {})  # noqa: PLW2901 - less what cannot be answered
            if not left and not message.get("content"):
                continue
        kept.append(message)
    return kept[::-1]


def _text(message: Mapping[str, Any]) -> Any:
    content = message.get("content")
    if isinstance(content, list):
        return [(part.get("type"), part.get("text"), (part.get("source") or {}).get("value")) for part in content]
    return [("text", content or "", None)]


def plan(request: RunRequest, thread: ThreadState, keys: Collection[str] | None = None) -> Plan:
    """What to run for this request on this thread.

    ``keys`` are the graph's input keys, ``None`` when they are not known (all are passed). Raises `InvalidRequest` for
    an answer that fits no pending interrupt, and `InterruptPending` for new input while one waits: the graph would
    start anew, and the question be lost. To go back to before the question is allowed.
    """
    try:
        return _plan(request, thread, keys)
    except ClientError as refused:
        refused.interrupts = thread.interrupts
        raise


def _plan(request: RunRequest, thread: ThreadState, keys: Collection[str] | None) -> Plan:
    answer = answer_of(request, thread.interrupts)
    if answer is not None:
        return Plan(answer.value)
    reconciled = reconcile(request.messages, thread.messages)
    fork: list[str] | None = None
    if reconciled.kept is not None:
        shown = [message["id"] for message in thread.messages if message["role"] in _CONVERSATION]
        fork = shown[: reconciled.kept]
        if fork and not reconciled.new:
            return Plan(None, fork)  # regenerate: the checkpoint knows which node comes next
    elif thread.interrupts:
        named = ", ".join(f"'{interrupt['id']}'" for interrupt in thread.interrupts)
        raise InterruptPending(f"This thread waits for an answer to {named}; answer with 'resume'.", param="resume")
    elif request.forwarded_props.get("continue") is True and not reconciled.new:
        return Plan(None)  # what was left to run, after a fork say
    given = _accepted(request, thread, keys)
    if reconciled.new and keys is not None and "messages" not in keys and not (request.state and given):
        taken = ", ".join(sorted(key for key in keys if not key.startswith("_")))
        raise InvalidRequest(f"This agent takes no messages; its input is: {taken}.", param="messages")
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
