"""What a setting accepts, and how it is written elsewhere: as an option, as a variable, on the page.

A check raises ``ValueError`` with what may follow the setting's name and a colon.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.fields import FieldInfo
from pydantic_settings import NoDecode

from bridge.storage.opening import read_db
from bridge.web.keys import read_keys
from bridge.web.prefix import checked_prefix

PREFIX = "BRIDGE_"
"""How the name of every variable begins."""

_YEAR = 366 * 86_400.0  # seconds
_LARGEST = 2**53  # what JavaScript counts exactly


def _words(value: object) -> object:
    """A variable has several values in one text, with spaces between them."""
    return tuple(value.split()) if isinstance(value, str) else value


def _path(value: object) -> object:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _each(fits: Callable[[str], object], what: str) -> AfterValidator:
    def check(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for value in values or ():
            if not fits(value):
                raise ValueError(f"must be {what}, not {value!r}")
        return values

    return AfterValidator(check)


def _matches(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE).fullmatch


def _database(db: str) -> str:
    read_db(db)
    return db


def _keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    read_keys(keys)
    return keys


def _file(path: str) -> str:
    if not Path(path).is_file():
        raise ValueError(f"must be a file that is there, not {path!r}")
    return path


def _place(place: str) -> str:
    if not _PLACE(place):
        raise ValueError(f"must be of the form module:attribute, not {place!r}")
    return place


def _free_field(name: str) -> str:
    if not name.isidentifier() or name in ("role", "content", "refusal", "tool_calls", "function_call", "audio"):
        raise ValueError(f"must be a field that OpenAI's delta does not have, not {name!r}")
    return name


_PLACE = _matches(r"[^\s:].*:[^\s:]+")
_SEVERAL = (NoDecode, BeforeValidator(_words))

Count = Annotated[int, Field(ge=1, le=_LARGEST)]
CountOrNone = Annotated[int, Field(ge=0, le=_LARGEST)]
Seconds = Annotated[float, Field(ge=0, le=_YEAR)]
Deadline = Annotated[float, Field(ge=0.001, le=_YEAR)]
Interval = Annotated[float, Field(ge=0.1, le=_YEAR)]
Days = Annotated[float, Field(ge=0, le=36_500)]
Depth = Annotated[int, Field(ge=1, le=200)]
HeaderSize = Annotated[int, Field(ge=1024, le=_LARGEST)]
JournalSize = Annotated[int, Field(ge=65_536, le=_LARGEST)]
Port = Annotated[int, Field(ge=0, le=65_535)]

Database = Annotated[str, BeforeValidator(_path), AfterValidator(_database)]
ExistingFile = Annotated[str, BeforeValidator(_path), AfterValidator(_file)]
Place = Annotated[str, AfterValidator(_place)]
UrlPrefix = Annotated[str, AfterValidator(checked_prefix)]
DeltaField = Annotated[str, AfterValidator(_free_field)]

_NAMED = _each(str.strip, "names")
Names = Annotated[tuple[str, ...], *_SEVERAL, _NAMED]
NamesOrAll = Annotated[tuple[str, ...] | None, *_SEVERAL, _NAMED]
Keys = Annotated[tuple[str, ...], *_SEVERAL, AfterValidator(_keys)]
Headers = Annotated[tuple[str, ...], *_SEVERAL, _each(_matches(r"[\w!#$%&'*+.^`|~-]+"), "names of headers")]
Modes = Annotated[
    tuple[str, ...],
    *_SEVERAL,
    _each(_matches(r"([^=]+=)?(sync|async|exit)"), "'sync', 'async', 'exit', or one of them as name=mode"),
]
Types = Annotated[tuple[str, ...], *_SEVERAL, _each(_PLACE, "types, named as module:Class")]
Origins = Annotated[
    tuple[str, ...] | None,
    *_SEVERAL,
    _each(_matches(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#@*]+"), "'*', or origins: scheme://host:port, without a path"),
]


@dataclass(frozen=True, slots=True)
class About:
    """How a setting is written elsewhere.

    Attributes:
        flag: the option; by default the name, in the singular where it may be given again.
        shown: the default in words, where the value says little.
        more: a link for the page, relative to ``docs/``.
        secret: its value is in no message; a variable that is set and blank is an error, not nothing.
    """

    flag: str | None = None
    shown: str | None = None
    more: str | None = None
    secret: bool = False


def setting(
    default: Any,
    what: str,
    *,
    variable: str | None = None,
    flag: str | None = None,
    shown: str | None = None,
    more: str | None = None,
    secret: bool = False,
) -> Any:
    """A setting: its default, and what it is, in one sentence.

    ``variable`` is its name after ``BRIDGE_``, where that is not the field's; for the others see `About`.
    """
    written: dict[str, Any] = {"flag": flag, "shown": shown, "more": more, "secret": secret}
    alias = None if variable is None else PREFIX + variable
    return Field(default, description=what, validation_alias=alias, repr=not secret, json_schema_extra=written)


def about(field: FieldInfo) -> About:
    """What `setting` was given for a field."""
    written: Any = field.json_schema_extra or {}
    return About(**written)


def flag_of(name: str, field: FieldInfo) -> str:
    """A setting's option."""
    return about(field).flag or "--" + (name.removesuffix("s") if takes_several(field) else name).replace("_", "-")


def variable_of(name: str, field: FieldInfo) -> str:
    """A setting's variable."""
    return str(field.validation_alias or PREFIX + name.upper())


def takes_several(field: FieldInfo) -> bool:
    """Whether a setting may have several values."""
    return "tuple[" in str(field.annotation)
