"""The transport's limit: Starlette streams ready-made frames, one a token. No graph, nothing to translate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from benchmarks.graph import TOKEN, TURN

FRAME = f'data: {{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"{TOKEN}"}}\n\n'.encode()


async def stream(request: Request) -> StreamingResponse:
    body = json.loads(await request.body())
    count, _, pace = body["messages"][-1]["content"].partition(" ")

    async def frames() -> AsyncIterator[bytes]:
        for _ in range(int(count)):
            await asyncio.sleep(0 if pace == TURN else float(pace or 0) / 1000)
            yield FRAME

    return StreamingResponse(frames(), media_type="text/event-stream")


app = Starlette(routes=[Route("/stream", stream, methods=["POST"])])
