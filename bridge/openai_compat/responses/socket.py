"""WebSocket mode of the Responses API: responses one after the other over one connection.

A client sends ``response.create`` with what it would have posted, and gets the events of the stream, one a message.
What it sends meanwhile waits for its turn. The connection knows its last response even where that is not stored, so
that ``previous_response_id`` works with ``store: false``.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from bridge.errors import AgentFailure, BridgeError, InvalidRequest, RateLimited
from bridge.json import dumps
from bridge.openai_compat.responses.encode import LineEncoder, socket_error
from bridge.openai_compat.responses.serving import serve
from bridge.storage.responses import StoredResponse
from bridge.web.bodies import read_text
from bridge.web.callers import count_request, require
from bridge.web.http import bridge_of, error_headers
from bridge.web.stream import RunStream

_WAITING = 16  # requests of one connection that wait for their turn

logger = logging.getLogger("bridge.openai")


async def converse(socket: WebSocket) -> None:
    """``GET /v1/responses`` with an upgrade. Raises `BridgeError` before it is accepted."""
    require(socket, "run")
    await socket.accept()
    await Conversation(socket).hold()


class Conversation:
    """One connection. It listens all the time, and answers one request after the other."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._left = asyncio.Event()
        self._sending = asyncio.Lock()
        self._last: dict[str, StoredResponse] = {}

    async def hold(self) -> None:
        """Until the client leaves, or the server does."""
        listening = asyncio.create_task(self._listen())
        try:
            while (body := await self._waiting.get()) is not None:
                await self._answer(body)
        except (WebSocketDisconnect, OSError):
            pass
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            while (message := await self._socket.receive())["type"] == "websocket.receive":
                text = message.get("text")
                await self._take(text if text is not None else message["bytes"].decode("utf-8", "replace"))
        except (WebSocketDisconnect, OSError):
            pass
        finally:
            self._left.set()
            self._waiting.put_nowait(None)

    async def _take(self, text: str) -> None:
        """One message of the client. What is wrong with it is said at once."""
        try:
            event = await read_text(self._socket, text)
            match event.get("type"):
                case "response.create":
                    _check(event)
                    count_request(self._socket)
                    if self._waiting.qsize() >= _WAITING:
                        raise RateLimited(f"{_WAITING} requests of this connection wait already.", retry_after=1)
                    self._waiting.put_nowait({**event, "stream": True, "background": False})
                case "response.steer":
                    await self._send(dumps(_not_steered(event)))
                case kind:
                    got = repr(kind[:60]) if isinstance(kind, str) else "missing"
                    raise InvalidRequest(f"'type' is {got}; expected 'response.create'.", param="type")
        except BridgeError as error:
            await self._fail(error)

    async def _answer(self, body: dict[str, Any]) -> None:
        try:
            served, run = await serve(self._socket, body, kept=self._last, keep=self._keep)
        except BridgeError as error:
            await self._fail(error)
            return
        except Exception:
            logger.exception("a request over a WebSocket failed")
            await self._fail(AgentFailure("The server failed; its log says why."))
            return
        keep_alive = bridge_of(self._socket).settings.keep_alive
        stream = RunStream(run, LineEncoder(served.translator()), keep_alive=keep_alive)
        await stream(self._socket.scope, self._gone, Lines(self._send))

    def _keep(self, response: StoredResponse) -> None:
        self._last = {response.id: response}

    async def _gone(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _fail(self, error: BridgeError) -> None:
        await self._send(dumps(socket_error(error, headers=error_headers(error))))

    async def _send(self, line: bytes) -> None:
        async with self._sending:
            await self._socket.send_text(line.decode())


class Lines:
    """An answer's body, cut anywhere -> its lines, each given to ``send``."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._begun: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """A message as a response sends it to an ASGI server; all but the body is nothing to a WebSocket."""
        if message["type"] != "http.response.body":
            return
        first, *rest = message.get("body", b"").split(b"\n")
        self._begun.append(first)
        for piece in rest:
            await self._send(b"".join(self._begun))
            self._begun = [piece]


def _check(event: dict[str, Any]) -> None:
    """Raises `InvalidRequest` for what only a WebSocket's request may have, and is not served."""
    if event.get("generate") is False:
        raise InvalidRequest("'generate' is not served: an agent has nothing to warm up.", param="generate")
    if event.get("stream_id") is not None:
        raise InvalidRequest("'stream_id' is not served: a connection makes one response at a time.", param="stream_id")


def _not_steered(event: dict[str, Any]) -> dict[str, Any]:
    message = "'response.steer' is not served: send what you want to add when the response is complete."
    error = {"type": "invalid_request_error", "code": "steering_not_supported", "message": message}
    steer = {"input": event.get("input") or "", "previous_response_id": str(event.get("previous_response_id") or "")}
    return {"type": "response.steer.failed", "sequence_number": 0, "error": error, "steer": steer}
