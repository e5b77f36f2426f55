"""Framing: any split of the bytes decodes the same, whatever the line ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.web.sse import Frame, SSEDecoder, frame

STREAM = (
    ": привет\n\n"
    "data: один\n\n"
    "id: 7\nevent: note\ndata: два\ndata:  три\n\n"
    "data\n\n"
    "retry: 10\nunknown: x\n\n"
    "event: lost\n\n"
    'data:{"тема": "зелёная"}\nid\n\n'
    "data: недосказано"
)
FRAMES = [
    Frame("один"),
    Frame("два\n три", "note", "7"),
    Frame("", "message", "7"),
    Frame('{"тема": "зелёная"}', "message", ""),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_split_decodes_the_same(end: str) -> None:
    data = STREAM.replace("\n", end).encode()
    for cut in range(len(data) + 1):
        decoder = SSEDecoder()
        assert [*decoder.feed(data[:cut]), *decoder.feed(data[cut:])] == FRAMES
        assert decoder.finish() == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_by_byte(end: str) -> None:
    decoder = SSEDecoder()
    data = STREAM.replace("\n", end).encode()
    assert [one for byte in data for one in decoder.feed(bytes([byte]))] == FRAMES


def test_an_empty_piece_between_cr_and_lf() -> None:
    decoder = SSEDecoder()
    pieces = [b"data: a\r", b"", b"\n", b"\r", b"\ndata: b\r\n\r\n"]
    assert [one for piece in pieces for one in decoder.feed(piece)] == [Frame("a"), Frame("b")]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    for cut in range(5):
        decoder, data = SSEDecoder(), "\ufeffdata: a\n\n".encode()
        assert [*decoder.feed(data[:cut]), *decoder.feed(data[cut:])] == [Frame("a")]


def test_an_id_with_nul_is_ignored() -> None:
    assert SSEDecoder().feed(b"id: 1\nid: 2\0\ndata: a\n\n") == [Frame("a", "message", "1")]


LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=9)


@settings(deadline=None, max_examples=60)
@given(st.lists(LINE, min_size=1, max_size=5), st.lists(st.integers(0, 200), max_size=4))
def test_what_was_framed_is_read(lines: list[str], cuts: list[int]) -> None:
    data = b"".join(frame(line.encode(), number=number) for number, line in enumerate(lines))
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    decoder = SSEDecoder()
    decoded = [one for a, b in zip(edges, edges[1:], strict=False) for one in decoder.feed(data[a:b])]  # noqa: RUF007 - pairs by name
    assert [one.data for one in decoded] == lines
    assert [one.id for one in decoded] == [str(number) for number in range(len(lines))]
    assert frame(b"{}") == b"data: {}\n\n"
