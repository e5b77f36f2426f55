"""Agents that emit anything, and clients that leave at any time: every stream ends legally (issue 12, 2)."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bridge.agents.base import Description, ThreadState
from bridge.events.event import EVENT_TYPES
from bridge.runs.request import RunRequest
from bridge.web.sse import SSEDecoder
from tests.agui import streams as table
from tests.fuzz import TIMEOUT, TORTURE
from tests.fuzz.mutations import NASTY_VALUES, Mutator
from tests.fuzz.serving import attacked, check
from tests.http.talking import chat, run_input

AT_ONCE = 8
GOOD: list[dict[str, Any]] = [
    *(table.text(step, name) for step in ("START", "CONTENT", "CONTENT", "END") for name in "ab"),
    *(table.call(step, name) for step in ("START", "ARGS", "END") for name in "cd"),
    *(table.thought(step, "e") for step in ("START", "CONTENT", "END")),
    *(table.span(step, "e") for step in ("START", "END")),
    *(table.step(step, "f") for step in ("STARTED", "FINISHED")),
    table.result("g", "c"),
    table.activity(),
    table.chunk("TEXT_MESSAGE", messageId="h", delta="да"),
    {"type": "STATE_SNAPSHOT", "snapshot": {"x": 1}},
    {"type": "STATE_DELTA", "delta": [{"op": "add", "path": "/y", "value": 2}]},
    {"type": "MESSAGES_SNAPSHOT", "messages": [{"id": "m", "role": "assistant", "content": "да"}]},
    {"type": "CUSTOM", "name": "progress", "value": 0.5},
    {"type": "RAW", "event": {"x": 1}},
    table.start("r0"),
    table.end("r0"),
    table.ERROR,
]


class Shaky:
    """An agent that emits whatever the seed says, which is the number in its last message."""

    def describe(self) -> Description:
        return Description("shaky", "Emits anything.")

    async def run(self, request: RunRequest) -> AsyncIterator[Any]:
        mutator = Mutator(int(request.messages[-1]["content"]))
        chance = mutator.random.random
        for _ in range(mutator.random.randrange(40)):
            event: Any = mutator.random.choice(GOOD if chance() < 0.2 else GOOD[:-3])  # the last ones end a run
            if chance() < 0.2:
                event = mutator.mutated(event, 1)
            elif chance() < 0.05:
                event = {"type": mutator.random.choice(sorted(EVENT_TYPES))}
            elif chance() < 0.05:
                event = mutator.random.choice([*NASTY_VALUES, object(), {"type": object()}, {"type": ["x"]}])
            if chance() < 0.3:
                await asyncio.sleep(0)
            if chance() < 0.01:
                raise ValueError("sk-123")
            yield event

    async def read(self, thread: Any, aliases: Any, *, checkpoint_id: Any = None, held: bool = False) -> ThreadState:
        del thread, aliases, checkpoint_id, held
        return ThreadState()

    async def forget(self, thread: Any) -> None:
        del thread


def requests_of(seed: int) -> list[tuple[str, dict[str, Any]]]:
    """The same run in every language."""
    text = str(seed)
    envelope = {"method": "agent/run", "params": {"agentId": "shaky"}, "body": run_input(text)}
    return [
        ("/agui/shaky", run_input(text)),
        ("/v1/chat/completions", chat(text, stream=True)),
        ("/v1/chat/completions", chat(text, stream=True, ag_ui={"events": True, "interrupts": "tool"})),
        ("/v1/chat/completions", chat(text)),
        ("/api/copilotkit/agent/shaky/run", run_input(text, protocolVersion=None)),
        ("/api/copilotkit", envelope),
    ]


async def leave_and_return(client: httpx.AsyncClient, seed: int) -> None:
    """Read some of a run, go, and read the rest: nothing is missing and nothing comes twice."""
    chance = random.Random(seed)
    asked = run_input(str(seed), forwardedProps={"disconnect": "continue"})
    got: list[tuple[int, Any]] = []
    decoder, enough = SSEDecoder(), chance.randrange(1, 2000)
    async with client.stream("POST", "/agui/shaky", json=asked) as reply:
        size = 0
        async for piece in reply.aiter_raw(chunk_size=chance.randrange(1, 300)):
            got += [(int(frame.id or 0), json.loads(frame.data)) for frame in decoder.feed(piece)]
            size += len(piece)
            if size >= enough:
                break
    after = got[-1][0] if got else 0
    rest = await client.get(f"/runs/{asked['runId']}/events", headers={"Last-Event-ID": str(after)})
    check(rest, asked, agent_fails=True)
    got += [(int(frame.id or 0), json.loads(frame.data)) for frame in SSEDecoder().feed(rest.content)]
    assert [number for number, _ in got] == list(range(1, len(got) + 1))
    assert got[0][1]["type"] == "RUN_STARTED"
    assert got[-1][1]["type"] in ("RUN_FINISHED", "RUN_ERROR")


async def attack(seeds: range) -> None:
    async with attacked({"shaky": Shaky()}, disconnect_grace=0.0) as (app, client):

        async def work(mine: range) -> None:
            for seed in mine:
                for path, body in requests_of(seed):
                    reply = await client.post(path, json=body)
                    check(reply, body, agent_fails=True)
                    assert "sk-123" not in reply.text
                await leave_and_return(client, seed)

        async with asyncio.TaskGroup() as group:
            for start in range(AT_ONCE):
                group.create_task(work(seeds[start::AT_ONCE]))
        assert app.state.bridge.faults > 0  # what was not legal was noticed


@pytest.mark.torture
@pytest.mark.timeout(TIMEOUT)
async def test_whatever_an_agent_emits() -> None:
    await attack(range(TORTURE or 100))
