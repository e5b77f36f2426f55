"""``/healthz``: the process answers. ``/readyz``: and its database takes writes. For load balancers and for people.

Neither asks for a key or counts against a rate, and a probe may call the server by any name.
"""

from __future__ import annotations

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from bridge.agents.langgraph.saving import storage_failure
from bridge.errors import AgentFailure, BridgeError, StorageUnavailable
from bridge.service import Bridge
from bridge.storage.readiness import check_writable
from bridge.web.http import JSON, bridge_of, error_response

logger = logging.getLogger("bridge.web")

HEALTH = "/healthz"
READY = "/readyz"

WITHIN = 2.0
"""Seconds in which the database has to answer."""

STRANGER = "bridge.stranger"
"""What a request's scope has that the gate would have refused, had it asked for more than this."""


def is_probe(scope: Scope) -> bool:
    """Whether this request is for one of the two."""
    path = str(scope["path"]).removeprefix(scope.get("root_path", "")).rstrip("/")
    return path in (HEALTH, READY)


class Readiness:
    """Whether the database takes writes. One question at a time: probes of a database that hangs do not pile up."""

    def __init__(self, bridge: Bridge, within: float = WITHIN) -> None:
        self._bridge = bridge
        self._within = within
        self._asking: asyncio.Task[BridgeError | None] | None = None

    async def fault(self) -> BridgeError | None:
        """What is wrong, if anything is."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait((self._asking,), timeout=self._within)
        if not done:
            return StorageUnavailable(f"The database did not answer within {self._within:g} seconds.")
        return self._asking.result()

    async def _ask(self) -> BridgeError | None:
        try:
            await self._bridge.open()
            await self._bridge.index.ask(check_writable)
        except BridgeError as error:
            return error
        except Exception as error:
            logger.exception("the database cannot be opened")
            return storage_failure(error) or AgentFailure("The server cannot open its database; its log says why.")
        return None


def routes(bridge: Bridge) -> list[Route]:
    """The routes of both, with a slash at the end and without."""
    readiness = Readiness(bridge)

    async def readyz(request: Request) -> Response:
        """``GET /readyz``: 200 while the database takes writes, else 503 with one sentence."""
        del request
        fault = await readiness.fault()
        if fault is None:
            return JSON({"status": "ok"})
        answer = error_response(fault)
        answer.status_code = 503
        return answer

    endpoints = {HEALTH: healthz, READY: readyz}
    return [
        Route(each, endpoint, methods=["GET"]) for path, endpoint in endpoints.items() for each in (path, path + "/")
    ]


async def healthz(request: Request) -> Response:
    """``GET /healthz``: 200 while the process answers, whatever its database does."""
    if request.scope.get(STRANGER):
        return JSON({"status": "ok"})
    bridge = bridge_of(request)
    return JSON({"status": "ok", "agents": bridge.names, "runs": bridge.runs.running, "faults": bridge.faults})
