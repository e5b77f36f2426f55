"""The ports, pinned; an agent that is not LangGraph behind every dialect; a dialect that is one folder and one line."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import orjson
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import bridge.app
from bridge import Settings, create_app
from bridge.agents.base import Agent, Description, ThreadState
from bridge.agui import Verifier
from bridge.errors import BridgeError, InvalidRequest
from bridge.events.event import Event
from bridge.observe.observer import Observer, RunRecord
from bridge.runs.journal import Journal, MemoryJournal
from bridge.runs.leases import Leases, MemoryLeases
from bridge.runs.request import RunRequest, ThreadKey
from bridge.web.dialect import Dialect, Operation
from bridge.web.stream import Encoder
from tests.copilotkit.live import live
from tests.http.talking import chat, frames_of, run_input

PORTS: dict[type, set[str]] = {
    Agent: {"describe", "run", "read", "forget"},
    Journal: {"last", "closed", "append", "append_token", "read", "large", "piece", "next_change", "close"},
    Leases: {"acquire", "renew", "release", "is_current", "held"},
    Encoder: {"headers", "keep_alive", "framing", "encode_all", "finish", "fail"},
    Observer: {
        "run_began",
        "run_ended",
        "run_failed",
        "run_abandoned",
        "events",
        "reader_joined",
        "reader_left",
        "fault",
        "loop_blocked",
        "model_called",
    },
}


@pytest.mark.parametrize("port", PORTS, ids=lambda port: port.__name__)
def test_a_port_is_what_it_is(port: type) -> None:
    """A name that comes or goes is a decision: every implementation has to follow."""
    assert {name for name in vars(port) if not name.startswith("_")} == PORTS[port]


def test_what_is_here_fits_the_ports() -> None:
    for made, port in ((MemoryJournal, Journal), (MemoryLeases, Leases)):
        for name in PORTS[port]:
            assert hasattr(made(), name), name
    journal = inspect.signature(Journal.append).parameters
    assert list(journal) == ["self", "events", "fence"]
    assert list(inspect.signature(Journal.read).parameters) == ["self", "after", "limit"]
    assert inspect.iscoroutinefunction(MemoryJournal.read)
    assert list(inspect.signature(Agent.run).parameters) == ["self", "request"]


class Parrot:
    """An agent without a graph: it repeats, in two messages, and remembers what it was sent."""

    def __init__(self) -> None:
        self.threads: dict[ThreadKey, list[dict[str, Any]]] = {}

    def describe(self) -> Description:
        return Description("parrot", "Repeats.", "parrot")

    async def run(self, request: RunRequest) -> AsyncIterator[Event]:
        held = self.threads.setdefault(request.thread, [])
        known = {message["id"] for message in held}
        held += [message for message in request.messages if message["id"] not in known]
        text = str(held[-1]["content"])
        if text == "fail":
            raise ConnectionError("sk-123")
        for number, word in enumerate(text.split()):
            message_id = f"{request.run_id}:{number}"
            yield {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"}
            yield {"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": word}
            held.append({"id": message_id, "role": "assistant", "content": word})

    async def read(
        self, thread: ThreadKey, aliases: Mapping[str, str], *, checkpoint_id: str | None = None, held: bool = False
    ) -> ThreadState:
        del aliases, checkpoint_id, held
        messages = self.threads.get(thread, [])
        return ThreadState(list(messages), {}, [], str(len(messages)) if messages else None)

    async def forget(self, thread: ThreadKey) -> None:
        self.threads.pop(thread, None)


def types(answer: httpx.Response) -> list[str]:
    verifier = Verifier()
    found = []
    for frame in frames_of(answer.content):
        event = orjson.loads(frame.data)
        verifier.feed(event)
        found.append(event["type"])
    verifier.finish()
    return found


async def test_an_agent_that_is_not_langgraph_behind_every_dialect() -> None:
    parrot = Parrot()
    async with live({"parrot": parrot}) as page:
        url = page.url
        client = page.client
        direct = await client.post(f"{url}/agui/parrot", json=run_input("two words", thread="t"))
        message = ["TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT"]
        ends = ["TEXT_MESSAGE_END"] * 2
        assert types(direct) == ["RUN_STARTED", *message, *message, *ends, "RUN_FINISHED"]
        failed = await client.post(f"{url}/agui/parrot", json=run_input("fail"))
        assert types(failed) == ["RUN_STARTED", "RUN_ERROR"]
        assert b"sk-123" not in failed.content
        whole = await client.post(f"{url}/v1/chat/completions", json=chat("hello you"))
        assert whole.json()["choices"][0]["message"]["content"] == "hello\n\nyou"
        streamed = await client.post(f"{url}/v1/chat/completions", json=chat("hello", stream=True))
        assert streamed.content.endswith(b"data: [DONE]\n\n")
        refused = await client.post(f"{url}/v1/chat/completions", json=chat("fail"))
        assert refused.status_code == 500
        again = await client.post(f"{page.runtime}/agent/parrot/connect", json=run_input(thread="t"))
        assert "MESSAGES_SNAPSHOT" in types(again)
        listed = await client.get(f"{url}/agui")
        assert listed.json()["agents"][0]["capabilities"]["identity"]["type"] == "parrot"
        gone = await client.delete(f"{page.runtime}/threads/t?agentId=parrot")
        assert gone.json()["deleted"]
        assert ThreadKey("anonymous", "parrot", "t") not in parrot.threads


async def shout(request: Request) -> Response:
    """Answers in capitals."""
    text = (await request.body()).decode()
    if not text:
        raise InvalidRequest("Nothing was sent.")
    return PlainTextResponse(text.upper())


def refuse(request: Request, error: BridgeError) -> Response:
    del request
    return PlainTextResponse(f"NO: {error.message}", error.status)


async def test_an_added_dialect_is_one_name_in_the_tuple(monkeypatch: pytest.MonkeyPatch) -> None:
    added = Dialect("capitals", [Operation("POST", "/capitals", shout, takes=str, gives=str)], refuse, ("X-Loud",))
    monkeypatch.setattr(bridge.app, "DIALECTS", (*bridge.app.DIALECTS, added))
    app = create_app({"parrot": Parrot()}, Settings(db=":memory:"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/capitals/", content="hello", headers={"Origin": "https://a.example"})
        assert answer.text == "HELLO"
        assert "X-Loud" in answer.headers["access-control-expose-headers"]
        wrong = await client.post("/capitals", content="")
        assert (wrong.status_code, wrong.text) == (400, "NO: Nothing was sent.")
    await app.state.bridge.close()


def test_every_operation_says_what_it_is() -> None:
    for dialect in bridge.app.DIALECTS:
        for operation in dialect.operations:
            assert operation.summary, operation.path
            assert operation.gives is not None, operation.path


async def test_observers_see_runs_and_readers() -> None:
    seen: list[tuple[str, str | None]] = []
    ended = asyncio.Event()

    class Seen(Observer):
        def run_began(self, run: RunRecord) -> None:
            seen.append(("began", run.outcome))

        def run_ended(self, run: RunRecord) -> None:
            seen.append(("ended", run.outcome))

        def reader_left(self, run: RunRecord) -> None:
            seen.append(("left", run.agent))
            ended.set()

    app = create_app({"parrot": Parrot()}, Settings(db=":memory:"), observers=[Seen()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.post("/agui/parrot", json=run_input("word"))
    await ended.wait()
    await app.state.bridge.close()
    assert seen == [("began", None), ("ended", "success"), ("left", "parrot")]
