"""One turn of a conversation, in each client's language, and what went wrong in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import orjson

from bridge.web.sse import SSEDecoder
from tests.copilotkit.live import Live
from tests.http.talking import chat, run_input

Fault = dict[str, Any]
"""``code``, ``message`` and, where the answer had one of its own, ``status``."""


def _frames(response: httpx.Response) -> list[Any]:
    frames = [frame.data for frame in SSEDecoder().feed(response.content)]
    return [orjson.loads(frame) for frame in frames if frame != "[DONE]"]


def _fault_of(response: httpx.Response) -> Fault | None:
    """What an answer says went wrong, over any dialect; ``None``: nothing."""
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        body = response.json()
        return None if response.status_code == 200 else {**body["error"], "status": response.status_code}
    for item in _frames(response):
        if item.get("type") == "RUN_ERROR":
            return {"code": item["code"], "message": item["message"]}
        if "error" in item:
            return dict(item["error"])
    return None


async def agui(page: Live, text: str, thread: str = "t") -> Fault | None:
    """AG-UI."""
    return _fault_of(await page.client.post(f"{page.url}/agui/default", json=run_input(text, thread=thread)))


async def copilotkit(page: Live, text: str, thread: str = "t") -> Fault | None:
    """CopilotKit in a Russian browser."""
    headers = {"Accept-Language": "ru", "Accept": "text/event-stream"}
    url = f"{page.url}/api/copilotkit/agent/default/run"
    response = await page.client.post(url, json=run_input(text, thread=thread), headers=headers)
    if response.headers["content-type"].startswith("text/plain"):
        return {"message": response.text, "status": response.status_code}
    return _fault_of(response)


async def streamed(page: Live, text: str, thread: str = "t") -> Fault | None:
    """OpenAI, streamed."""
    return _fault_of(await _openai(page, text, thread, stream=True))


async def whole(page: Live, text: str, thread: str = "t") -> Fault | None:
    """OpenAI, one JSON answer."""
    response = await _openai(page, text, thread, stream=False)
    fault = _fault_of(response)
    return fault and fault | {"again": response.headers.get("x-should-retry", "true")}


async def _openai(page: Live, text: str, thread: str, *, stream: bool) -> httpx.Response:
    body = chat(text, stream=stream, ag_ui={"thread_id": thread})
    return await page.client.post(f"{page.url}/v1/chat/completions", json=body)


Turn = Callable[[Live, str], Coroutine[Any, Any, "Fault | None"]]

TURNS: dict[str, Turn] = {"agui": agui, "copilotkit": copilotkit, "streamed": streamed, "whole": whole}


async def contents(page: Live, thread: str = "t") -> list[str]:
    """What the thread holds, as its messages' texts."""
    url = f"{page.url}/api/copilotkit/threads/{thread}/messages"
    response = await page.client.get(url, params={"agentId": "default"})
    assert response.status_code == 200, response.text
    return [message["content"] for message in response.json()["messages"]]


async def shown(turn: asyncio.Task[Any], event: asyncio.Event) -> None:
    """Until the event, or the turn's early end."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait((turn, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    assert not turn.done(), turn.result()
