"""What a request makes of a thread: `reconcile` and `plan`, as tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.types import Command

from bridge.agents.base import ThreadState
from bridge.agents.langgraph.inputs import plan, reconcile
from bridge.errors import InterruptPending, InvalidRequest
from bridge.runs.request import RunRequest

Message = dict[str, Any]


def user(identity: str, content: Any = "вопрос") -> Message:
    return {"id": identity, "role": "user", "content": content}


def answer(identity: str, content: str = "ответ", *calls: str) -> Message:
    function = {"name": "find", "arguments": "{}"}
    made = [{"id": call, "type": "function", "function": function} for call in calls]
    return {"id": identity, "role": "assistant", "content": content} | ({"toolCalls": made} if made else {})


def tool(identity: str, call: str) -> Message:
    return {"id": identity, "role": "tool", "toolCallId": call, "content": "готово"}


KNOWN = [user("u1"), answer("a1"), user("u2"), answer("a2")]
CALLED = [user("u1"), answer("a1", "", "c1"), tool("t1", "c1"), answer("a2")]
PENDING = [user("u1"), answer("a1", "", "c1")]
HEALED = [user("u1"), answer("a1", "", "c1"), tool("unanswered:a1:c1", "c1"), user("u2"), answer("a2")]
REPEATED = [*CALLED, user("u2"), answer("a3", "", "c1")]
THOUGHT = [user("u1"), {"id": "a1:reasoning", "role": "reasoning", "content": "хм"}, answer("a1")]
IMAGE = [{"type": "text", "text": "что?"}, {"type": "image", "source": {"type": "url", "value": "https://x.invalid/a"}}]
OTHER = [IMAGE[0], {"type": "image", "source": {"type": "url", "value": "https://x.invalid/b"}}]


@dataclass(frozen=True)
class Given:
    """What the client sends to a thread that holds ``known``; ``new`` and ``kept`` are expected."""

    name: str
    known: list[Message]
    sent: list[Message]
    new: list[str]
    kept: int | None = None
    texts: dict[str, Any] = field(default_factory=dict)


TABLE = [
    Given("a new thread", [], [user("u1")], ["u1"]),
    Given("a new thread with a history", [], KNOWN, ["u1", "a1", "u2", "a2"]),
    Given("the whole history and a question", KNOWN, [*KNOWN, user("u3")], ["u3"]),
    Given("only the question", KNOWN, [user("u3")], ["u3"]),
    Given("the end of the history and a question", KNOWN, [*KNOWN[2:], user("u3")], ["u3"]),
    Given("the history again", KNOWN, KNOWN, []),
    Given("nothing", KNOWN, [], []),
    Given("the last question edited", KNOWN, [*KNOWN[:2], user("u2", "иначе")], ["u2"], 2),
    Given("the first question edited", KNOWN, [user("u1", "иначе")], ["u1"], 0),
    Given("the last question replaced", KNOWN, [*KNOWN[:2], user("u9")], ["u9"], 2),
    Given("an image of the question replaced", [user("u1", IMAGE), answer("a1")], [user("u1", OTHER)], ["u1"], 0),
    Given("a question unchanged in other words", [user("u1", "что?")], [user("u1", [IMAGE[0]]), user("u2")], ["u2"]),
    Given("the last answer regenerated", KNOWN, KNOWN[:3], [], 3),
    Given("an earlier answer regenerated", KNOWN, KNOWN[:1], [], 1),
    Given("the last exchange removed, and a question", KNOWN, [*KNOWN[:2], user("u3")], ["u3"], 2),
    Given("an empty answer that a screen drops", [user("u1"), answer("a1", "")], [user("u1"), user("u2")], ["u2"]),
    Given("a system prompt beside", KNOWN, [{"id": "s", "role": "system", "content": "кратко"}, *KNOWN], ["s"]),
    Given(
        "reasoning and activity are the screen's",
        THOUGHT,
        [*THOUGHT, {"id": "x", "role": "activity", "activityType": "a", "content": {}}, user("u2")],
        ["u2"],
    ),
    Given("reasoning that a screen drops", THOUGHT, [THOUGHT[0], THOUGHT[2], user("u2")], ["u2"]),
    Given("a tool's answer", PENDING, [*PENDING, tool("t1", "c1")], ["t1"]),
    Given("a tool's answer alone", PENDING, [tool("t1", "c1")], ["t1"]),
    Given("a tool's answer twice", CALLED[:3], [*CALLED[:3], tool("t9", "c1")], []),
    Given(
        "a tool's answer under the client's own id",
        CALLED,
        [*CALLED[:2], tool("t9", "c1"), CALLED[3], user("u2")],
        ["u2"],
    ),
    Given("the answer after a tool regenerated", CALLED, CALLED[:3], [], 3),
    Given("the call itself regenerated", CALLED, CALLED[:1], [], 1),
    Given("an answer that was stopped", [user("u1")], [user("u1"), answer("a1", "нача"), user("u2")], ["a1", "u2"]),
    Given("a call that was stopped", [user("u1")], [user("u1"), answer("a1", "", "c1"), user("u2")], ["u2"]),
    Given(
        "a call that was stopped after some text",
        [user("u1")],
        [user("u1"), answer("a1", "ищу", "c1"), user("u2")],
        ["a1", "u2"],
    ),
    Given("a result that was not sent", CALLED, [CALLED[0], CALLED[1], CALLED[3], user("u2")], ["u2"]),
    Given("a result that was not sent, and an edit", CALLED, [*CALLED[:2], user("u2")], ["u2"], 3),
    Given("an open call that is healed unseen", HEALED, [HEALED[0], HEALED[1], *HEALED[3:], user("u3")], ["u3"]),
    Given("a late answer", HEALED, [*HEALED, tool("t9", "c1")], ["unanswered:a1:c1"]),
    Given("a late answer in its place", HEALED, [*HEALED[:2], tool("t9", "c1"), *HEALED[3:]], ["unanswered:a1:c1"]),
    Given("a late answer alone", HEALED, [tool("t9", "c1")], ["unanswered:a1:c1"]),
    Given(
        "a late answer alone, whose id another call has too",
        [*HEALED, answer("a3", "", "c1"), tool("t3", "c1")],
        [tool("t9", "c1")],
        ["unanswered:a1:c1"],
    ),
    Given(
        "an answer alone, whose id a later call has too",
        [*PENDING, user("u2"), answer("a3", "", "c1"), tool("t3", "c1")],
        [tool("t9", "c1")],
        ["t9"],
    ),
    Given("an answer to no call", KNOWN, [*KNOWN, tool("t9", "c9"), user("u3")], ["u3"]),
    Given("an answer to an id that repeats", REPEATED, [*REPEATED, tool("t9", "c1")], ["t9"]),
    Given("an answer to an id that repeats, alone", REPEATED, [tool("t9", "c1")], ["t9"]),
    Given(
        "answers to an id that repeats, all under the client's own ids",
        REPEATED,
        [*REPEATED[:2], tool("t8", "c1"), *REPEATED[3:], tool("t9", "c1")],
        ["t9"],
    ),
    Given("an answer to an id that repeats, twice", [*REPEATED, tool("t2", "c1")], [*REPEATED, tool("t9", "c1")], []),
    Given(
        "ids that repeat, in a new thread",
        [],
        [*REPEATED, tool("t2", "c1")],
        ["u1", "a1", "t1", "a2", "u2", "a3", "t2"],
    ),
    Given(
        "ids that repeat, the first call left open, in a new thread",
        [],
        [user("u1"), answer("a1", "", "c1"), user("u2"), answer("a3", "", "c1"), tool("t2", "c1")],
        ["u1", "u2", "a3", "t2"],
    ),
    Given("a history with calls, in a new thread", [], [*CALLED, user("u2")], ["u1", "a1", "t1", "a2", "u2"]),
]


@pytest.mark.parametrize("given", TABLE, ids=lambda given: given.name)
def test_new_messages_are_told_from_known_ones(given: Given) -> None:
    found = reconcile(given.sent, given.known)
    assert [message["id"] for message in found.new] == given.new
    assert found.kept == given.kept


def test_a_call_that_nobody_answers_is_not_put_into_the_history() -> None:
    found = reconcile([user("u1"), answer("a1", "ищу", "c1"), user("u2")], [user("u1")])
    assert "toolCalls" not in found.new[0]


def request(*messages: Message, **more: Any) -> RunRequest:
    return RunRequest(agent="sales", thread_id="t", run_id="r", messages=list(messages), **more)


def thread(known: list[Message] = KNOWN, **more: Any) -> ThreadState:
    return ThreadState(messages=known, checkpoint_id="c", **more)


def test_new_messages_become_langchain_messages() -> None:
    given = plan(request(*CALLED, user("u2")), ThreadState()).input["messages"]
    assert [type(message) for message in given] == [HumanMessage, AIMessage, ToolMessage, AIMessage, HumanMessage]
    assert [message.id for message in given] == ["u1", "a1", "t1", "a2", "u2"]
    assert given[1].tool_calls[0]["id"] == given[2].tool_call_id == "c1"


def test_an_edit_forks_with_the_ids_to_keep_and_the_new_words() -> None:
    planned = plan(request(*KNOWN[:2], user("u2", "иначе")), thread())
    assert planned.fork == ["u1", "a1"]
    assert [(message.id, message.content) for message in planned.input["messages"]] == [("u2", "иначе")]


def test_a_first_question_edited_forks_before_everything() -> None:
    planned = plan(request(user("u1", "иначе")), thread())
    assert planned.fork == []
    assert planned.input["messages"][0].content == "иначе"


def test_regenerating_forks_and_gives_the_graph_nothing() -> None:
    planned = plan(request(*KNOWN[:3]), thread())
    assert planned.input is None
    assert planned.fork == ["u1", "a1", "u2"]


def test_the_history_again_asks_for_another_turn_without_a_fork() -> None:
    planned = plan(request(*KNOWN), thread())
    assert planned.fork is None
    assert planned.input == {"messages": []}


# State


def test_only_what_the_client_changed_is_written_back() -> None:
    held = thread(state={"log": ["a"], "stage": "new"})
    planned = plan(request(user("u3"), state={"log": ["a"], "stage": "won", "messages": ["x"]}), held)
    assert {key: value for key, value in planned.input.items() if key != "messages"} == {"stage": "won"}


def test_keys_that_the_graph_does_not_take_are_left_out() -> None:
    planned = plan(request(user("u3"), state={"stage": "won", "theme": "dark"}), thread(), keys={"stage", "messages"})
    assert planned.input.keys() == {"stage", "messages"}


def test_a_changed_state_alone_is_enough() -> None:
    assert plan(request(state={"stage": "won"}), thread()).input == {"stage": "won"}


@pytest.mark.parametrize("state", [None, [], "текст", {}])
def test_a_state_that_says_nothing_changes_nothing(state: Any) -> None:
    assert plan(request(user("u3"), state=state), thread()).input.keys() == {"messages"}


def test_copilotkits_graphs_get_what_they_look_for() -> None:
    tools, context = [{"name": "show"}], [{"description": "page", "value": "1"}]
    given = plan(
        request(user("u3"), tools=tools, context=context), thread(), keys={"messages", "tools", "copilotkit", "ag-ui"}
    ).input
    assert given["tools"] == tools
    assert given["copilotkit"] == {"actions": tools, "context": context}
    assert given["ag-ui"] == {"tools": tools, "context": context}


# Resume

ONE, TWO = {"id": "i1", "reason": "x"}, {"id": "i2", "reason": "x"}
PAUSED = {"id": "pause:risky:c", "reason": "paused"}
UP_TO_10 = {"id": "i3", "reason": "x", "responseSchema": {"type": "number", "maximum": 10}}
ASKED_20 = {"id": "i4", "metadata": {"value": {"ask": "quote", "discount": 20.0, "final": False}}}
ASKED_15 = {"id": "i5", "metadata": {"value": {"ask": "quote", "discount": 15, "final": False}}}
AGAIN = {"id": "i6", "metadata": {"value": None, "earlierIds": ["i0"]}}


def command(answer: Any, *event: Any) -> dict[str, Any]:
    shown = {"interruptEvent": event[0]} if event else {}
    return {"forwarded_props": {"command": {"resume": answer, **shown}}}


def entry(identity: str, payload: Any = None, status: str = "resolved") -> dict[str, Any]:
    return {"interruptId": identity, "status": status, "payload": payload}


@pytest.mark.parametrize(
    ("pending", "resume", "expected"),
    [
        pytest.param([ONE], [entry("i1", True)], {"i1": True}, id="by id"),
        pytest.param([ONE, TWO], [entry("i2", 2), entry("i1", 1)], {"i1": 1, "i2": 2}, id="two at once, in any order"),
        pytest.param([ONE], [entry("i1", "да", "cancelled")], {"i1": None}, id="cancelled"),
        pytest.param([ONE, TWO], [entry("i1", 1), entry("i2", 2, "cancelled")], {"i1": 1, "i2": None}, id="both kinds"),
        pytest.param([ONE], [{"interruptId": "i1", "status": "resolved"}], {"i1": None}, id="without a payload"),
    ],
)
def test_answers_resume_by_id(pending: Any, resume: Any, expected: Any) -> None:
    planned = plan(request(resume=resume), thread(interrupts=pending))
    assert isinstance(planned.input, Command)
    assert planned.input.resume == expected
    assert planned.fork is None


@pytest.mark.parametrize(
    ("pending", "value", "expected"),
    [
        pytest.param([ONE], True, {"i1": True}, id="a value"),
        pytest.param([ONE], '{"approved": true}', {"i1": {"approved": True}}, id="JSON in a string"),
        pytest.param([ONE], "да, хорошо", {"i1": "да, хорошо"}, id="plain words"),
        pytest.param([ONE, TWO], {"i1": 1, "i2": 2}, {"i1": 1, "i2": 2}, id="by id"),
        pytest.param([ONE, TWO], "да", {"i1": "да"}, id="the first of two"),
        pytest.param([ONE], {"approved": True}, {"i1": {"approved": True}}, id="an object that is a value"),
    ],
)
def test_older_front_ends_answer_by_command(pending: Any, value: Any, expected: Any) -> None:
    planned = plan(request(forwarded_props={"command": {"resume": value}}), thread(interrupts=pending))
    assert isinstance(planned.input, Command)
    assert planned.input.resume == expected


@pytest.mark.parametrize(
    ("event", "answered"),
    [
        pytest.param({"ask": "quote", "discount": 20, "final": False}, "i4", id="a number by value"),
        pytest.param({"final": False, "discount": 15.0, "ask": "quote"}, "i5", id="keys in another order"),
        pytest.param('{"ask":"quote","discount":15,"final":false}', "i5", id="JSON in a string"),
        pytest.param(None, "i5", id="none: the first, which was announced last"),
    ],
)
def test_older_front_ends_answer_what_was_on_the_screen(event: Any, answered: str) -> None:
    planned = plan(request(**command(True, event)), thread(interrupts=[ASKED_15, ASKED_20]))
    assert planned.input.resume == {answered: True}


@pytest.mark.parametrize(
    "event", [{"ask": "quote", "discount": 15, "final": 0}, {"ask": "quote", "discount": 15}, 1, ""]
)
def test_what_is_only_alike_is_not_the_question(event: Any) -> None:
    with pytest.raises(InvalidRequest):
        plan(request(**command(True, event)), thread(interrupts=[ASKED_15, ASKED_20]))


def test_a_question_is_answered_by_the_id_it_had_before_its_run_failed() -> None:
    planned = plan(request(resume=[entry("i0", "да")]), thread(interrupts=[AGAIN]))
    assert planned.input.resume == {"i6": "да"}


def test_one_of_two_is_answered_where_the_client_asks_one_by_one() -> None:
    planned = plan(request(resume=[entry("i2", 2)], one_by_one=True), thread(interrupts=[ONE, TWO]))
    assert planned.input.resume == {"i2": 2}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request(*KNOWN, user("u3")), id="a new message"),
        pytest.param(request(user("u3")), id="a new message alone"),
        pytest.param(request(*KNOWN), id="nothing new"),
        pytest.param(request(*KNOWN, state={"stage": "won"}), id="a new state"),
        pytest.param(request(*KNOWN, **command(None)), id="null is no answer"),
    ],
)
@pytest.mark.parametrize("pending", [ONE, PAUSED])
def test_new_input_while_a_question_waits_is_refused(asked: RunRequest, pending: Any) -> None:
    with pytest.raises(InterruptPending):
        plan(asked, thread(interrupts=[pending]))


def test_going_back_to_before_the_question_is_allowed() -> None:
    assert plan(request(*KNOWN[:2], user("u2", "иначе")), thread(interrupts=[ONE])).fork == ["u1", "a1"]
    assert plan(request(*KNOWN[:3]), thread(interrupts=[ONE])).fork == ["u1", "a1", "u2"]


def test_null_answers_nothing() -> None:
    assert plan(request(user("u3"), **command(None)), thread()).input["messages"][0].id == "u3"


def test_a_pause_goes_on_with_nothing() -> None:
    assert plan(request(resume=[entry(PAUSED["id"], True)]), thread(interrupts=[PAUSED])).input is None
    legacy = request(forwarded_props={"command": {"resume": True}})
    assert plan(legacy, thread(interrupts=[PAUSED])).input is None


@pytest.mark.parametrize(
    ("asked", "pending", "param"),
    [
        pytest.param({"resume": [entry("no")]}, [ONE], "resume", id="an unknown interrupt"),
        pytest.param({"resume": [entry("i1")]}, [], "resume", id="nothing is pending"),
        pytest.param({"resume": [entry("i1"), entry("no")]}, [ONE], "resume", id="one known, one not"),
        pytest.param({"resume": [entry("i2")]}, [ONE, TWO], "resume", id="one left out"),
        pytest.param({"resume": [entry("i1", 1), entry("i1", 2)]}, [ONE], "resume", id="one answered twice"),
        pytest.param({"resume": [entry("i3", 11)]}, [UP_TO_10], "resume", id="more than its maximum"),
        pytest.param({"resume": [entry("i3")]}, [UP_TO_10], "resume", id="no payload, where the schema wants one"),
        pytest.param(command(11), [UP_TO_10], "forwardedProps.command.resume", id="a command with more than that"),
        pytest.param(
            command(True, {"ask": "other"}), [ASKED_20, ASKED_15], "forwardedProps.command.interruptEvent", id="no such"
        ),
        pytest.param({"resume": [entry(PAUSED["id"], status="cancelled")]}, [PAUSED], "resume", id="a pause cancelled"),
        pytest.param(
            {"forwarded_props": {"command": {"resume": 1}}},
            [],
            "forwardedProps.command.resume",
            id="a command too late",
        ),
    ],
)
def test_an_answer_to_nothing_is_refused(asked: Any, pending: Any, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        plan(request(**asked), thread(interrupts=pending))
    assert refused.value.param == param
