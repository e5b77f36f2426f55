"""The fast path sends the same bytes as the plain one, live, from a number on, and when the response is read again."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.errors import UpstreamFailure
from bridge.json import on_one_line
from bridge.openai_compat.responses import AguiToResponseEvents, fold
from bridge.openai_compat.responses.encode import ResponseEncoder, frame
from bridge.openai_compat.responses.stored import as_streamed, events_to_store
from bridge.runs.journal import MemoryJournal
from tests.openai_compat.responses.test_events import SERVER_CALL, head, streams, translator
from tests.openai_compat.responses.typed import check_event
from tests.openai_compat.test_chunks import FINISHED, RESULT, STARTED, end, say, start
from tests.openai_compat.test_encode import OVERTAKEN, STREAMS

Event = dict[str, Any]


def plainly(stream: list[Event], **more: Any) -> list[bytes]:
    forth = translator(**more)
    return [on_one_line(frame(made)) for event in stream for made in forth.feed(event)]


@settings(deadline=None, max_examples=200)
@given(STREAMS, st.booleans(), st.integers(-1, 12))
@example(OVERTAKEN, False, -1)
def test_frames(stream: list[Event], whole: bool, after: int) -> None:
    frames = plainly(stream, whole=whole)
    assert ResponseEncoder(translator(whole=whole)).encode_all(stream) == b"".join(frames)
    resumed = ResponseEncoder(translator(whole=whole), starting_after=after)
    assert b"".join(resumed.encode_all([event]) for event in stream) == b"".join(frames[after + 1 :])


def test_the_fast_path_is_taken() -> None:
    class Watched(AguiToResponseEvents):
        fed = 0

        def feed(self, event: Any) -> list[dict[str, Any]]:
            self.fed += 1
            return super().feed(event)

    watched = Watched(head())
    ResponseEncoder(watched).encode_all([start("m"), *[say("m", "да")] * 100])
    assert watched.fed == 2


def test_a_frame() -> None:
    first = plainly([STARTED])[0].decode()
    name, data, *rest = first.split("\n")
    assert name == "event: response.created"
    assert orjson.loads(data.removeprefix("data: "))["type"] == "response.created"
    assert rest == ["", ""]
    assert ResponseEncoder(translator()).finish() == b""


def test_a_reader_that_cannot_go_on_says_so() -> None:
    encoder = ResponseEncoder(translator())
    encoder.encode_all([STARTED, start("m"), say("m", "да"), say("m", "да")])
    name, data, *_ = encoder.fail(UpstreamFailure("Упало.")).decode().split("\n")
    assert name == "event: error"
    told = orjson.loads(data.removeprefix("data: "))
    check_event(told)
    assert (told["sequence_number"], told["message"], told["code"]) == (6, "Упало.", "upstream_error")


# Stored


def stored(stream: list[Event], tools: list[str], *, whole: bool) -> list[Event]:
    journal = MemoryJournal()
    journal.append(stream[:-1])
    kept = events_to_store([*journal.stretches(), stream[-1]], tools, whole=whole)
    read: list[Event] = orjson.loads(orjson.dumps(kept))
    return read


@settings(deadline=None, max_examples=100)
@given(streams(), st.booleans())
def test_what_is_read_again_is_what_was_streamed(stream: list[Event], whole: bool) -> None:
    tools = [event["toolCallName"] for event in stream if "toolCallName" in event][:1]
    live = AguiToResponseEvents(head(), client_tools=tools, whole=whole)
    made = [one for event in stream for one in live.feed(event)]
    kept = stored(stream, tools, whole=whole)
    again = AguiToResponseEvents(head(), client_tools=tools)
    assert [one for event in as_streamed(kept) for one in again.feed(event)] == made
    folded = AguiToResponseEvents(head(), client_tools=tools)
    assert fold(one for event in kept for one in folded.feed(event)) == fold(made)


def test_tokens_are_kept_small() -> None:
    stream = [STARTED, start("m"), *[say("m", "слово ")] * 1000, end("m"), FINISHED]
    kept = stored(stream, [], whole=False)
    assert len(kept) < 10
    assert list(as_streamed(kept)) == stream
    assert len(orjson.dumps(kept)) < 20 * 1000


def test_what_the_servers_tools_did_is_not_kept() -> None:
    stream = [STARTED, *SERVER_CALL, {**RESULT, "toolCallId": "s", "content": "тайна"}, FINISHED]
    assert [event["type"] for event in stored(stream, [], whole=False)] == ["RUN_STARTED", "RUN_FINISHED"]
    state = {"type": "STATE_SNAPSHOT", "snapshot": {"a": "тайна"}}
    assert len(stored([STARTED, state, *SERVER_CALL, FINISHED], [], whole=True)) == 5
