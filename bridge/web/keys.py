"""API keys: how they are written, in options and in a file, and whose they are.

A principal is a name that stays: threads belong to it. A key is written ``name=key``, and then the principal is the
name, whichever keys it has now or later; an unnamed key's principal is its digest. The digest is a name like any
other: ``key-1c0ffee…=new`` goes on with the threads of an unnamed key that is no longer used, ``anonymous=key`` with
those from before there were keys.

A file has one key a line, hashed (SHA-256), so that who reads the file cannot call:

    # lines like this one are comments
    ann=sha256:2bb80d53…  run read

Only the hashes of keys are kept in memory.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bridge.runs.request import RIGHTS, Principal, Right

_NAMED = re.compile(r"([\w.@+-]{0,128})=(.*[^=].*)", re.DOTALL)
"""``name=key``. A key may have ``=`` in it, and in base64 it ends with one or two: that alone makes no name."""

_HASHED = re.compile(r"sha256:([0-9a-fA-F]{64})")


def hashed(key: str) -> str:
    """A key's SHA-256, as 64 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def digest(key: str) -> str:
    """A name for a key that does not give the key away."""
    return f"key-{hashed(key)[:16]}"


def read_key(written: str) -> tuple[str, str]:
    """A configured key's principal and the key itself, from ``name=key`` or ``key``.

    ``=key`` is an unnamed key that has an ``=`` inside. Raises ``ValueError`` for an empty key.
    """
    named = _NAMED.fullmatch(written)
    name, key = named.groups() if named else ("", written)
    if not key.strip():
        raise ValueError("an API key is empty")
    return name or digest(key), key


def read_keys(written: Collection[str]) -> dict[str, str]:
    """Key -> principal, of all configured keys. Raises ``ValueError`` where one key has two names."""
    principals: dict[str, str] = {}
    for principal, key in map(read_key, written):
        if principals.setdefault(key, principal) != principal:
            raise ValueError(f"one API key has two names: {principals[key]} and {principal}")
    return principals


@dataclass(slots=True)
class Keys:
    """The keys that may call. ``find`` takes as long for a wrong key as for a right one."""

    _principals: dict[str, Principal] = field(default_factory=dict)

    @classmethod
    def read(cls, written: Collection[str], path: str | Path | None = None) -> Keys:
        """The keys of the options and of a file. Raises ``ValueError`` and ``OSError``, which name no key."""
        keys = cls()
        for key, name in read_keys(written).items():
            keys._add(hashed(key), Principal(name))
        if path is not None:
            lines = Path(path).read_text("utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                try:
                    keys._add_line(line.strip())
                except ValueError as error:
                    raise ValueError(f"{path}, line {number}: {error}") from None
            if not keys:
                raise ValueError(f"{path} has no key in it")
        return keys

    def __bool__(self) -> bool:
        return bool(self._principals)

    def _add(self, key: str, principal: Principal) -> None:
        known = self._principals.setdefault(key, principal)
        if known.name != principal.name:
            raise ValueError(f"one API key has two names: {known.name} and {principal.name}")

    def _add_line(self, line: str) -> None:
        if not line or line.startswith("#"):
            return
        written, *scopes = line.split()
        name, equals, rest = written.partition("=")
        value = rest if equals and rest.startswith("sha256:") else written
        found = _HASHED.fullmatch(value)
        if found is None:
            raise ValueError("a line is 'name=sha256:' and 64 hexadecimal digits; 'bridge key name' makes one")
        key = found[1].lower()
        if value is written:
            name = f"key-{key[:16]}"
        elif not _NAMED.fullmatch(f"{name}=x"):
            raise ValueError(f"'{name}' is no name of a key")
        self._add(key, Principal(name or f"key-{key[:16]}", scopes=_scopes(scopes)))

    def find(self, key: str) -> Principal | None:
        """Whose key this is."""
        sent = hashed(key)
        found = [principal for known, principal in self._principals.items() if secrets.compare_digest(sent, known)]
        return found[0] if found else None


def _scopes(written: Iterable[str]) -> frozenset[Right]:
    named = frozenset(written)
    if not named <= RIGHTS:
        raise ValueError(f"'{min(named - RIGHTS)}' is none of the scopes run, read, manage")
    return cast("frozenset[Right]", named) or RIGHTS


def new_key(name: str) -> tuple[str, str]:
    """A key that nobody can guess, and its line in a file."""
    key = f"sk-{secrets.token_urlsafe(32)}"
    return key, f"{name}{'=' if name else ''}sha256:{hashed(key)}"
