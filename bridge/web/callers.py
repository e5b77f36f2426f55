"""Who calls: keys, and the principals behind them."""

from __future__ import annotations

import hashlib
import inspect
import secrets
from collections.abc import Awaitable, Callable, Collection

from starlette.requests import HTTPConnection

from bridge.errors import InvalidKey

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


_CALLER = "bridge.caller"  # where a request's scope keeps the application's answer


class Callers:
    """Who may call, and under which name.

    Args:
        api_keys: keys that may call; empty: everybody may.
        principal: the application's own answer, in place of the keys.
    """

    def __init__(self, api_keys: Collection[str] = (), principal: Principal | None = None) -> None:
        self._api_keys = tuple(api_keys)
        self._principal = principal

    async def identify(self, connection: HTTPConnection) -> None:
        """Ask the application who calls, once a request and before any route; `principal` then has the answer."""
        if self._principal is not None:
            named = self._principal(connection)
            connection.scope[_CALLER] = await named if inspect.isawaitable(named) else named

    def principal(self, connection: HTTPConnection) -> str:
        """Who calls. Raises `InvalidKey`.

        The application's own answer where it gave one; else the key's fingerprint; else everybody is one.
        """
        if self._principal is not None:
            named: str | None = connection.scope.get(_CALLER)  # nobody asked: nobody is known
            if named is None:
                raise InvalidKey("You are not signed in.")
            return named
        if not self._api_keys:
            return "anonymous"
        key = api_key(connection)
        if key is None:
            raise InvalidKey("No API key was sent; send 'Authorization: Bearer <key>'.")
        if not any(secrets.compare_digest(key.encode(), known.encode()) for known in self._api_keys):
            raise InvalidKey("The API key is not known.")
        return digest(key)


def principal_of(connection: HTTPConnection) -> str:
    """Who sent this request. Raises `InvalidKey`."""
    callers: Callers = connection.app.state.callers
    return callers.principal(connection)
