"""The path below which a proxy serves the bridge (ASGI's ``root_path``), for ``bridge serve``."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = re.compile(r"(/[\w.~-]+)+", re.ASCII)  # never "//": a browser takes that for another site


def checked_prefix(text: str) -> str:
    """A prefix without a slash at its end; empty for none. Raises ``ValueError``."""
    prefix = text.rstrip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ValueError(f"'{text}' is no path like /ai")
    return prefix


class Prefix:
    """Tells the application its prefix: the operator's, else the proxy's ``X-Forwarded-Prefix``.

    With the operator's prefix it does not matter whether the proxy takes it off the path. The header only says what was
    taken off. A client could send one too: the path that a proxy has let through stays the path that is served.
    """

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] in ("http", "websocket"):
            path: str = scope["path"]
            prefix = self._prefix
            if prefix and (path == prefix or path.startswith(prefix + "/")):
                path = path.removeprefix(prefix)
            elif not prefix:
                prefix = _forwarded(scope)
            if prefix:
                scope = {**scope, "root_path": prefix, "path": prefix + path}
        await self._app(scope, receive, send)


def _forwarded(scope: Scope) -> str:
    sent = dict(scope["headers"]).get(b"x-forwarded-prefix", b"").decode("latin-1")
    try:
        return checked_prefix(sent.strip())
    except ValueError:
        return ""
