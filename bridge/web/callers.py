"""Who calls: keys, and the principals behind them.

A principal is a name that stays: threads belong to it. A key is written ``name=key``, and then the principal is the
name, whichever keys it has now or later; an unnamed key's principal is its digest. The digest is a name like any
other: ``key-1c0ffee…=new`` goes on with the threads of an unnamed key that is no longer used, ``anonymous=key`` with
those from before there were keys.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import secrets
from collections.abc import Awaitable, Callable, Collection

from starlette.requests import HTTPConnection

from bridge.errors import InvalidKey
from bridge.runs.request import ANONYMOUS

Principal = Callable[[HTTPConnection], str | Awaitable[str | None] | None]
"""Who calls: a name, or ``None`` for nobody the application knows (401). Plain or async: a session may be in a
database."""


def api_key(connection: HTTPConnection) -> str | None:
    """The key a request carries: ``Authorization: Bearer …``, or ``X-API-Key``."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    key = value.strip() if scheme.lower() == "bearer" else connection.headers.get("x-api-key")
    # a header's bytes are given as Latin-1; a key may have other letters
    return key.encode("latin-1").decode("utf-8", "replace") if key else None


def digest(key: str) -> str:
    """A name for a key that does not give the key away."""
    return "key-" + hashlib.sha256(key.encode()).hexdigest()[:16]


_NAMED = re.compile(r"([\w.@+-]{0,128})=(.*[^=].*)", re.DOTALL)
"""``name=key``. A key may have ``=`` in it, and in base64 it ends with one or two: that alone makes no name."""


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


_CALLER = "bridge.caller"  # where a request's scope keeps the application's answer


class Callers:
    """Who may call, and under which name.

    Args:
        api_keys: keys that may call, as ``key`` or ``name=key``; empty: everybody may.
        principal: the application's own answer, in place of the keys.
        shared_keys: keys that many people have, written as ``api_keys`` are.
    """

    def __init__(
        self, api_keys: Collection[str] = (), principal: Principal | None = None, shared_keys: Collection[str] = ()
    ) -> None:
        self._principals = [(key.encode(), name) for key, name in read_keys((*api_keys, *shared_keys)).items()]
        self._shared = [key.encode() for key in read_keys(shared_keys)]
        self._principal = principal

    async def identify(self, connection: HTTPConnection) -> None:
        """Ask the application who calls, once a request and before any route; `principal` then has the answer."""
        if self._principal is not None:
            named = self._principal(connection)
            connection.scope[_CALLER] = await named if inspect.isawaitable(named) else named

    def principal(self, connection: HTTPConnection) -> str:
        """Who calls. Raises `InvalidKey`.

        The application's own answer where it gave one; else the key's name; else everybody is one.
        """
        if self._principal is not None:
            named: str | None = connection.scope.get(_CALLER)  # nobody asked: nobody is known
            if named is None:
                raise InvalidKey("You are not signed in.")
            return named
        if not self._principals:
            return ANONYMOUS
        key = api_key(connection)
        if key is None:
            raise InvalidKey("No API key was sent; send 'Authorization: Bearer <key>'.")
        found = [name for known, name in self._principals if secrets.compare_digest(key.encode(), known)]
        if not found:
            raise InvalidKey("The API key is not known.")
        return found[0]

    def shares_key(self, connection: HTTPConnection) -> bool:
        """Whether the request's key is one that many people have."""
        key = (api_key(connection) or "").encode()
        return any(secrets.compare_digest(key, shared) for shared in self._shared)


def principal_of(connection: HTTPConnection) -> str:
    """Who sent this request. Raises `InvalidKey`."""
    callers: Callers = connection.app.state.callers
    return callers.principal(connection)


def client_of(connection: HTTPConnection) -> str:
    """What tells callers apart that share a principal: where everybody is one, the key that they send all the same.

    Empty for a principal of its own, so that a new key finds the conversations that an old one had.
    """
    return digest(api_key(connection) or "") if principal_of(connection) == ANONYMOUS else ""


def shares_key(connection: HTTPConnection) -> bool:
    """Whether many people have the key that sent this request."""
    callers: Callers = connection.app.state.callers
    return callers.shares_key(connection)


def named_in(connection: HTTPConnection, headers: Collection[str]) -> str:
    """What the first of these headers that says something says; empty where none does.

    A client's template that was not filled in (``{{LIBRECHAT_BODY_CONVERSATIONID}}``), and what a client writes for
    nothing, say nothing.
    """
    for header in headers:
        value = connection.headers.get(header, "").strip()
        if value and value.lower() not in ("new", "null", "none", "undefined") and not value.startswith("{{"):
            return value
    return ""
