"""`Verifier` against the table of streams; ``test_verify_clients.py`` holds the official clients against it."""

from __future__ import annotations

import pytest
from hypothesis import given

from bridge.events.event import Event
from bridge.events.lifecycle import RULES
from bridge.events.verify import IllegalEvent, Verifier
from tests.agui.random_streams import legal_streams
from tests.agui.streams import STREAMS, Stream

GOOD = [stream for stream in STREAMS if not stream.fault]
BAD = [stream for stream in STREAMS if stream.fault]


def feed(verifier: Verifier, stream: Stream) -> None:
    for event in stream.events:
        assert verifier.feed(event) == [event]
    verifier.finish()


def test_names_are_not_used_twice() -> None:
    assert len({stream.name for stream in STREAMS}) == len(STREAMS)


@pytest.mark.parametrize("stream", GOOD, ids=lambda stream: stream.name)
def test_good_streams_pass(stream: Stream) -> None:
    feed(Verifier(), stream)


@pytest.mark.parametrize("stream", BAD, ids=lambda stream: stream.name)
def test_bad_streams_are_refused_and_the_fault_is_named(stream: Stream) -> None:
    with pytest.raises(IllegalEvent) as refused:
        feed(Verifier(), stream)
    assert stream.fault in str(refused.value)


@pytest.mark.parametrize("stream", BAD, ids=lambda stream: stream.name)
def test_counting_mode_reports_and_passes_everything_on(stream: Stream) -> None:
    faults: list[str] = []
    verifier = Verifier(strict=False, on_fault=faults.append)
    feed(verifier, stream)
    assert verifier.faults == len(faults) >= 1
    assert stream.fault in faults[0]


def test_the_table_breaks_every_rule_of_the_grammar() -> None:
    """Each event that opens, continues or closes something is refused at least once, and passes at least once."""
    refused = {first_fault(stream) for stream in BAD}
    passed = {event["type"] for stream in GOOD for event in stream.events}
    assert set(RULES) <= refused
    assert set(RULES) <= passed
    assert {"RUN_STARTED", "RUN_FINISHED", "RUN_ERROR"} <= refused & passed


def first_fault(stream: Stream) -> str:
    verifier = Verifier(strict=False)
    for event in stream.events:
        verifier.feed(event)
        if verifier.faults:
            return str(event["type"])
    return ""


@given(legal_streams())
def test_random_legal_streams_pass(events: list[Event]) -> None:
    verifier = Verifier()
    for event in events:
        verifier.feed(event)
    verifier.finish()
