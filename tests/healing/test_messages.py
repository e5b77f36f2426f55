"""What heals a list of messages: `heal_messages`, as a table and as a property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, InvalidToolCall, ToolMessage

from bridge.agents.langgraph.healing import NOT_JSON, heal_messages, is_placeholder
from tests.strict import check


def user(identity: str) -> HumanMessage:
    return HumanMessage("?", id=identity)


def ai(identity: str, *calls: str) -> AIMessage:
    made: Any = [{"name": "find", "args": {}, "id": call, "type": "tool_call"} for call in calls]
    return AIMessage("" if calls else "so", id=identity, tool_calls=made)


def tool(identity: str, call: str) -> ToolMessage:
    return ToolMessage("ok", id=identity, tool_call_id=call)


def placeholder(identity: str, call: str) -> ToolMessage:
    return ToolMessage("why", id=f"unanswered:{identity}:{call}", tool_call_id=call, name="find", status="error")


def why(message: AIMessage, name: str) -> str:
    assert name == "find"
    return "why"


@dataclass(frozen=True)
class Case:
    """``added``, ``rewritten`` and ``arriving`` are ids; a placeholder's is ``!`` and its call's message and id."""

    name: str
    held: Sequence[BaseMessage] = ()
    new: Sequence[BaseMessage] = ()
    added: Sequence[str] = ()
    arriving: Sequence[str] = ()
    rewritten: Sequence[str] | None = None
    carried: Sequence[BaseMessage] = field(default=())


U1, U2, A = user("u1"), user("u2"), ai("a", "c")
TABLE = [
    Case("nothing"),
    Case("a whole history", [U1, A, tool("t", "c"), ai("b")], [U2], arriving=["u2"]),
    Case("a call left open", [U1, A], [U2], ["!a:c"], ["u2"]),
    Case("one of two finished", [U1, ai("a", "c", "d"), tool("t", "d")], [U2], ["!a:c"], ["u2"]),
    Case("the answer arrives", [U1, A], [tool("t", "c")], [], ["t"]),
    Case("the answer arrives after the question", [U1, A], [U2, tool("t", "c")], [], ["t", "u2"]),
    Case("one of two answers arrives", [U1, ai("a", "c", "d")], [tool("t", "c")], ["!a:d"], ["t"]),
    Case("a thread wedged before", [U1, A, U2], [user("u3")], [], ["u3"], ["u1", "a", "!a:c", "u2"]),
    Case("an answer stored too late", [U1, A, U2, tool("t", "c")], [], [], [], ["u1", "a", "t", "u2"]),
    Case("an answer arrives in a wedged thread", [U1, A, U2], [tool("t", "c")], [], [], ["u1", "a", "t", "u2"]),
    Case(
        "a late answer takes the sentence's place",
        [U1, A, placeholder("a", "c"), U2],
        [ToolMessage("yes", id="unanswered:a:c", tool_call_id="c")],
        rewritten=["u1", "a", "!a:c", "u2"],
    ),
    Case("an answer to no call", [U1, ai("b")], [tool("t", "x"), U2], [], ["u2"]),
    Case("a second answer", [U1, A, tool("t", "c")], [tool("t2", "c")]),
    Case("ids that repeat", [U1, A, tool("t", "c"), U2, ai("b", "c")], [tool("t2", "c")], [], ["t2"]),
    Case("ids that repeat, left open", [U1, A, tool("t", "c"), U2, ai("b", "c")], [user("u3")], ["!b:c"], ["u3"]),
    Case("ids that repeat, the first open", [U1, A, U2, ai("b", "c"), tool("t", "c")], [], [], [],
         ["u1", "a", "!a:c", "u2", "b", "t"]),
    Case("the same id twice in a message", [U1, ai("a", "c", "c")], [], ["!a:c", "!a:c:1"]),
    Case("a history arrives whole", [], [U1, A, tool("t", "c"), U2], [], ["u1", "a", "t", "u2"]),
    Case("a history arrives with an open call", [], [U1, A, U2], [], ["u1", "a", "!a:c", "u2"]),
    Case("a history arrives cut", [], [tool("t", "c"), ai("b"), U2], [], ["b", "u2"]),
    Case("a history arrives out of order", [], [U1, A, U2, tool("t", "c")], [], ["u1", "a", "t", "u2"]),
    Case("a stopped subgraph's messages", [U1], [U2], ["a", "!a:c"], ["u2"], carried=[A]),
    Case("and one of its tools had finished", [U1], [U2], ["a", "t", "!a:d"], ["u2"],
         carried=[ai("a", "c", "d"), tool("t", "c")]),
    Case("what the thread holds of its own is left", [U1, tool("t", "x")], [U2], [], ["u2"]),
]  # fmt: skip


def ids(messages: Sequence[BaseMessage]) -> list[str]:
    return [str(message.id).replace("unanswered:", "!") for message in messages]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_heals(case: Case) -> None:
    healed = heal_messages(case.held, case.new, why, carried=case.carried)
    assert ids(healed.added) == list(case.added)
    assert ids(healed.arriving) == list(case.arriving)
    assert (None if healed.rewritten is None else ids(healed.rewritten)) == case.rewritten
    for message in [*healed.added, *(healed.rewritten or ()), *healed.arriving]:
        if is_placeholder(message.id) and message not in case.new:
            assert isinstance(message, ToolMessage)
            assert (message.content, message.status, message.name) == ("why", "error", "find")


def test_a_late_answer_is_what_stands_there() -> None:
    late = ToolMessage("yes", id="unanswered:a:c", tool_call_id="c")
    healed = heal_messages([U1, A, placeholder("a", "c"), U2], [late], why)
    assert healed.rewritten is not None
    assert healed.rewritten[2] is late


def test_arguments_that_cannot_be_read_are_reported() -> None:
    broken = InvalidToolCall(name="find", args="{", id="x", error=None, type="invalid_tool_call")
    healed = heal_messages([U1, AIMessage("", id="a", invalid_tool_calls=[broken])], [U2], why)
    assert [message.text for message in healed.added] == [NOT_JSON]


@st.composite
def conversations(draw: st.DrawFn) -> list[BaseMessage]:
    """Any order of questions, calls and answers, with few ids so that they repeat."""
    made: list[BaseMessage] = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["user", "answer", "calls", "tool"]))
        calls = draw(st.lists(st.sampled_from("cde"), min_size=1, max_size=3, unique=True))
        match kind:
            case "user":
                made.append(user(f"m{number}"))
            case "answer":
                made.append(ai(f"m{number}"))
            case "calls":
                made.append(ai(f"m{number}", *calls))
            case _:
                made.append(tool(f"m{number}", calls[0]))
    return made


def with_callers(messages: list[BaseMessage]) -> list[BaseMessage]:
    """Without answers to no call: what a thread holds of its own is not taken away, and no graph makes them."""
    opened: list[str] = []
    kept: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in opened:
                continue
            opened.remove(message.tool_call_id)
        if isinstance(message, AIMessage):
            opened += [str(call["id"]) for call in message.tool_calls]
        kept.append(message)
    return kept


@given(conversations(), conversations(), st.integers(0, 8))
def test_whatever_was_held_and_arrives_a_provider_takes_it(
    held: list[BaseMessage], new: list[BaseMessage], stored: int
) -> None:
    new = [message.model_copy(update={"id": f"n{message.id}"}) for message in new]
    whole = with_callers(held)
    healed = heal_messages(whole[:stored], new, why, carried=whole[stored:])
    after = [*(healed.rewritten if healed.rewritten is not None else [*whole[:stored], *healed.added])]
    check([*after, *healed.arriving])
    again = heal_messages(after, healed.arriving, why)
    assert (again.added, again.rewritten) == ([], None)
    assert [message.id for message in again.arriving] == [message.id for message in healed.arriving]
    kept = {message.id for message in [*after, *healed.arriving]}
    assert {message.id for message in [*whole, *new] if not isinstance(message, ToolMessage)} <= kept
