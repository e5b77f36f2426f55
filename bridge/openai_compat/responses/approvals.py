"""Interrupts on tools that the server runs, as requests for approval; and the answers to these. Pure.

``mcp_approval_request`` is the one form that the Responses API has for a person's consent: a tool's name, its
arguments, and in answer yes or no, with a reason. An interrupt has this form where it is about calls of the server's
tools, and where its schema takes a yes and a no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import InvalidRequest
from bridge.events.interrupts import Interrupt, ids_of, is_pause, value_of
from bridge.events.json_schema import alternatives, misfit
from bridge.events.reviews import Decision, Review, review_of
from bridge.json import dumps
from bridge.openai_compat.reading import decision_field, fields_of, free_field
from bridge.openai_compat.responses.items import APPROVAL, Item


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool that the server runs: its name, and its arguments as JSON."""

    name: str
    arguments: str


def approval_requests(interrupt: Interrupt, calls: Mapping[str, Call], label: str, base: str) -> list[Item]:
    """The requests for approval that an interrupt is, without a status; none where it is another kind of question.

    ``calls``: the server's calls that have no answer yet. ``label``: the agent's name. ``base``: the response's id,
    less its prefix.
    """
    if is_pause(interrupt["id"]) or not _can_approve(interrupt):
        return []
    review = review_of(value_of(interrupt), interrupt.get("responseSchema"))
    if review is not None:
        asked = [Call(action.name, dumps(action.args).decode()) for action in review.actions]
    else:
        named = interrupt.get("toolCallId")
        only = next(iter(calls.values())) if named is None and len(calls) == 1 else calls.get(str(named))
        if only is None:
            return []
        asked = [only]
    name = f"{APPROVAL}{base}_{interrupt['id']}"
    ids = [f"{name}.{number}" if len(asked) > 1 else name for number in range(len(asked))]
    return [
        {
            "id": name,
            "type": "mcp_approval_request",
            "server_label": label,
            "name": call.name,
            "arguments": call.arguments,
        }
        for name, call in zip(ids, asked, strict=True)
    ]


def settle_approvals(new: Sequence[dict[str, Any]], pending: Sequence[Interrupt]) -> list[dict[str, Any]]:
    """The messages, the answers to one interrupt's requests as one tool message with the value to resume with.

    Raises `InvalidRequest` that names the requests of an interrupt which were left out.
    """
    waiting = {name: interrupt for interrupt in pending for name in ids_of(interrupt)}
    given: dict[str, dict[int, dict[str, Any]]] = {}
    settled: list[dict[str, Any]] = []
    for message in new:
        if "approve" not in message:
            settled.append(message)
            continue
        name, _, number = message["toolCallId"].partition(".")
        if name not in waiting or (number and not number.isdecimal()):
            raise InvalidRequest(
                f"No request for approval with id '{message['request']}' waits for an answer.", param="input"
            )
        given.setdefault(name, {})[int(number or 0)] = message
    for name, answers in given.items():
        interrupt = waiting[name]
        review = review_of(value_of(interrupt), interrupt.get("responseSchema"))
        count = 1 if review is None else len(review.actions)
        request = next(iter(answers.values()))["request"].rpartition(".")[0]
        missing = [f"'{request}.{number}'" for number in range(count) if number not in answers]
        if missing:
            raise InvalidRequest(f"The answers to these approvals are missing: {', '.join(missing)}.", param="input")
        first = answers[min(answers)]
        value = _value(interrupt, [(answers[n]["approve"], answers[n]["reason"]) for n in range(count)])
        content = first["content"] if value is None else dumps(value).decode()
        settled.append({"id": first["id"], "role": "tool", "toolCallId": name, "content": content})
    return settled


def _can_approve(interrupt: Interrupt) -> bool:
    review = review_of(value_of(interrupt), interrupt.get("responseSchema"))
    count = 1 if review is None else len(review.actions)
    return all(_value(interrupt, [(approve, "")] * count) is not None for approve in (True, False))


def _value(interrupt: Interrupt, answers: Sequence[tuple[bool, str]]) -> Any:
    """The value to resume with; ``None`` where the interrupt takes no such answer."""
    schema = interrupt.get("responseSchema")
    review = review_of(value_of(interrupt), schema)
    if review is not None:
        return _reviewed(review, answers)
    [(approve, reason)] = answers
    if not schema:
        return None
    for kind in alternatives(schema, schema):
        value: Any = approve
        if kind.get("type") == "object" or "properties" in kind:
            decision = decision_field(kind, schema)
            free = free_field(fields_of(kind, schema))
            value = {decision: approve} | ({free: reason} if free is not None and reason else {})
            if decision is None:
                continue
        if misfit(value, schema) is None:
            return value
    return None


def _reviewed(review: Review, answers: Sequence[tuple[bool, str]]) -> Any:
    decisions: list[Decision] = []
    for action, (approve, reason) in zip(review.actions, answers, strict=True):
        kind = "approve" if approve else "reject"
        if kind not in action.allowed:
            return None
        decisions.append(Decision(kind, "" if approve else reason))
    return review.answer(decisions)
