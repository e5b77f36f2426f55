"""A small OpenAI-compatible server on loopback: answers from a script, remembers the requests."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route


class OpenAIServer:
    """`script` holds the answers in order: a text, or a tool call as (name, arguments); an int is an HTTP
    status.
    """

    def __init__(self, *script: str | tuple[str, dict[str, Any]] | int) -> None:
        self.script = list(script)
        self.requests: list[dict[str, Any]] = []
        self.url = ""

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        step = self.script[len(self.requests) - 1]
        if isinstance(step, int):
            return JSONResponse({"error": {"message": "no", "type": "server_error"}}, status_code=step)
        return StreamingResponse(_frames(step, len(self.requests)), media_type="text/event-stream")


async def _frames(step: str | tuple[str, dict[str, Any]], number: int) -> AsyncIterator[str]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if isinstance(step, str):
        deltas += [{"content": word + " "} for word in step.split(" ")]
        reason = "stop"
    else:
        name, arguments = step[0], json.dumps(step[1], ensure_ascii=False)
        head = {
            "index": 0,
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": ""},
        }
        pieces = [arguments[: len(arguments) // 2], arguments[len(arguments) // 2 :]]
        deltas += [{"tool_calls": [head]}]
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
        reason = "tool_calls"
    base = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
    for delta in deltas:
        yield _frame({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _frame({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    yield _frame({**base, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _frame(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


@asynccontextmanager
async def serve(server: OpenAIServer) -> AsyncIterator[OpenAIServer]:
    """Run it on a free port."""
    app = Starlette(routes=[Route("/v1/chat/completions", server.answer, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        runner = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        task = asyncio.create_task(runner.serve(sockets=[listener]))
        try:
            yield server
        finally:
            runner.should_exit = True
            await task
