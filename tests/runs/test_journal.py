"""The journal: numbers, bounds, and the same events however they are kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import JournalOverrun
from bridge.openai_compat import AguiToChunks
from bridge.openai_compat.fold import Fold
from bridge.runs.journal import MemoryJournal

Event = dict[str, Any]


def token(message: str, delta: str, **more: Any) -> Event:
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": message, "delta": delta, **more}


EVENTS = st.one_of(
    st.builds(token, st.sampled_from(["a", "b"]), st.text(max_size=5)),
    st.builds(token, st.just("a"), st.text(max_size=5), timestamp=st.integers(0, 9)),
    st.sampled_from([{"type": "STEP_STARTED", "stepName": "s"}, {"type": "CUSTOM", "name": "n", "value": None}]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(EVENTS, max_size=5), max_size=8))
def test_any_number_gives_the_rest(batches: list[list[Event]]) -> None:
    journal, appended = MemoryJournal(), [event for batch in batches for event in batch]
    for batch in batches:
        journal.append(batch)
    assert journal.last == len(appended)
    for number in range(len(appended) + 3):
        assert journal.after(number) == appended[number:]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(st.integers(0, 80), st.sampled_from(["one", "other", "event"])), max_size=30))
def test_readers_that_keep_up_and_readers_that_do_not_receive_the_same(steps: list[int | str]) -> None:
    journal = MemoryJournal()
    appended: list[Event] = []
    received: dict[str, list[Event]] = {"one": [], "other": []}
    for step in steps:
        if isinstance(step, int):
            new = [token("ab"[step % 2], f"слово {len(appended) + number} ") for number in range(step)]
            journal.append(new)
            appended += new
        elif step == "event":
            journal.append([{"type": "STEP_STARTED", "stepName": str(len(appended))}])
            appended.append({"type": "STEP_STARTED", "stepName": str(len(appended))})
        else:
            received[step] += journal.after(len(received[step]))
            assert received[step] == appended
    assert journal.after(0) == appended


@settings(deadline=None, max_examples=60)
@given(st.lists(EVENTS, max_size=40))
def test_joined_the_fold_is_the_same(appended: list[Event]) -> None:
    def folded(events: list[Event]) -> dict[str, Any]:
        translator, fold = AguiToChunks(id="c", model="m", created=1), Fold()
        for event in events:
            fold.add_event(event, translator)
        return fold.message()

    journal = MemoryJournal()
    for event in appended:
        journal.append([event])
    assert folded(journal.whole()) == folded(appended)


def test_many_tokens_are_joined_into_few_events() -> None:
    journal = MemoryJournal()
    journal.append([token("m", f"слово {number} ") for number in range(2000)])
    joined = journal.whole()
    assert "".join(event["delta"] for event in joined) == "".join(f"слово {number} " for number in range(2000))
    assert len(joined) < 5


def test_tokens_are_kept_small() -> None:
    journal, appended = MemoryJournal(), [token("m", f"слово {number} ") for number in range(2000)]
    journal.append(appended)
    assert journal.after(0) == appended
    assert journal.after(1500) == appended[1500:]
    assert journal.size < 2000 * 30


def test_lone_surrogates_survive() -> None:
    journal = MemoryJournal()
    journal.append([token("m", "\ud83d"), token("m", "\ude00")])
    assert [event["delta"] for event in journal.after(0)] == ["\ud83d", "\ude00"]


def test_the_oldest_are_forgotten_and_it_is_reported_which() -> None:
    journal = MemoryJournal(max_bytes=4096)
    for number in range(200):
        journal.append([{"type": "CUSTOM", "name": "n", "value": "x" * 50 + str(number)}])
        while journal.full:
            journal.forget_oldest()
        assert journal.size <= 4096
    assert journal.last == 200
    assert journal.first > 100
    with pytest.raises(JournalOverrun):
        journal.whole()
    rest = journal.after(journal.first - 1)
    assert [event["value"].removeprefix("x" * 50) for event in rest] == [str(n) for n in range(journal.first - 1, 200)]
    with pytest.raises(JournalOverrun, match=f"Events 1 to {journal.first - 1} "):
        journal.after(0)
    assert journal.after(200) == []


def test_one_event_larger_than_the_bound_is_kept_until_the_next() -> None:
    journal = MemoryJournal(max_bytes=100)
    journal.append([{"type": "CUSTOM", "name": "n", "value": "x" * 500}])
    assert len(journal.after(0)) == 1
    journal.append([{"type": "CUSTOM", "name": "n", "value": None}])
    assert journal.full
    assert journal.forget_oldest()
    assert not journal.forget_oldest()
    assert journal.first == 2


@settings(deadline=None, max_examples=40)
@given(st.lists(EVENTS, max_size=60), st.integers(100, 800))
def test_the_size_adds_up(events: list[Event], bound: int) -> None:
    journal = MemoryJournal(max_bytes=bound)
    for event in events:
        journal.append([event])
        assert journal.size >= 0
        assert journal.first <= journal.last + 1
    assert journal.after(journal.first - 1) == events[journal.first - 1 :]


def test_tokens_are_counted_as_they_come() -> None:
    journal = MemoryJournal(max_bytes=10_000)
    journal.append([{"type": "CUSTOM", "name": "n", "value": None}, {"type": "CUSTOM", "name": "n", "value": None}])
    journal.append([token("m", "x" * 1000) for _ in range(20)])  # not yet settled into text
    assert journal.size >= 20_000
    assert journal.full
