"""`SSEEncoder`: the fast path beside the plain one, and values that JSON has no word for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.agui.encode import SSEEncoder
from bridge.errors import UpstreamFailure
from bridge.json import dumps, loads
from bridge.web.sentences import RUSSIAN


def plain(event: dict[str, Any]) -> bytes:
    return b"data: " + dumps(event) + b"\n\n"


def content(identity: str, delta: str) -> dict[str, Any]:
    return {"type": "TEXT_MESSAGE_CONTENT", "messageId": identity, "delta": delta}


@given(st.lists(st.tuples(st.sampled_from(["", "m", 'с "кавычками"', "n\n"]), st.text())))
def test_the_cut_template_equals_the_plain_dump(tokens: list[tuple[str, str]]) -> None:
    encoder = SSEEncoder()
    for identity, delta in tokens:
        event = content(identity, delta)
        assert encoder.encode(event) == plain(event)


def test_a_token_with_more_fields_keeps_them() -> None:
    event = content("m", "да") | {"subagentRunId": "s"}
    assert SSEEncoder().encode(event) == plain(event)


def test_russian_goes_out_as_utf8_and_frames_end_in_two_line_feeds() -> None:
    frame = SSEEncoder().encode({"type": "CUSTOM", "name": "привет", "value": None})
    assert "привет".encode() in frame
    assert frame.endswith(b"\n\n")
    assert b"\r" not in frame


def test_numbers_stand_before_the_data() -> None:
    assert SSEEncoder().encode({"type": "CUSTOM"}, 7) == b'id: 7\ndata: {"type":"CUSTOM"}\n\n'


@pytest.mark.parametrize("value", [2**70, "\ud800", object(), {1, 2}])
def test_what_orjson_refuses_is_survived(value: Any) -> None:
    frame = SSEEncoder().encode({"type": "CUSTOM", "name": "n", "value": value})
    [data] = [line for line in frame.decode().splitlines() if line.startswith("data: ")]
    assert orjson.loads(data.removeprefix("data: ").replace(str(2**70), "0"))["name"] == "n"


@pytest.mark.parametrize(
    ("language", "message"),
    [("en", "The model is not there."), ("ru", RUSSIAN["upstream_error"])],
)
def test_an_error_is_in_its_reader_s_language(language: str, message: str) -> None:
    event = {"type": "RUN_ERROR", "message": "The model is not there.", "code": "upstream_error"}
    encoder = SSEEncoder(numbered=True, language=language)
    sent = loads(encoder.encode_all([event], 1).partition(b"data: ")[2])
    assert sent == {**event, "message": message}
    assert event["message"] == "The model is not there."  # other readers have the same event
    assert encoder.framing("RUN_ERROR", 1) is None  # a large one is not sent as it is stored
    own = loads(encoder.fail(UpstreamFailure("The model is not there.")).partition(b"data: ")[2])
    assert own["message"] == message
