"""Opening what ``--db`` names."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bridge.agents.langgraph.saving import PATIENCE
from bridge.storage.base import Storage
from bridge.storage.postgres import open_postgres
from bridge.storage.sqlite import open_sqlite

_ACCEPTED = "a path (./bridge.sqlite), sqlite:///path, :memory:, or postgresql://user:password@host:port/database"

_URL = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.IGNORECASE | re.DOTALL)  # one letter: a drive of Windows
_SQLITE = re.compile(r"sqlite(\+\w+)?", re.IGNORECASE)
_POSTGRESQL = re.compile(r"postgres(ql)?(\+\w+)?", re.IGNORECASE)


# A password that nobody has quoted may have any letter in it: it is all between the user's colon and the last @.
_SECRET = re.compile(r"(?s)^([a-z][\w+.-]*:(?://[^:/@]*:|(?!//)))(.*)@", re.IGNORECASE)
_PARAMETER = re.compile(r"(password=)([^&\s]*)", re.IGNORECASE)


class InvalidDatabase(ValueError):
    """A ``--db`` value that names no database; the message names what would, and has no password in it."""

    def __init__(self, db: str, why: str) -> None:
        super().__init__(f"'{without_password(db)}' {why}. Accepted are {_ACCEPTED}.")


@dataclass(frozen=True, slots=True)
class Database:
    """What a ``--db`` value names: a SQLite file (``:memory:``: none), or a PostgreSQL URL."""

    path: str | None = None
    url: str | None = None


def read_db(db: str) -> Database:
    """Read a ``--db`` value. Raises `InvalidDatabase`."""
    if not db.strip() or "\0" in db:
        raise InvalidDatabase(db.replace("\0", "\\0"), "names no database")
    if db == ":memory:":
        return Database(path=db)
    url = _URL.fullmatch(db)
    scheme, rest = url.groups() if url else ("", db)
    if _POSTGRESQL.fullmatch(scheme):
        return Database(url=_checked_url(db, rest))
    if _SQLITE.fullmatch(scheme):
        if not rest.startswith("///") or not rest[3:]:
            raise InvalidDatabase(db, "has no path: three slashes come before it, four before an absolute one")
        return Database(path=_checked_path(db, rest[3:]))
    if scheme:
        raise InvalidDatabase(db, f"is of a kind ('{scheme}') that is not known")
    if re.match("sqlite|postgres", db, re.IGNORECASE):
        raise InvalidDatabase(db, f"looks like the beginning of a URL; for a file of that name write './{db}'")
    return Database(path=_checked_path(db, db))


def _checked_url(db: str, rest: str) -> str:
    if not rest.startswith("//") or not rest.strip("/"):
        raise InvalidDatabase(db, "names no server and no database")
    try:
        urlsplit(f"postgresql:{rest}").port  # noqa: B018 - reading it checks it
    except ValueError:
        raise InvalidDatabase(db, "has a port that is no number, or a bracket that is not closed") from None
    return f"postgresql:{rest}"


def _checked_path(db: str, path: str) -> str:
    if path.endswith(("/", "\\")) or Path(path).is_dir():
        raise InvalidDatabase(db, "is a directory")
    return path


def without_password(db: str, message: str | None = None) -> str:
    """A ``--db`` value as a person may see it, or a message that may have it, or its password, in it."""
    hidden = _SECRET.sub(r"\1***@", _PARAMETER.sub(r"\1***", db))
    if message is None:
        return hidden
    message = message.replace(db, hidden)
    secrets = {found[1] for found in _SECRET.findall(db) + _PARAMETER.findall(db)}
    for secret in sorted({*secrets, *map(unquote, secrets)} - {""}, key=len, reverse=True):
        message = message.replace(secret, "***")
    return message


def agent_database_url(db: str) -> str:
    """Where agents may keep data of their own: the same PostgreSQL database, or a SQLite file beside the bridge's."""
    named = read_db(db)
    return named.url or f"sqlite:///{Path(named.path or '').with_name('crm.sqlite')}"


@asynccontextmanager
async def open_storage(db: str, patience: float = PATIENCE) -> AsyncIterator[Storage]:
    """Open what ``db`` names, making what is missing. Raises `InvalidDatabase`.

    ``patience``: see `bridge.settings.Settings.storage_patience`.
    """
    named = read_db(db)
    opened = open_sqlite(named.path or "", patience) if named.url is None else open_postgres(named.url, patience)
    async with opened as storage:
        yield storage
