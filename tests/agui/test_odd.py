"""Odd answers: what clients get of them, one by one. The laws of all graphs hold for these too (``test_graphs.py``)."""

from __future__ import annotations

import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from bridge.agents.langgraph.call_ids import distinct_calls, given_id
from bridge.agents.langgraph.duplicates import is_copy
from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.openai_compat import AguiToChunks, fold
from tests.agui.graphs.odd import ANSWER, AT_ONCE, NEXT_TURN
from tests.agui.harness import Recording, record


def texts(events: list[Event]) -> list[str]:
    """The texts that were emitted, by message, in order."""
    found: dict[str, str] = {}
    for event in events:
        if event["type"] == "TEXT_MESSAGE_START":
            found.setdefault(event["messageId"], "")
        elif event["type"] == "TEXT_MESSAGE_CONTENT":
            found[event["messageId"]] += event["delta"]
    return list(found.values())


def calls(events: list[Event]) -> list[tuple[str, str, Any]]:
    """The calls that were emitted: id, name, arguments as a value."""
    found: dict[str, list[str]] = {}
    for event in events:
        if event["type"] == "TOOL_CALL_START":
            assert event["toolCallId"] not in found
            found[event["toolCallId"]] = [event["toolCallName"], ""]
        elif event["type"] == "TOOL_CALL_ARGS":
            found[event["toolCallId"]][1] += event["delta"]
    return [(identity, name, orjson.loads(arguments)) for identity, (name, arguments) in found.items()]


def results(events: list[Event]) -> list[str]:
    return [event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_RESULT"]


def answer(events: list[Event], *, whole: bool) -> str:
    forth = AguiToChunks(id="chatcmpl-r", model="m", created=7, whole=whole)
    content: str = fold([forth.feed(event) for event in events])["choices"][0]["message"]["content"]
    return content


def stored(events: list[Event]) -> list[str]:
    snapshot = next(event for event in reversed(events) if event["type"] == "MESSAGES_SNAPSHOT")
    return [message["content"] for message in snapshot["messages"] if message["role"] == "assistant"]


COPIES = {
    "a copy, stripped": (" Вот ответ.\n", "Вот ответ."),
    "a copy without its thoughts": (f"<think>хм, трудно</think>{ANSWER}", ANSWER),
    "a copy with a prefix": (ANSWER, f"Бот: {ANSWER}"),
    "a copy with a word changed": (ANSWER, ANSWER.replace("вас", "Вас")),
    "a copy made by another node": (ANSWER, f"{ANSWER} Спрашивайте ещё."),
    "a message replaced by another node": (ANSWER, ANSWER.removesuffix(".")),
    "a copy of a subgraph's answer": (ANSWER, ANSWER),
    "a copy as a tuple": (ANSWER, f"Итак: {ANSWER}"),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_tidied_copy_is_the_same_answer(recordings: dict[str, Recording], name: str) -> None:
    streamed, kept = COPIES[name]
    [run] = recordings[name].runs
    events = run.events()
    assert texts(events) == [streamed]
    assert stored(events) == [kept]
    assert answer(events, whole=False) == streamed
    assert answer(events, whole=True) == kept


def test_a_replacement_is_another_answer(recordings: dict[str, Recording]) -> None:
    events = recordings["a guardrail's replacement"].runs[0].events()
    assert texts(events) == [ANSWER, "Об этом я не говорю."]
    assert stored(events) == [answer(events, whole=True)] == ["Об этом я не говорю."]
    assert answer(events, whole=False) == f"{ANSWER}\n\nОб этом я не говорю."


def test_two_answers_that_are_alike_are_two(recordings: dict[str, Recording]) -> None:
    events = recordings["two answers that are alike"].runs[0].events()
    assert texts(events) == stored(events) == [ANSWER, ANSWER]


@pytest.mark.parametrize(
    "name", ["a node tried again", "a model tried again", "a model tried again by the node's own code"]
)
def test_a_failed_attempt_stands_apart_and_is_not_in_a_whole_answer(
    recordings: dict[str, Recording], name: str
) -> None:
    events = recordings[name].runs[0].events()
    assert texts(events) == ["Начало которое ", ANSWER]
    assert stored(events) == [answer(events, whole=True)] == [ANSWER]
    assert answer(events, whole=False) == f"Начало которое \n\n{ANSWER}"


def test_an_attempt_with_retry_ends_the_one_before(recordings: dict[str, Recording]) -> None:
    events = recordings["a model tried again"].runs[0].events()
    kinds = [event["type"] for event in events if event["type"].startswith("TEXT_MESSAGE_")]
    assert kinds[3:5] == ["TEXT_MESSAGE_END", "TEXT_MESSAGE_START"]


@pytest.mark.parametrize(
    "name", ["an id announced in an empty chunk", "an id announced in an empty chunk, turn by turn"]
)
def test_an_id_announced_in_an_empty_chunk(recordings: dict[str, Recording], name: str) -> None:
    for number, run in enumerate(recordings[name].runs, start=1):
        events = run.events()
        [start] = [event for event in events if event["type"] == "TEXT_MESSAGE_START"]
        assert start["messageId"] == f"resp_{number}"
        assert [entry["totalTokens"] for entry in events[-1]["usage"]] == [7]


async def test_ids_announced_at_once() -> None:
    [run] = (await record(AT_ONCE, InMemorySaver())).runs
    events = run.events()
    assert sorted(texts(events)) == ["Второй.", "Первый."] == sorted(stored(events))
    assert answer(events, whole=False) in ("Первый.\n\nВторой.", "Второй.\n\nПервый.")


PIECES: dict[str, list[str | None]] = {
    "a call whose name comes after its arguments": ["c1"],
    "a call whose name comes in two pieces": ["c1"],
    "a call whose id comes late": ["c1"],
    "a call without an id": [None],
    "two calls under one id": ["c1", "c1::2"],
    "a call id used again in a turn": ["look:0", "look:0::2"],
}


@pytest.mark.parametrize("name", PIECES)
def test_calls_in_odd_pieces_are_whole_and_once(recordings: dict[str, Recording], name: str) -> None:
    events = recordings[name].runs[0].events()
    found = calls(events)
    assert [(called, set(arguments)) for _, called, arguments in found] == [("find_lead", {"name"})] * len(found)
    for (identity, _, _), expected in zip(found, PIECES[name], strict=True):
        assert identity.endswith(":call:0") if expected is None else identity == expected
    assert results(events) == [identity for identity, *_ in found]


async def test_ids_may_repeat_from_turn_to_turn() -> None:
    for run in (await record(NEXT_TURN, InMemorySaver())).runs:
        events = run.events()
        assert calls(events) == [("look:0", "find_lead", {"name": "А"})]
        assert results(events) == ["look:0"]
        verifier = Verifier()
        for event in events:
            verifier.feed(event)


# Call ids over a conversation


def _call(identity: str | None) -> Any:
    return {"name": "f", "args": {}, "id": identity}


def test_distinct_calls() -> None:
    messages = [
        HumanMessage("?", id="u"),
        AIMessage("", id="a", tool_calls=[_call("x"), _call("x"), _call(None)]),
        ToolMessage("1", tool_call_id="x"),
        ToolMessage("2", tool_call_id="x"),
        ToolMessage("3", tool_call_id=""),
        AIMessage("", id="b", tool_calls=[_call("x")]),
        ToolMessage("4", tool_call_id="x"),
        HumanMessage("!", id="v"),
        AIMessage("", id="c", tool_calls=[_call("x")]),
        ToolMessage("5", tool_call_id="x"),
    ]
    changed = distinct_calls(messages)
    made = [str(call["id"]) for message in changed if isinstance(message, AIMessage) for call in message.tool_calls]
    assert made == ["x", "x::2", "a:call:2", "x::3", "x"]
    answered = [message.tool_call_id for message in changed if isinstance(message, ToolMessage)]
    assert answered == made
    assert [given_id(identity) for identity in made] == ["x", "x", "", "x", "x"]


def test_ids_that_do_not_repeat_cost_no_copy() -> None:
    messages = [AIMessage("", id="a", tool_calls=[_call("x")]), ToolMessage("1", tool_call_id="x")]
    assert all(changed is message for changed, message in zip(distinct_calls(messages), messages, strict=True))


# Any way of cutting a call into pieces

IDENTITY, NAME, ARGUMENTS = "call-1", "find_lead", '{"name": "А"}'


def _cuts(text: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.integers(0, len(text)), max_size=3).map(
        lambda cuts: [text[a:b] for a, b in itertools.pairwise([0, *sorted(cuts), len(text)])]
    )


@given(_cuts(ARGUMENTS), st.integers(0, 4), st.integers(0, 4))
def test_any_pieces_make_the_call(pieces: list[str], id_at: int, name_at: int) -> None:
    """The id and the name may come with any piece; what comes sooner waits."""
    count = len(pieces)
    translator = LangGraphToAgui("t", "r")
    events = translator.start()
    whole: Any = None
    for number, piece in enumerate(pieces):
        identity = IDENTITY if number == min(id_at, count - 1) else None
        name = NAME if number == min(name_at, count - 1) else None
        chunk = AIMessageChunk(content="", id="m", tool_call_chunks=[_piece(identity, name, piece)])
        whole = chunk if whole is None else whole + chunk
        events += translator.feed({"type": "messages", "ns": (), "data": (chunk, {"langgraph_node": "n"})})
    result = {"id": "1", "name": "n", "result": {"messages": [whole]}, "interrupts": []}
    events += translator.feed({"type": "tasks", "ns": (), "data": result})
    events += translator.finish()
    assert calls(events) == [(IDENTITY, NAME, {"name": "А"})]
    assert not [event for event in events if event.get("delta") == ""]


def _piece(identity: str | None, name: str | None, arguments: str) -> Any:
    return {"type": "tool_call_chunk", "index": 0, "id": identity, "name": name, "args": arguments}


@pytest.mark.parametrize(
    ("text", "streamed", "same"),
    [
        ("Ответ готов.", "Ответ готов.", True),
        ("Ответ готов.", "  Ответ\nготов. ", True),
        ("готово", "<think>очень долго думаю о разном</think> готово", True),
        ("Ответ: да, конечно, можно [1].", "да, конечно, можно", True),
        ("Ответ (см. https://example.invalid) готов и проверен.", "Ответ готов и проверен.", True),
        ("Передаю в отдел продаж.", '{"next": "sales"}', False),
        ("Я не могу об этом говорить.", "Рецепт такой: возьмите муку и воду.", False),
        ("да", "нет, это не да и не нет, а что-то другое", False),
        ("", "да", False),
        ("да", "", False),
    ],
)
def test_what_is_a_copy(text: str, streamed: str, same: bool) -> None:
    assert is_copy(text, streamed) is same
