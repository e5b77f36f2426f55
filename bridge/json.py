"""JSON as the bridge reads and writes it: the only user of orjson.

`loads` reads what orjson reads, and what it refuses or changes although it is JSON: integers beyond 64 bits, which it
makes floats, and halves of surrogate pairs, which become U+FFFD because nothing behind the bridge takes them (SQLite,
msgpack, the HTTP clients of models). `dumps` writes every Python value and never raises.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import orjson

JSONDecodeError = orjson.JSONDecodeError

MAX_DEPTH = 200
"""Arrays and objects within each other that `loads` reads. orjson writes 254, Python's parser stops before 1000."""


class NestedTooDeep(JSONDecodeError):
    """JSON that is nested deeper than `MAX_DEPTH`."""


def loads(data: bytes | bytearray | str) -> Any:
    """The value of a JSON text.

    Raises `JSONDecodeError` for what is not JSON (NaN, Infinity and numbers beyond a double's range among it), for
    integers of more than 4,300 digits, for more than `_MANY_LONG` long ones, and `NestedTooDeep`. Takes time linear in
    the text. In a text of more than `_MANY` arrays and objects large integers stay floats and surrogate halves are
    refused.
    """
    openings = _openings(data)
    try:
        if openings <= _MANY and _may_hold_large_integer(data):
            return _loads_slowly(data)
        value = orjson.loads(data)
    except JSONDecodeError as error:
        if isinstance(error, NestedTooDeep):
            raise
        if "depth limit" in error.msg:
            raise _too_deep() from None
        if openings > _MANY or not _may_hold_surrogate(data):
            raise
        return _loads_slowly(data)
    if openings > MAX_DEPTH and _is_deep(value):
        raise _too_deep()
    return value


_MANY = 250_000  # arrays and objects: as many as Python's parser reads in a tenth of a second


_ONLY_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG = b"0" * 19  # the shortest integer beyond 64 bits has as many digits


def _may_hold_large_integer(data: bytes | bytearray | str) -> bool:
    """Whether 19 digits stand in a row somewhere: in a number or in a string."""
    if len(data) < len(_LONG):
        return False
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return _LONG in raw.translate(_ONLY_DIGITS)


def _may_hold_surrogate(data: bytes | bytearray | str) -> bool:
    if isinstance(data, str):
        return "\\ud" in data or "\\uD" in data or _has_surrogate(data)
    return b"\\ud" in data or b"\\uD" in data


def _loads_slowly(data: bytes | bytearray | str) -> Any:
    """By Python's parser, which is slower, and keeps integers and surrogates."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse, parse_float=_float, parse_int=_Integers().read)
    except RecursionError:
        raise _too_deep() from None
    except JSONDecodeError:
        raise
    except json.JSONDecodeError as error:
        raise JSONDecodeError(error.msg, error.doc, error.pos) from None
    except ValueError as error:
        raise JSONDecodeError(str(error).partition(";")[0], "", 0) from None
    if _is_deep_slowly(value):
        raise _too_deep()
    if not _may_hold_surrogate(text):
        return value
    return json.loads(joined(json.dumps(value, ensure_ascii=False)))


def reread(data: bytes) -> Any:
    """The value of what `dumps` wrote, as exact as it was written, however deep it is."""
    return json.loads(data)


def _refuse(constant: str) -> NoReturn:
    raise JSONDecodeError(f"{constant} is not JSON", constant, 0)


class _Integers:
    """The integers of one text. In Python, so that other threads get their turns between two of them."""

    def __init__(self) -> None:
        self._left = _MANY_LONG

    def read(self, text: str) -> int:
        """An integer. Raises `JSONDecodeError` where too many are long."""
        if len(text) > _DOUBLE:
            self._left -= 1
            if self._left < 0:
                raise JSONDecodeError(f"more than {_MANY_LONG} numbers have more than {_DOUBLE} digits", text, 0)
        return int(text)


_DOUBLE = 309  # digits of the largest double: readers that have no other numbers cannot read more
_MANY_LONG = 100  # to read or write one takes time by the square of its digits


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JSONDecodeError("number is infinity when parsed as double", text, 0)
    return value


def _openings(data: bytes | bytearray | str) -> int:
    """How deep a text can be nested at most."""
    if isinstance(data, str):
        return data.count("[") + data.count("{")
    return data.count(b"[") + data.count(b"{")


_ORJSON_DEPTH = 254


def _is_deep(value: Any) -> bool:
    """Whether plain JSON is nested deeper than `MAX_DEPTH`. orjson's own limit, met by wrapping, is the fastest way."""
    for _ in range(_ORJSON_DEPTH - MAX_DEPTH):
        value = (value,)
    try:
        orjson.dumps(value)
    except TypeError:
        return True
    return False


def _is_deep_slowly(value: Any) -> bool:
    """The same, level by level, for values that orjson does not write."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for held in level:
            if held.__class__ is list:
                inner += held
            elif held.__class__ is dict:
                inner += held.values()
        if not inner:
            return False
        level = inner
    return any(isinstance(held, dict | list) for held in level)


def _too_deep() -> NestedTooDeep:
    return NestedTooDeep(f"nested deeper than {MAX_DEPTH} levels", "", 0)


def joined(text: str) -> str:
    """A text in which the halves of surrogate pairs are joined; a half of its own becomes U+FFFD.

    A little at a time: a codec calls Python for each half, and lets no other thread work before it is through.
    """
    if not _has_surrogate(text):
        return text
    pieces, start = [], 0
    while start < len(text):
        end = start + _PIECE
        if "\ud800" <= text[end - 1 : end] <= "\udbff":
            end += 1  # its other half may follow
        pieces.append(text[start:end].encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        start = end
    return "".join(pieces)


_PIECE = 16_384  # characters


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


# Writing


def dumps(value: Any) -> bytes:
    """JSON as UTF-8 bytes. Never raises.

    What JSON has no word for is named by its type; a surrogate half is U+FFFD, NaN is null. The characters that some
    readers of lines take for line ends (U+2028, U+2029, U+0085) are escaped.
    """
    return write(value)[0]


def write(value: Any) -> tuple[bytes, bool]:
    """As `dumps`, and whether it was easy. What orjson refuses takes twenty times as long."""
    try:
        data = orjson.dumps(value)
    except Exception:  # a value may run its own code, and a frame must be written
        return _dumps_odd(value), False
    return on_one_line(data), True


def dumps_unescaped(value: Any) -> bytes:
    """As `dumps`, with line separators as they are: for stored bytes, and for frames that `on_one_line` sees joined."""
    try:
        return orjson.dumps(value)
    except Exception:  # as above
        return _dumps_odd(value, escaped=False)


def on_one_line(data: bytes) -> bytes:
    """JSON texts, or frames of them, with the characters escaped that some readers take for line ends."""
    # one byte is found much sooner than three; neither begins a letter of Russian or a CJK character
    if data.isascii() or not (0xE2 in data or 0xC2 in data):
        return data
    return (
        data.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029").replace(b"\xc2\x85", b"\\u0085")
    )


def _dumps_odd(value: Any, *, escaped: bool = True) -> bytes:
    """The slow way, for what orjson refuses."""
    try:
        text = json.dumps(_Plainer().plain(value, 0), ensure_ascii=False, separators=(",", ":"))
    except Exception:  # the stack is at its end
        text = '"<object>"'
    data = joined(text).encode()
    return on_one_line(data) if escaped else data


_MAX_ITEMS = 1_000_000  # written of a value that orjson refuses; one whose parts share parts could be endless
_MAX_BITS = 14_000  # Python writes integers of 4,300 digits


class _Plainer:
    """Makes any value one that ``json`` writes. Cycles, and what is too deep or too much, are named by their type."""

    def __init__(self) -> None:
        self._left = _MAX_ITEMS
        self._within: set[int] = set()

    def plain(self, value: Any, depth: int) -> Any:
        """The value made of JSON's own types alone. ``depth``: how many levels are above it."""
        self._left -= 1
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            plain = int.__int__(value)
            return plain if plain.bit_length() <= _MAX_BITS else name_of(value)
        if isinstance(value, float):
            plain_float = float.__float__(value)
            return plain_float if math.isfinite(plain_float) else None
        if not isinstance(value, dict | list | tuple):
            return self._other(value)
        if depth >= MAX_DEPTH or self._left <= 0 or id(value) in self._within:
            return name_of(value)
        self._within.add(id(value))
        plain_parts: Any
        if isinstance(value, dict):
            plain_parts = {self._key(key): self.plain(item, depth + 1) for key, item in dict.items(value)}
        else:
            plain_parts = [self.plain(item, depth + 1) for item in value]
        self._within.discard(id(value))
        return plain_parts

    def _other(self, value: Any) -> Any:
        """What orjson writes by itself (dates, UUIDs, enums, dataclasses), else the type's name."""
        try:
            return orjson.loads(orjson.dumps(value))
        except Exception:  # as in `dumps`
            return name_of(value)

    def _key(self, key: Any) -> str:
        if isinstance(key, str):
            return str.__str__(key)
        if key is None or isinstance(key, bool | int | float):
            return json.dumps(self.plain(key, MAX_DEPTH)).strip('"')
        return name_of(key)


def name_of(value: Any) -> str:
    """A value by its type's name: never by its ``repr``, which may carry a secret."""
    kind = type(value)
    try:
        return f"<{kind.__module__}.{kind.__qualname__}>"
    except Exception:  # a metaclass may run its own code
        return "<object>"
