"""Who calls: a key's principal, or whom the application names, and what they may do."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from starlette.requests import HTTPConnection

from bridge.errors import Forbidden, InvalidKey, RateLimited
from bridge.runs.request import ANONYMOUS, Principal, Right
from bridge.web.keys import Keys, digest, read_key, read_keys
from bridge.web.limits import ANSWER_HEADERS, RequestRate

__all__ = [
    "Authenticate",
    "Callers",
    "Principal",
    "api_key",
    "caller_of",
    "client_of",
    "count_request",
    "digest",
    "principal_of",
    "read_key",
    "read_keys",
    "require",
]

Authenticate = Callable[[HTTPConnection], Principal | str | Awaitable[Principal | str | None] | None]
"""Who calls: a `Principal`, a name (who may do everything), or ``None`` for nobody the application knows (401). Plain
or async: a session may be in a database."""

KEY_HEADERS = ("x-api-key", "api-key")
"""Where a key may be beside ``Authorization``; Azure's clients send ``api-key``."""


def api_key(connection: HTTPConnection) -> str | None:
    """The key a request carries: ``Authorization: Bearer …``, else one of `KEY_HEADERS`."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    key = value.strip() if scheme.lower() == "bearer" else None
    for header in KEY_HEADERS:
        key = key or connection.headers.get(header)
    # a header's bytes are given as Latin-1; a key may have other letters
    return key.encode("latin-1").decode("utf-8", "replace") if key else None


_CALLER = "bridge.caller"  # where a request's scope keeps the application's answer
_REFUSAL = "bridge.refusal"
_NOBODY = Principal(ANONYMOUS)


class Callers:
    """Who may call, and under which name.

    Args:
        api_keys: keys that may call, as ``key`` or ``name=key``.
        authenticate: the application's own answer, in place of the keys.
        key_file: a file of hashed keys, beside ``api_keys``; read again by `reload`. Without any key everybody may.
        rate: how many requests a principal may send.
        shared_keys: keys that many people have, written as ``api_keys`` are.
    """

    def __init__(
        self,
        api_keys: Collection[str] = (),
        authenticate: Authenticate | None = None,
        key_file: str | Path | None = None,
        rate: RequestRate | None = None,
        *,
        shared_keys: Collection[str] = (),
    ) -> None:
        self._written = (*api_keys, *shared_keys)
        self._shared = [key.encode() for key in read_keys(shared_keys)]
        self._key_file = key_file
        self._keys = Keys.read(self._written, key_file)
        self._authenticate = authenticate
        self._rate = rate

    @property
    def open(self) -> bool:
        """Whether everybody may call."""
        return self._authenticate is None and not self._keys

    @property
    def asked(self) -> bool:
        """Whether the application says who calls: by a cookie, perhaps."""
        return self._authenticate is not None

    def reload(self) -> None:
        """Read the file of keys again. Raises ``ValueError`` and ``OSError``; the keys are then those from before."""
        self._keys = Keys.read(self._written, self._key_file)

    async def identify(self, connection: HTTPConnection) -> None:
        """Ask who calls, once a request and before any route; `caller` then has the answer, or the refusal."""
        named: Principal | str | None = None
        if self._authenticate is not None:
            answer = self._authenticate(connection)
            named = await answer if inspect.isawaitable(answer) else answer
        else:
            named = self._by_key(connection)
        caller = connection.scope[_CALLER] = Principal(named) if isinstance(named, str) else named
        if caller is not None and self._rate is not None:
            try:
                self.count(caller)
            except RateLimited as error:  # sent where the client's language is known
                connection.scope[_REFUSAL] = error
            connection.scope[ANSWER_HEADERS] = self._rate.headers(caller.name)

    def count(self, caller: Principal) -> None:
        """One more request of this caller. Raises `RateLimited`."""
        if self._rate is not None:
            self._rate.take(caller.name)

    def _by_key(self, connection: HTTPConnection) -> Principal | None:
        if not self._keys:
            return _NOBODY
        key = api_key(connection)
        return None if key is None else self._keys.find(key)

    def caller(self, connection: HTTPConnection) -> Principal:
        """Who calls. Raises `InvalidKey`, and `RateLimited` for one request too many.

        The application's own answer where it gave one; else the key's principal; else everybody is one.
        """
        refusal: RateLimited | None = connection.scope.get(_REFUSAL)
        if refusal is not None:
            raise refusal
        found: Principal | None = connection.scope.get(_CALLER)  # nobody asked: nobody is known
        if found is not None:
            return found
        if self._authenticate is not None:
            raise InvalidKey("You are not signed in.")
        if api_key(connection) is None:
            raise InvalidKey("No API key was sent; send 'Authorization: Bearer <key>'.")
        raise InvalidKey("The API key is not known.")

    def shares_key(self, connection: HTTPConnection) -> bool:
        """Whether the request's key is one that many people have."""
        key = (api_key(connection) or "").encode()
        return any(secrets.compare_digest(key, shared) for shared in self._shared)


def caller_of(connection: HTTPConnection) -> Principal:
    """Who sent this request. Raises `InvalidKey`."""
    callers: Callers = connection.app.state.callers
    return callers.caller(connection)


def principal_of(connection: HTTPConnection) -> str:
    """The name of who sent this request. Raises `InvalidKey`."""
    return caller_of(connection).name


def require(connection: HTTPConnection, right: Right) -> None:
    """Raises `InvalidKey`, and `Forbidden` where the caller may not do this."""
    caller = caller_of(connection)
    if right not in caller.scopes:
        raise Forbidden(f"'{caller.name}' may not do this: the scope '{right}' is missing.")


def count_request(connection: HTTPConnection) -> None:
    """A request beside the one that began this connection: a message of a WebSocket. Raises `RateLimited`."""
    callers: Callers = connection.app.state.callers
    callers.count(callers.caller(connection))


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
    """The value of the first of these headers that has one; empty where none has.

    A client's template that was not filled in (``{{LIBRECHAT_BODY_CONVERSATIONID}}``), and what a client writes for
    nothing, say nothing.
    """
    for header in headers:
        value = connection.headers.get(header, "").strip()
        if value and value.lower() not in ("new", "null", "none", "undefined") and not value.startswith("{{"):
            return value
    return ""
