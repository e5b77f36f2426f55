"""`bridge.json`: what is read and written beside the plain, and at what cost."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.json import MAX_DEPTH, JSONDecodeError, NestedTooDeep, dumps, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_what_is_written_is_read_again(value: Any, ascii_only: bool) -> None:
    assert loads(dumps(value)) == value
    assert loads(json.dumps(value, ensure_ascii=ascii_only)) == value


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 2**70, 10**4000])
def test_integers_are_exact(number: int) -> None:
    assert loads(str(number)) == number
    assert loads(f'{{"a": [{number}, 0.5]}}'.encode()) == {"a": [number, 0.5]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\ud83d"', "\ufffd"),
        ('"\\uDCAF!"', "\ufffd!"),
        ('"\\ud83d\\ude00"', "😀"),
        ('["\\ude00\\ud83d"]', ["\ufffd\ufffd"]),
        ('{"\\ud83d": 1}', {"\ufffd": 1}),
        ('"\\\\ud83d"', "\\ud83d"),
        ('"\ud83d"', "\ufffd"),
        ('"\ud83d\ude00"', "😀"),
    ],
)
def test_halves_of_surrogate_pairs(text: str, value: Any) -> None:
    assert loads(text) == value
    assert loads(bytearray(text.encode("utf-8", "replace"))) is not None


NOT_JSON = (
    *("NaN", "[Infinity]", '["\\ud83d", NaN]', "[12345678901234567890, -Infinity]", "1e999"),
    *("[12345678901234567890, 1e999]", "9" * 5000, '["\\ud83d"', "[12345678901234567890", ""),
)


@pytest.mark.parametrize("text", NOT_JSON)
def test_what_is_not_json(text: str) -> None:
    with pytest.raises(JSONDecodeError):
        loads(text)
    with pytest.raises(JSONDecodeError):
        loads(text.encode())


def test_raw_surrogates_in_bytes_are_not_utf8() -> None:
    with pytest.raises(JSONDecodeError):
        loads(b'["\xed\xa0\xbd"]')


@pytest.mark.parametrize("beside", ["1", str(2**70), '"\\ud83d"'])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth(beside: str, opening: str, closing: str) -> None:
    def nested(depth: int) -> str:
        return f"[{beside}," + opening * (depth - 1) + "1" + closing * (depth - 1) + "]"

    loads(nested(MAX_DEPTH))
    for depth in (MAX_DEPTH + 1, 300, 1100, 100_000):
        with pytest.raises(NestedTooDeep):
            loads(nested(depth))


def test_a_wide_body_is_not_a_deep_one() -> None:
    assert len(loads("[" + ",".join(["{}"] * 1000) + "]")) == 1000


def within(seconds: float, text: bytes) -> None:
    begun = time.perf_counter()
    with contextlib.suppress(JSONDecodeError):
        loads(text)
    assert time.perf_counter() - begun < seconds


@pytest.mark.parametrize(
    "text",
    [
        b"[" + b",".join([b"{}"] * 2_700_000) + b"]",
        b"[12345678901234567890," + b",".join([b"{}"] * 2_700_000) + b"]",
        b'["\\ud83d",' + b",".join([b"[]"] * 2_700_000) + b"]",
        b"[" * 8_000_000,
        b'["\\ud83d",' + b"[" * 8_000_000,
        b"[" + b",".join([b"9" * 4000] * 2000) + b"]",
        b'"' + b"\\ud83d" * 1_300_000 + b'"',
    ],
    ids=["objects", "objects, a large number", "arrays, a half", "depth", "depth, a half", "large numbers", "halves"],
)
def test_eight_mebibytes(text: bytes) -> None:
    within(2.0, text)  # 0.2 to 0.4 s on an idle machine


class Liar:
    """Raises whatever it is asked."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class BadDict(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError

    def __iter__(self) -> Any:
        raise RuntimeError


def cycle() -> Any:
    value: dict[str, Any] = {}
    value |= {"a": value, "b": [value, value]}
    return value


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


ODD: dict[str, Any] = {
    "keys": {1: 1, None: 2, (1, 2): 3, 2**70: 4, 1.5: 5, "\ud83d": 6, object: 7},
    "a cycle": cycle(),
    "deep": deep(300),
    "very deep": deep(100_000),
    "large": [2**70, 10**9999, -(10**9999)],
    "nan": [float("nan"), float("inf"), 2**70],
    "objects": [object(), Liar(), BadDict(a=1), b"x", {1}, 2**70],
    "halves": ["\ud83d", "\ud83d\ude00", "\udcaf"],
}


@pytest.mark.parametrize("name", ODD)
def test_nothing_raises(name: str) -> None:
    orjson.loads(dumps({"value": ODD[name], "is": "here"}).replace(str(2**70).encode(), b"1"))


def test_how_odd_values_are_written() -> None:
    assert dumps([float("nan"), 2**70, object()]) == b'[null,1180591620717411303424,"<builtins.object>"]'
    assert dumps({2**70: 1, None: 2, True: 3}) == b'{"1180591620717411303424":1,"null":2,"true":3}'
    assert dumps("\ud83d\ude00\ud83d") == '"😀\ufffd"'.encode()
    assert dumps(cycle()) == b'{"a":"<builtins.dict>","b":["<builtins.dict>","<builtins.dict>"]}'


def test_nothing_raises_at_the_end_of_the_stack() -> None:
    def fall(left: int) -> bytes:
        try:
            return fall(left - 1) if left else dumps([object(), 2**70])
        except RecursionError:
            return dumps([object(), 2**70])

    assert fall(10**6)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085"])
@pytest.mark.parametrize("more", [{}, {"odd": 2**70}, {"x": "\ud83d"}])
def test_line_separators_are_escaped(mark: str, more: dict[str, Any]) -> None:
    written = dumps({"delta": f"да{mark}—«»é\xa0{mark}", mark: 1} | more)
    assert len(written.decode().splitlines()) == 1
    assert loads(written)["delta"] == f"да{mark}—«»é\xa0{mark}"
    assert "—«»é\xa0".encode() in written


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085"])
def test_each_separator_by_itself(mark: str) -> None:
    assert dumps(mark) == f'"\\u{ord(mark):04x}"'.encode()
    assert dumps([mark, 2**70]).startswith(f'["\\u{ord(mark):04x}"'.encode())
