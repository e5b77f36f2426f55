"""Texts that interleave: one after the other in a stream, what is stored in a whole answer."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.json import dumps
from bridge.openai_compat import AguiToChunks, ChunksToAgui, fold
from bridge.openai_compat.encode import ChunkEncoder
from bridge.openai_compat.fold import Fold
from bridge.web import sse
from tests.openai_compat.test_chunks import FINISHED, STARTED, arguments, call, end, say, start

Event = dict[str, Any]


def thought(part: str, name: str, **more: Any) -> Event:
    return {"type": f"REASONING_MESSAGE_{part}", "messageId": name, **more}


def _text(name: str, pieces: list[str]) -> list[Event]:
    return [start(name), *(say(name, piece) for piece in pieces), end(name)]


def _thought(name: str, pieces: list[str]) -> list[Event]:
    begin = thought("START", name, role="reasoning")
    return [begin, *(thought("CONTENT", name, delta=piece) for piece in pieces), thought("END", name)]


@st.composite
def interleaved(draw: st.DrawFn) -> tuple[list[Event], dict[str, str], dict[str, str]]:
    """Up to four texts and two thoughts, in any order; what they say."""
    pieces = st.lists(st.text("абв ", min_size=1, max_size=3), min_size=1, max_size=4)
    texts = {f"t{number}": f"{number}" for number in range(draw(st.integers(1, 4)))}
    thoughts = {f"r{number}": f"{number}" for number in range(draw(st.integers(0, 2)))}
    lines = []
    for names, make in ((texts, _text), (thoughts, _thought)):
        for name in names:
            parts = [f"<{name}>", *draw(pieces)]
            names[name] = "".join(parts)
            lines.append(make(name, parts))
    events = []
    while any(lines):
        events.append(draw(st.sampled_from([line for line in lines if line])).pop(0))
    return [STARTED, *events, FINISHED], texts, thoughts


def translator(**more: Any) -> AguiToChunks:
    return AguiToChunks(id="chatcmpl-r", model="m", created=7, client_tools=["paint"], **more)


def in_some_order(text: str, parts: dict[str, str]) -> bool:
    return any("\n\n".join(order) == text for order in itertools.permutations(parts.values()))


@given(interleaved())
def test_a_stream_has_each_text_in_one_piece(given_: tuple[list[Event], dict[str, str], dict[str, str]]) -> None:
    events, texts, thoughts = given_
    forth = translator()
    message = fold([forth.feed(event) for event in events])["choices"][0]["message"]
    assert in_some_order(message["content"], texts)
    assert in_some_order(message.get("reasoning_content", ""), thoughts)
    plain = translator()
    frames = b"".join(sse.frame(dumps(plain.feed(event))) for event in events)
    assert ChunkEncoder(translator()).encode_all(events, 1) == frames, "the short way is the same"


@given(interleaved(), st.booleans())
def test_the_extension_gives_the_events_back(
    given_: tuple[list[Event], dict[str, str], dict[str, str]], whole: bool
) -> None:
    events, _, _ = given_
    forth, back = translator(extension=True, whole=whole), ChunksToAgui()
    chunks = [forth.feed(event) for event in events]
    returned = [event for chunk in chunks for event in back.feed(chunk)]
    assert returned == events


@given(interleaved(), st.data())
def test_a_whole_answer_has_what_is_stored(
    given_: tuple[list[Event], dict[str, str], dict[str, str]], data: st.DataObject
) -> None:
    events, texts, _ = given_
    kept = data.draw(st.lists(st.sampled_from(list(texts)), unique=True))
    stored = [{"id": name, "role": "assistant", "content": f"stored {name}"} for name in kept]
    snapshot = {"type": "MESSAGES_SNAPSHOT", "messages": stored}
    fast, forth = Fold(), translator(whole=True)
    for event in [*events[:-1], snapshot, events[-1]]:
        fast.add_event(event, forth)
    answer = fast.message()["content"]
    if kept:
        order = [name for name in dict.fromkeys(event.get("messageId") for event in events) if name in kept]
        assert sorted(answer.split("\n\n")) == sorted(f"stored {name}" for name in order)
    else:
        assert in_some_order(answer, texts)


def test_the_first_is_sent_as_it_comes_and_the_next_at_its_end() -> None:
    forth = translator()
    events = [start("a"), say("a", "раз"), start("b"), say("b", "uno"), say("a", " два"), end("a"), say("b", " dos")]
    deltas = [forth.feed(event)["choices"][0]["delta"] for event in events]
    contents = [delta.get("content") for delta in deltas]
    assert contents == [None, "раз", None, None, " два", "\n\nuno", " dos"]


def test_a_message_that_nobody_ended_is_not_lost() -> None:
    forth = translator()
    for event in (STARTED, start("a"), say("a", "раз"), start("b"), say("b", "uno")):
        forth.feed(event)
    assert forth.feed(FINISHED)["choices"][0]["delta"] == {"content": "\n\nuno"}


def test_a_whole_answer_has_the_calls_that_are_stored() -> None:
    forth = translator(whole=True)
    stored = {"id": "m", "role": "assistant", "toolCalls": [{"id": "b"}]}
    events = [
        *(call("a"), arguments("a", '{"x":'), call("b"), arguments("b", "{}")),
        {"type": "MESSAGES_SNAPSHOT", "messages": [stored]},
        FINISHED,
    ]
    choice = fold([forth.feed(event) for event in events])["choices"][0]
    assert [made["id"] for made in choice["message"]["tool_calls"]] == ["b"]
    assert choice["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    ("before", "ending", "expected"),
    [
        ([], {"result": "текст"}, "текст"),
        ([], {"result": {"a": 1}}, '{"a":1}'),
        ([], {"result": {"a": 1}, "metadata": {"structuredResponse": True}}, '{"a":1}'),
        (_text("m", ["да"]), {"result": "текст"}, "да"),
        (_text("m", ["да"]), {"result": {"a": 1}}, "да"),
        (_text("m", ["да"]), {"result": {"a": 1}, "metadata": {"structuredResponse": True}}, 'да\n\n{"a":1}'),
        ([], {"result": {"a": 1}, "outcome": {"type": "cancelled"}}, ""),
    ],
)
def test_a_result_is_the_answer_where_there_is_no_other(
    before: list[Event], ending: Event, expected: str, whole: bool
) -> None:
    forth = translator(whole=whole)
    message = fold([forth.feed(event) for event in (STARTED, *before, FINISHED | ending)])["choices"][0]["message"]
    assert message["content"] == expected


def test_a_result_does_not_stand_beside_calls_that_wait() -> None:
    forth = translator()
    delta = [forth.feed(event) for event in (STARTED, call("a"), FINISHED | {"result": "текст"})][-1]["choices"][0]
    assert (delta["delta"], delta["finish_reason"]) == ({}, "tool_calls")
