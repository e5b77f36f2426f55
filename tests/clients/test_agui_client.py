"""The judge is judged: streams known to be good or bad, read by both generations of the client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.agui_client import CLIENT_VERSIONS, ClientVersion, RecordedStream, Verdict, talk, verify
from tests.clients.canned import serve_canned

if TYPE_CHECKING:
    from collections.abc import Callable

Event = dict[str, Any]

STARTED: Event = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
FINISHED: Event = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}
OPEN: Event = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
CONTENT: Event = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "Привет, мир! " * 200}
CLOSE: Event = {"type": "TEXT_MESSAGE_END", "messageId": "m"}
QUESTION: Event = {"id": "u", "role": "user", "content": "Помоги с маркетингом"}


def encode(*events: Event, end: str = "\n\n") -> str:
    return "".join(f"data: {json.dumps(event, ensure_ascii=False)}{end}" for event in events)


def snapshot(value: object) -> Event:
    return {"type": "STATE_SNAPSHOT", "snapshot": value}


def delta(path: str) -> Event:
    return {"type": "STATE_DELTA", "delta": [{"op": "replace", "path": path, "value": 2}]}


ANSWER = encode(STARTED, OPEN, CONTENT, CLOSE, FINISHED)
GOOD = {
    "text": ANSWER,
    "comments and ids": f": keep-alive\n\nid: 7\n{ANSWER}",
    "two runs": ANSWER + encode(STARTED | {"runId": "r2"}, FINISHED | {"runId": "r2"}),
    "a chunk": encode(STARTED, {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "delta": "да"}, FINISHED),
    "run error": encode(STARTED, {"type": "RUN_ERROR", "message": "упало", "code": "upstream_error"}),
    "state": encode(STARTED, snapshot({"quote": 1}), delta("/quote"), FINISHED),
}
BAD = {
    "null in an optional field": (encode(STARTED | {"timestamp": None}, FINISHED), "received null"),
    "unknown type": (encode(STARTED, {"type": "NO_SUCH_EVENT"}, FINISHED), "NO_SUCH_EVENT|invalid_union"),
    "CRLF": (encode(STARTED, FINISHED, end="\r\n\r\n"), "JSON"),
    "OpenAI's end": (f"{ANSWER}data: [DONE]\n\n", "not valid JSON"),
    "OpenAI's chunks": (encode({"object": "chat.completion.chunk", "choices": []}), "type|union"),
    "no start": (encode(OPEN, CONTENT, CLOSE, FINISHED), "First event must be 'RUN_STARTED'"),
    "left open": (encode(STARTED, OPEN, CONTENT, FINISHED), "still active: m"),
    "stops short": (encode(STARTED, OPEN, CONTENT), "stops after TEXT_MESSAGE_CONTENT"),
    "empty": ("", "empty"),
    "a patch that fits nothing": (
        encode(STARTED, delta("/no/where"), FINISHED),
        "Failed to apply state patch",
    ),
}


@pytest.fixture(params=CLIENT_VERSIONS)
def judge(request: pytest.FixtureRequest) -> Callable[..., list[Verdict]]:
    client: ClientVersion = request.param

    def read(streams: dict[str, str], **more: Any) -> list[Verdict]:
        sent = {"threadId": "t", "runId": "r", "messages": [QUESTION], "state": {}}
        return verify([RecordedStream(name, sse, sent, **more) for name, sse in streams.items()], client)

    return read


def test_good_streams_are_read(judge: Callable[..., list[Verdict]]) -> None:
    verdicts = {verdict.name: verdict for verdict in judge(GOOD)}

    assert {name: verdict.error for name, verdict in verdicts.items()} == dict.fromkeys(GOOD)
    text = verdicts["text"]
    assert text.events == 5
    assert text.messages == [QUESTION, {"id": "m", "role": "assistant", "content": CONTENT["delta"]}]
    assert verdicts["state"].state == {"quote": 2}
    assert verdicts["run error"].run_error == {"message": "упало", "code": "upstream_error"}


def test_bad_streams_are_refused_also_where_the_client_accepts_them(
    judge: Callable[..., list[Verdict]],
) -> None:
    verdicts = judge({name: sse for name, (sse, _) in BAD.items()})

    assert [verdict.name for verdict in verdicts if verdict.ok] == []
    for verdict in verdicts:
        assert verdict.error is not None
        assert any(word in verdict.error for word in BAD[verdict.name][1].split("|")), verdict


def test_connect_may_be_empty(judge: Callable[..., list[Verdict]]) -> None:
    [verdict] = judge({"new thread": ""}, connect=True)

    assert verdict.ok
    assert verdict.events == 0


def test_only_the_new_client_knows_cancelled() -> None:
    stream = RecordedStream("cancelled", encode(STARTED, FINISHED | {"outcome": {"type": "cancelled"}}))

    assert [verify([stream], client)[0].ok for client in CLIENT_VERSIONS] == [True, False]


@pytest.mark.parametrize("client", CLIENT_VERSIONS)
async def test_a_live_run_is_received_event_by_event(client: ClientVersion) -> None:
    with serve_canned(ANSWER.splitlines(keepends=True)) as url:
        received = await talk(url, {"threadId": "t", "runId": "r", "messages": [QUESTION]}, client=client)

    assert received.verdict.error is None
    assert [event["type"] for event in received.events] == [
        "RUN_STARTED",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "RUN_FINISHED",
    ]
    assert [arrival.at for arrival in received.arrivals] == sorted(arrival.at for arrival in received.arrivals)


@pytest.mark.parametrize("client", CLIENT_VERSIONS)
async def test_leaving_early_ends_the_run_on_this_side(client: ClientVersion) -> None:
    with serve_canned([encode(STARTED, OPEN), *[encode(CONTENT)] * 2000, encode(CLOSE, FINISHED)]) as url:
        received = await talk(url, {"threadId": "t", "runId": "r"}, client=client, leave_after=3)

    assert len(received.events) < 2000
    assert "RUN_FINISHED" not in {event["type"] for event in received.events}
