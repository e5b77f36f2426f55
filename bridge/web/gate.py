"""Which Host a request may name, and which Origin: what keeps pages of other sites off a server without keys.

A page of any site may send a request to 127.0.0.1, and one whose name was pointed there (DNS rebinding) may read the
answer too. Browsers say who asks, in ``Origin``, and which name was asked, in ``Host``; neither can be set by a page.
Programs send no ``Origin``, and pass.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.errors import Forbidden
from bridge.web.health import STRANGER, is_probe
from bridge.web.http import error_response, refuse

logger = logging.getLogger("bridge.http")

_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Authority:
    """A host and, where it is written, its port. ``host`` is in lower case, without brackets or a dot at its end."""

    host: str
    port: int | None = None

    @classmethod
    def read(cls, written: str) -> Authority | None:
        """What ``name``, ``name:8000``, ``127.0.0.1`` or ``[::1]:8000`` say; ``None`` for anything else."""
        found = _AUTHORITY.fullmatch(written.lower())
        if found is None:
            return None
        host, port = found[1].removesuffix("."), found[2]
        if host.startswith("[") and _address(host) is None:
            return None
        return cls(host.strip("[]"), None if port is None else int(port)) if host else None

    @property
    def is_address(self) -> bool:
        """Whether this is an IP address: no name that somebody could point elsewhere."""
        return _address(self.host) is not None

    @property
    def is_loopback(self) -> bool:
        """Whether this name is this machine, whichever resolver is asked (RFC 6761, 6.3)."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        address = _address(self.host)
        mapped = getattr(address, "ipv4_mapped", None)
        return address is not None and (mapped or address).is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin: ``scheme://host`` and a port, the scheme's own where none is written."""

    scheme: str
    authority: Authority

    @classmethod
    def read(cls, written: str) -> Origin | None:
        """``None`` for ``null`` and what is no origin."""
        scheme, _, rest = written.partition("://")
        authority = Authority.read(rest)
        if authority is None or not scheme.isascii() or not scheme:
            return None
        port = authority.port or _PORTS.get(scheme.lower())
        return cls(scheme.lower(), Authority(authority.host, port))

    def is_at(self, host: Authority) -> bool:
        """Whether a page of this origin was served by ``host``, behind a proxy with TLS or without."""
        return self.scheme in _PORTS and self.authority == Authority(host.host, host.port or _PORTS[self.scheme])


class Gate:
    """Decides by Host and Origin.

    Args:
        hosts: names that a request may call this server by, beside this machine's and addresses; ``name:port`` for one
            port only, ``*``: any.
        origins: origins that may call; ``*``: any.
    """

    def __init__(self, hosts: Collection[str] = (), origins: Collection[str] = ()) -> None:
        self._any_host = "*" in hosts
        self._hosts = {name: Authority.read(name) for name in hosts if name != "*"}
        wrong = [name for name, host in self._hosts.items() if host is None]
        if wrong:
            raise ValueError(f"'{wrong[0]}' is no host: write 'name' or 'name:port'")
        self._named = frozenset(origins)
        self._origins = {Origin.read(origin.rstrip("/")) for origin in origins} - {None}

    def refusal(self, hosts: Sequence[str], origins: Sequence[str]) -> str | None:
        """Why a request with these headers is refused, in one sentence that says what would allow it."""
        host = Authority.read(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            sent = f"'{hosts[0][:80]}'" if len(hosts) == 1 else "missing" if not hosts else "sent more than once"
            return f"The Host of this request is {sent}; a server without keys wants one: see '--allowed-host'."
        if not self._knows(host):
            return (
                f"This server does not answer to the Host '{hosts[0][:80]}'; "
                f"'--allowed-host {host.host[:80]}' allows it, and so do API keys."
            )
        if not origins or self._lets(origins, host):
            return None
        return (
            f"Pages of the origin '{origins[0][:80]}' may not call this server while it has no keys; "
            f"'--cors-origin {origins[0][:80]}' allows it."
        )

    def refusal_of_cookie(self, hosts: Sequence[str], origins: Sequence[str]) -> str | None:
        """The same for a request that a cookie may sign in: only the server's own pages, and origins with a name.

        A page on another port of this machine is another application, and its requests bring the cookie along.
        """
        if not origins:
            return None
        origin = Origin.read(origins[0]) if len(origins) == 1 else None
        host = Authority.read(hosts[0]) if len(hosts) == 1 else None
        if origin is not None and (origin in self._origins or self._is_own(origin, host)):
            return None
        return (
            f"Pages of the origin '{origins[0][:80]}' may not call this server with a cookie; "
            f"'cors_origins' that names it allows it."
        )

    def _knows(self, host: Authority) -> bool:
        if self._any_host or host.is_address or host.is_loopback:
            return True
        return any(
            known is not None and known.host == host.host and known.port in (None, host.port)
            for known in self._hosts.values()
        )

    def _lets(self, origins: Sequence[str], host: Authority) -> bool:
        if "*" in self._named:
            return True
        if len(origins) > 1:
            return False
        if origins[0] in self._named:
            return True
        origin = Origin.read(origins[0])
        if origin is None:
            return False
        is_web = origin.scheme in _PORTS
        return origin in self._origins or (is_web and origin.authority.is_loopback) or self._is_own(origin, host)

    def _is_own(self, origin: Origin, host: Authority | None) -> bool:
        """Whether this origin is the server's own: a proxy may have changed the Host, not the name that is allowed."""
        return any(origin.is_at(known) for known in (host, *self._hosts.values()) if known is not None)


class GateKeeper:
    """The ASGI middleware. Outside of CORS: any page may read why it is refused.

    Args:
        gate: what decides.
        every: whether every request is looked at. Otherwise only those with a cookie are, and only their Origin.
        cookies: whether a cookie may say who calls.
    """

    def __init__(self, app: ASGIApp, gate: Gate, *, every: bool, cookies: bool) -> None:
        self._app = app
        self._gate = gate
        self._every = every
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        why = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if why is not None and scope["type"] == "http" and is_probe(scope):
            scope[STRANGER], why = True, None
        if why is None:
            await self._app(scope, receive, send)
            return
        logger.warning("refused: %s", why)
        answer = error_response(Forbidden(why))
        answer.headers["Access-Control-Allow-Origin"] = "*"
        await refuse(answer, scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        hosts = _values(scope, b"host")
        origins = _values(scope, b"origin")
        why = self._gate.refusal(hosts, origins) if self._every else None
        if why is None and self._cookies and _values(scope, b"cookie"):
            why = self._gate.refusal_of_cookie(hosts, origins)
        return why


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header == name]


def is_loopback(host: str) -> bool:
    """Whether a server that listens on ``host`` can be reached from this machine alone."""
    authority = Authority.read(f"[{host}]" if ":" in host else host)
    return authority is not None and authority.is_loopback
