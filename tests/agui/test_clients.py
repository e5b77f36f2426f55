"""Every stream that the graph cases give is read by the official clients, old and new, without a word of complaint."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.agui.encode import SSEEncoder
from bridge.events.event import Event
from tests.agui.fold import Message, fold_messages, fold_state
from tests.agui.harness import Recording, at_first
from tests.clients.agui_client import ClientVersion, RecordedStream, verify


def stream(name: str, events: list[Event], messages: list[Message], state: Any, version: str | None) -> RecordedStream:
    asked: dict[str, Any] = {"threadId": "thread", "runId": events[0]["runId"], "messages": messages, "state": state}
    encoder = SSEEncoder()
    sse = b"".join(encoder.encode(event) for event in events).decode()
    return RecordedStream(name, sse, asked | ({"protocolVersion": version} if version else {}))


@pytest.mark.parametrize(("client", "version"), [("1.0.0", "1.0"), ("0.0.59", None)])
def test_the_official_client_reads_every_stream(
    recordings: dict[str, Recording], client: ClientVersion, version: str | None
) -> None:
    streams: list[RecordedStream] = []
    expected: list[tuple[list[Message], Any]] = []
    for name, recording in recordings.items():
        messages: list[Message] = []
        state: Any = {}
        for run in recording.runs:
            events = run.events(protocol_version=version)
            streams.append(stream(f"{name}, run {run.number}", events, at_first(run, messages), state, version))
            messages, state = fold_messages(events, at_first(run, messages)), fold_state(events, state)
            expected.append((messages, state))

    verdicts = verify(streams, client)

    assert {verdict.name: verdict.error for verdict in verdicts if not verdict.ok} == {}
    for verdict, (messages, state) in zip(verdicts, expected, strict=True):
        assert spoken(verdict.messages) == spoken(messages), verdict.name
        assert verdict.state == state, verdict.name


def spoken(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message["role"] != "activity"]
