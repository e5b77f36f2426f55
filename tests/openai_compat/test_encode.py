"""The fast path sends the same bytes as the plain one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.agui.encode import SSEEncoder
from bridge.errors import UpstreamFailure
from bridge.json import dumps
from bridge.openai_compat import AguiToChunks
from bridge.openai_compat.encode import ChunkEncoder
from bridge.web import sse

Event = dict[str, Any]

IDS = st.sampled_from(["", "m", "n", 'к"\\'])
TOKENS = st.builds(
    lambda name, delta, more: {"type": "TEXT_MESSAGE_CONTENT", "messageId": name, "delta": delta, **more},
    IDS,
    st.text(max_size=6) | st.sampled_from(["", "\ud83d", '"\\\n\u2028']),
    st.sampled_from([{}, {}, {"timestamp": 7}, {"subagentRunId": "s"}]),
)
OTHERS = st.one_of(
    st.builds(
        lambda name, role: {"type": "TEXT_MESSAGE_START", "messageId": name, **role},
        IDS,
        st.sampled_from([{}, {"role": "user"}, {"role": "assistant"}]),
    ),
    st.builds(lambda name: {"type": "TEXT_MESSAGE_END", "messageId": name}, IDS),
    st.builds(
        lambda name, delta: {"type": "TEXT_MESSAGE_CHUNK", "messageId": name, "delta": delta}, IDS, st.text(max_size=3)
    ),
    st.sampled_from(
        [{"type": "STEP_STARTED", "stepName": "s"}, {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}]
    ),
)
STREAMS = st.lists(TOKENS | TOKENS | OTHERS, max_size=12)


def translator(extension: bool) -> AguiToChunks:
    return AguiToChunks(id="chatcmpl-é", model="продажи", created=7, extension=extension)


# Between two pieces of "m" the other message takes its place: the second one has to wait.
OVERTAKEN: list[Event] = [
    {"type": "TEXT_MESSAGE_START", "messageId": "m"},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "one"},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "two"},
    {"type": "TEXT_MESSAGE_START", "messageId": "n"},
    {"type": "TEXT_MESSAGE_END", "messageId": "m"},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "late"},
]


@settings(deadline=None, max_examples=150)
@given(STREAMS, st.booleans())
@example(OVERTAKEN, False)
def test_chunks(stream: list[Event], extension: bool) -> None:
    encoder, plain = ChunkEncoder(translator(extension)), translator(extension)
    said = encoder.encode_all(stream, 1)
    assert said == b"".join(sse.frame(dumps(plain.feed(event))) for event in stream)
    assert said.count(b"\n\n") == len(stream)


@settings(deadline=None, max_examples=150)
@given(STREAMS, st.integers(1, 10**6))
def test_events(stream: list[Event], first: int) -> None:
    plain = [sse.frame(dumps(event), number=number) for number, event in enumerate(stream, first)]
    assert SSEEncoder(numbered=True).encode_all(stream, first) == b"".join(plain)
    assert SSEEncoder().encode_all(stream, first) == b"".join(sse.frame(dumps(event)) for event in stream)


def test_the_fast_path_is_taken() -> None:
    class Watched(AguiToChunks):
        fed = 0

        def feed(self, event: Any) -> dict[str, Any]:
            self.fed += 1
            return super().feed(event)

    watched = Watched(id="x", model="m", created=1)
    token = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "да"}
    ChunkEncoder(watched).encode_all([token] * 100, 1)
    assert watched.fed == 1


def test_ends() -> None:
    encoder = ChunkEncoder(translator(False), include_usage=True)
    encoder.encode({"type": "RUN_FINISHED", "threadId": "t", "runId": "r"})
    usage, done = encoder.finish().split(b"\n\n")[:2]
    assert orjson.loads(usage.removeprefix(b"data: "))["usage"] is None
    assert done == b"data: [DONE]"

    broken = ChunkEncoder(translator(False))
    assert b"upstream_error" in broken.encode({"type": "RUN_ERROR", "message": "m", "code": "upstream_error"})
    assert broken.finish() == b""
    assert ChunkEncoder(translator(False)).finish() == b"data: [DONE]\n\n"

    late = ChunkEncoder(translator(False))
    assert late.fail(UpstreamFailure("Упало.")).startswith(b'data: {"error":')
    assert late.finish() == b""


@pytest.mark.parametrize("value", [2**70, {"x": "\ud800"}, object(), {1: 2}, "Привет"])
def test_what_is_odd_is_survived(value: Any) -> None:
    said = dumps({"value": value})
    assert orjson.loads(said) if value != 2**70 else b"1180591620717411303424" in said
    assert b"\\u" not in said
