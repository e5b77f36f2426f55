"""What these tests send to a server, and how they read what it answers."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from bridge.web.sse import Frame, SSEDecoder

STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "connection": "keep-alive",
    "x-accel-buffering": "no",
}
_NUMBERS = itertools.count(1)


def run_input(text: str | None = None, *, thread: str | None = None, **more: Any) -> dict[str, Any]:
    """A RunAgentInput of a client from 1.0 on."""
    messages = [] if text is None else [{"id": uuid.uuid4().hex, "role": "user", "content": text}]
    fields = {"messages": messages, "tools": [], "context": [], "state": {}, "forwardedProps": {}}
    named = {"threadId": thread or uuid.uuid4().hex, "runId": uuid.uuid4().hex, "protocolVersion": "1.0"}
    return {**named, **fields, **more}


def chat(*texts: str | dict[str, Any], **more: Any) -> dict[str, Any]:
    """An OpenAI body; strings are the user's and the assistant's by turns."""
    roles = itertools.cycle(["user", "assistant"])
    messages = [{"role": next(roles), "content": one} if isinstance(one, str) else one for one in texts]
    return {"messages": messages, **more}


def frames_of(body: bytes) -> list[Frame]:
    """The frames of a whole stream, which must end where a frame ends."""
    assert body.endswith(b"\n\n")
    assert b"\r" not in body
    return SSEDecoder().feed(body)


def events_of(body: bytes) -> list[dict[str, Any]]:
    """The AG-UI events of a whole stream."""
    return [orjson.loads(frame.data) for frame in frames_of(body)]


def chunks_of(body: bytes) -> list[dict[str, Any]]:
    """The chunks of a whole OpenAI stream; ``[DONE]`` must end it, unless an error does."""
    *frames, last = frames_of(body)
    chunks = [orjson.loads(frame.data) for frame in frames]
    if last.data != "[DONE]":
        chunks.append(orjson.loads(last.data))
        assert "error" in chunks[-1]
    return chunks


def text_of(items: Iterable[dict[str, Any]]) -> str:
    """The text of events, or of chunks."""
    return "".join(_text(item) for item in items)


def _text(item: dict[str, Any]) -> str:
    if item.get("type") == "TEXT_MESSAGE_CONTENT":
        return str(item["delta"])
    return "".join(choice["delta"].get("content") or "" for choice in item.get("choices") or [])


def types_of(events: Iterable[dict[str, Any]]) -> list[str]:
    """The events' types."""
    return [event["type"] for event in events]


@contextmanager
def reading(client: httpx.Client, url: str, body: Any, **more: Any) -> Iterator[Iterator[Frame]]:
    """A stream, frame by frame as it arrives; leaving the block leaves the stream."""
    with client.stream("POST", url, json=body, **more) as response:
        assert response.status_code == 200, response.read()
        yield _frames(response)


def _frames(response: httpx.Response) -> Iterator[Frame]:
    decoder = SSEDecoder()
    for piece in response.iter_raw():
        yield from decoder.feed(piece)
