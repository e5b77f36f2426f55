"""The official TypeScript clients read the table of streams and random ones: they and `Verifier` judge alike."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from bridge.events.verify import IllegalEvent, Verifier
from tests.agui.random_streams import mutated_streams
from tests.agui.streams import STREAMS, Event
from tests.clients.agui_client import CLIENT_VERSIONS, ClientVersion, RecordedStream, verify


def recorded(name: str, events: list[Event]) -> RecordedStream:
    sse = "".join(f"data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    return RecordedStream(name, sse, {"threadId": "t", "runId": "r", "messages": [], "state": {}})


@pytest.mark.parametrize("client", CLIENT_VERSIONS)
def test_the_official_client_judges_as_the_table_says(client: ClientVersion) -> None:
    verdicts = verify([recorded(stream.name, stream.events) for stream in STREAMS], client)

    accepted = {verdict.name for verdict in verdicts if verdict.ok}
    assert accepted == {stream.name for stream in STREAMS if (not stream.fault) != (client in stream.otherwise)}


def mutated(count: int) -> list[list[Event]]:
    """Random streams, the same in every run, gathered first because one Node process reads them all."""
    gathered: list[list[Event]] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(mutated_streams())
    def gather(events: list[Event]) -> None:
        gathered.append(events)

    gather()
    return gathered


def test_what_the_official_client_refuses_is_refused() -> None:
    """And nothing else is, but a call started twice: the two judge alike, on streams one to three faults from legal."""
    streams = mutated(800)
    verdicts = verify([recorded(str(number), events) for number, events in enumerate(streams)], "1.0.0")

    assert {verdict.ok for verdict in verdicts} == {True, False}
    differs = [
        (verdict.ok, verdict.error, fault, events)
        for events, verdict in zip(streams, verdicts, strict=True)
        if verdict.ok != ((fault := fault_of(events)) is None) and "started before in this run" not in str(fault)
    ]
    assert differs == []


def fault_of(events: list[Event]) -> str | None:
    verifier = Verifier()
    try:
        for event in events:
            verifier.feed(event)
        verifier.finish()
    except IllegalEvent as error:
        return str(error)
    return None
