"""A server with every provider's wire, on loopback."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.providers.wires import WIRES, Turn

OK = 200
REFUSAL = {"message": "no, sk-secret may not", "type": "refused", "code": None, "status": "REFUSED"}
"""What stands in a refusal, on every wire. None of it may reach a client."""


@dataclass
class Provider:
    """The server: what it answers next, and what it was asked."""

    url: str
    turns: list[Turn] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    cut: int = 0
    status: int = 200
    _answers: int = 0

    def script(self, *turns: Turn, cut: int = 0, status: int = 200) -> None:
        """The answers to the next requests: without their last ``cut`` pieces, or a refusal with this status."""
        self.turns[:] = turns
        self.asked.clear()
        self.cut, self.status = cut, status

    async def answer(self, request: Request) -> Response:
        """The next turn, on the wire that was asked."""
        media, _, encode = WIRES[request.url.path]
        self.asked.append(await request.json())
        self._answers += 1
        if self.status != OK:
            body = {"error": REFUSAL, "message": REFUSAL["message"]}
            return JSONResponse(body, status_code=self.status, headers={"connection": "close"})
        turn = replace(self.turns.pop(0), number=self._answers)
        if self.cut:
            pieces = list(encode(turn))
            return StreamingResponse(iter(pieces[: -self.cut]), media_type=media, headers={"connection": "close"})
        return StreamingResponse(encode(turn), media_type=media, headers={"connection": "close"})  # no idle client


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """The server, in a thread of its own: some providers' clients are synchronous."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        made = Provider(f"http://127.0.0.1:{listening.getsockname()[1]}")
        app = Starlette(routes=[Route(path, made.answer, methods=["POST"]) for path in WIRES])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield made
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session", autouse=True)
async def one_loop(anyio_backend: str) -> AsyncIterator[None]:
    """One event loop for all tests here: LangChain keeps its HTTP clients for the life of the process."""
    del anyio_backend
    yield
    gc.collect()
