"""A client's answer to interrupts -> the value to resume the graph with. Pure.

AG-UI 1.0      ``resume``: an entry for each interrupt that waits; one left out, or a payload that does not fit
               its ``responseSchema``, is refused and nothing has changed
before 1.0     ``forwardedProps.command``: ``resume``, the answer, and ``interruptEvent``, the value of the question
               that was on the screen; one answer at a time
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.types import Command

from bridge.errors import InvalidRequest
from bridge.events.interrupts import Interrupt, asked_first, ids_of, is_pause, same_value, value_of
from bridge.events.json_schema import misfit
from bridge.events.reviews import review_of
from bridge.json import JSONDecodeError, loads
from bridge.runs.request import RunRequest

_COMMAND = "forwardedProps.command"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes into ``astream`` to go on after an interrupt: a Command, or ``None`` after a pause."""

    value: Command[Any] | None


def answer_of(request: RunRequest, pending: Sequence[Interrupt]) -> Answer | None:
    """The answer that a request brings, by interrupt id; ``None`` when it brings none.

    An entry that was cancelled resumes with ``None``: the node decides what a refusal means. Raises `InvalidRequest`
    for an answer to no pending interrupt, for one that leaves an interrupt out, and for one that its schema refuses.
    """
    if not request.resume:
        return _legacy(request, pending)
    waiting = {name: interrupt for interrupt in pending for name in ids_of(interrupt)}
    entries: dict[str, tuple[Interrupt, Mapping[str, Any]]] = {}
    for entry in request.resume:
        interrupt = waiting.get(entry["interruptId"])
        if interrupt is None:
            raise InvalidRequest(f"No interrupt '{entry['interruptId']}' is pending on this thread.", param="resume")
        if interrupt["id"] in entries:
            raise InvalidRequest(f"Interrupt '{entry['interruptId']}' is answered twice.", param="resume")
        entries[interrupt["id"]] = interrupt, entry
    left = [interrupt["id"] for interrupt in pending if interrupt["id"] not in entries]
    if left and not request.one_by_one:
        named = ", ".join(f"'{name}'" for name in left)
        raise InvalidRequest(f"The answer leaves out what else is pending on this thread: {named}.", param="resume")
    if all(is_pause(name) for name in entries):
        if any(entry["status"] == "cancelled" for _, entry in entries.values()):
            raise InvalidRequest("A paused run goes on or stays paused; it cannot be cancelled.", param="resume")
        return Answer(None)
    values = {name: _value(*both) for name, both in entries.items() if not is_pause(name)}
    return Answer(Command(resume=values))


def _value(interrupt: Interrupt, entry: Mapping[str, Any]) -> Any:
    if entry["status"] == "cancelled":
        review = review_of(value_of(interrupt), interrupt.get("responseSchema"))
        if review is None:
            return None
        refusal = review.refusal()
        if refusal is None:
            raise InvalidRequest(f"Interrupt '{interrupt['id']}' cannot be cancelled: answer it.", param="resume")
        return refusal
    return _fitting(interrupt, entry.get("payload"), "resume")


def _fitting(interrupt: Interrupt, value: Any, param: str) -> Any:
    wrong = misfit(value, interrupt.get("responseSchema"))
    if wrong is not None:
        raise InvalidRequest(f"The answer to '{interrupt['id']}' does not fit: {wrong}.", param=param)
    return value


def _legacy(request: RunRequest, pending: Sequence[Interrupt]) -> Answer | None:
    """Front ends before AG-UI 1.0 answer one interrupt at a time, without its id. ``null`` is no answer."""
    command = request.forwarded_props.get("command")
    if not isinstance(command, Mapping) or command.get("resume") is None:
        return None
    if not pending:
        raise InvalidRequest("No interrupt is pending on this thread.", param=f"{_COMMAND}.resume")
    value = _parsed(command["resume"])
    by_id = {name: interrupt for interrupt in pending for name in ids_of(interrupt)}
    if isinstance(value, Mapping) and value and value.keys() <= by_id.keys():
        given = {by_id[name]["id"]: _fitting(by_id[name], one, f"{_COMMAND}.resume") for name, one in value.items()}
        return Answer(Command(resume=given))
    interrupt = _shown(command.get("interruptEvent"), pending)
    if is_pause(interrupt["id"]):
        return Answer(None)
    schema = interrupt.get("responseSchema")
    if misfit(value, schema) is not None and misfit(command["resume"], schema) is None:
        value = command["resume"]  # a string that happens to be JSON
    return Answer(Command(resume={interrupt["id"]: _fitting(interrupt, value, f"{_COMMAND}.resume")}))


def _shown(event: Any, pending: Sequence[Interrupt]) -> Interrupt:
    """The interrupt whose value was on the screen; without one the interrupt that was announced last."""
    if event is None:
        return asked_first(pending)
    shown = [one for one in pending if same_value(value_of(one), event) or same_value(value_of(one), _parsed(event))]
    if not shown:
        message = "The question that this answers is not pending on this thread."
        raise InvalidRequest(message, param=f"{_COMMAND}.interruptEvent")
    return asked_first(shown)


def _parsed(value: Any) -> Any:
    """A value that may have come as JSON in a string."""
    if not isinstance(value, str):
        return value
    try:
        return loads(value)
    except JSONDecodeError:
        return value
