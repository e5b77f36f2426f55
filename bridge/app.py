"""``create_app``: the ASGI application. Wiring only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge import addresses
from bridge.agents.langgraph.saving import storage_failure
from bridge.agui import routes as agui
from bridge.ai_sdk import routes as ai_sdk
from bridge.copilotkit import rest as copilotkit
from bridge.errors import InvalidRequest
from bridge.front import routes as front
from bridge.observe.observer import Observer
from bridge.openai_compat import routes as openai
from bridge.service import Bridge
from bridge.settings import Settings
from bridge.studio import routes as studio
from bridge.studio.page import routes as studio_page
from bridge.studio.runs.inputs import ModelInputs
from bridge.studio.runs.log import RunLog
from bridge.web import health, openapi
from bridge.web.bodies import Bodies
from bridge.web.callers import Authenticate, Callers
from bridge.web.dialect import Dialect
from bridge.web.gate import Gate, GateKeeper
from bridge.web.http import JSON, Faults, RequestIds
from bridge.web.limits import RequestRate
from bridge.web.runtime_context import ContextFunction, Contexts, serving

DIALECTS = (agui.DIALECT, openai.DIALECT, ai_sdk.DIALECT, addresses.DIALECT, copilotkit.DIALECT)
"""The languages that are served. An added dialect is an added folder and one name here."""

_EXPOSED = ("X-Request-Id", "X-Thread-Id", "X-Run-Id", "Retry-After")


def create_app(
    agents: Mapping[str, Any],
    settings: Settings | None = None,
    *,
    principal: Authenticate | None = None,
    authenticate: Authenticate | None = None,
    allowed_hosts: Collection[str] | None = None,
    observers: Sequence[Observer] = (),
    context: ContextFunction | None = None,
    store: Any = None,
    signals: bool = True,
) -> Starlette:
    """The bridge as an ASGI application.

    Args:
        agents: compiled LangGraph graphs, functions that make one for each run (docs/langgraph-json.md), or
            `bridge.agents.base.Agent` objects, by name; the first is the default.
        settings: see `Settings`.
        authenticate: who calls, as the application decides: a function of the connection, plain or async, that
            returns a `Principal` (a name, claims, scopes), or ``None`` for nobody (401). Threads belong to the name. It
            is asked once a request, of all but ``/healthz`` and ``/readyz``. Without it: the API keys of the settings.
        principal: the same, by its older name; a function that returns the name alone is enough.
        allowed_hosts: names that this server is called by. Given, even empty, Host and Origin of every request are
            checked (see `bridge.web.gate.Gate`). Where the application says who calls, the Origin of requests with a
            cookie is checked in any case.
        context: what graphs with a ``context_schema`` get as ``runtime.context``: a function of a `ContextRequest`
            (who calls, the headers), plain or async, that returns a mapping or an object of the schema. Called once a
            run. Without it: what the client sent for the schema's fields, and its defaults.
        store: LangGraph's store (a ``BaseStore``) for graphs that were compiled without one; by default one in this
            process's memory.
        signals: whether SIGTERM and SIGINT end the runs (`Settings.shutdown_grace`), and then do what they did before:
            most servers wait for their streams first. Without it, end the lifespan before your server waits.
        observers: who wants to know of runs, readers, faults and a blocked event loop, beside the log.

    The application may be mounted in another one. Where the outer framework does not pass the lifespan on, the first
    request opens the storage.
    """
    if principal is not None and authenticate is not None:
        raise ValueError("'principal' and 'authenticate' are two names of one thing: give one")
    settings = settings or Settings()
    run_log, inputs = RunLog(), ModelInputs() if settings.studio and settings.studio_inputs else None
    bridge = Bridge(
        agents,
        settings,
        observers=(*observers, *((run_log,) if settings.studio else ()), *((inputs,) if inputs is not None else ())),
        context=None if context is None else Contexts(context).of,
        store=store,
        signals=signals,
    )
    settings = bridge.settings
    dialects = (*DIALECTS, studio.DIALECT) if settings.studio else DIALECTS
    rate = None if settings.requests_per_minute is None else RequestRate(settings.requests_per_minute)
    callers = Callers(
        settings.api_keys, authenticate or principal, settings.api_key_file, rate, shared_keys=settings.shared_keys
    )
    gate = Gate(allowed_hosts or (), settings.cors_origins or ())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        await bridge.open()
        try:
            yield
        finally:
            await bridge.close()

    app = Starlette(
        routes=[
            *front.routes(),
            *(studio_page.routes() if settings.studio else ()),
            *health.routes(bridge),
            *(route for dialect in dialects for route in dialect.socket_routes()),
            *(route for dialect in dialects for route in dialect.routes()),
            *openapi.routes(dialects),
        ],
        middleware=[
            Middleware(
                RequestIds,
                anywhere=settings.cors_origins in (None, ("*",)),
                body_timeout=settings.body_timeout,
            ),
            Middleware(GateKeeper, gate=gate, every=allowed_hosts is not None, cookies=callers.asked),
            _cors(settings, dialects, gated=allowed_hosts is not None),
            Middleware(Faults),
            Middleware(Opened, bridge=bridge, callers=callers),
        ],
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )
    app.state.bridge = bridge
    app.state.callers = callers
    app.state.bodies = Bodies()
    app.state.run_log, app.state.model_inputs = run_log, inputs
    return app


def _cors(settings: Settings, dialects: Sequence[Dialect], *, gated: bool) -> Middleware:
    """CORS: any origin by default. Raises ``ValueError`` for cookies from origins that nobody named.

    ``gated``: what comes here was let in by the gate: a page of this machine may read its answers too.
    """
    origins = ("*",) if settings.cors_origins is None else settings.cors_origins
    if settings.cors_credentials and (not origins or "*" in origins):
        raise ValueError("cors_credentials needs cors_origins that are named: any page could act as its visitor")
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_origin_regex=".*" if gated and not settings.cors_credentials else None,
        allow_methods=("GET", "POST", "PATCH", "DELETE", "OPTIONS"),
        allow_headers=("*",),  # echoed by Starlette, so that Authorization is covered
        allow_credentials=settings.cors_credentials,
        allow_private_network=True,  # for the origins that are allowed
        expose_headers=(*_EXPOSED, *(name for dialect in dialects for name in dialect.cors_headers)),
    )


class Opened:
    """Sees to it that the bridge is open, and the caller asked for, before a request is served."""

    def __init__(self, app: ASGIApp, bridge: Bridge, callers: Callers) -> None:
        self._app = app
        self._bridge = bridge
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # a probe is answered while all databases are down
        if scope["type"] in ("http", "websocket") and not health.is_probe(scope):
            await self._opened()
            connection = HTTPConnection(scope)
            serving(connection)
            await self._callers.identify(connection)
        await self._app(scope, receive, send)

    async def _opened(self) -> None:
        try:
            await self._bridge.open()
        except Exception as error:
            failure = storage_failure(error)
            if failure is None:
                raise
            raise failure from error


async def _http_error(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405, in the envelope every other error has."""
    if not isinstance(error, HTTPException):
        raise error
    messages = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not served at {request.url.path}.",
    }
    envelope = InvalidRequest(messages.get(error.status_code, str(error.detail))).envelope()
    envelope["error"]["code"] = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code)
    return JSON(envelope, status_code=error.status_code, headers=error.headers)
