"""What a client is shown of a step is stored before, where the durability is ``sync``."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Durability

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.runs.request import RunRequest
from bridge.runs.run import Run
from tests.healing.marks import FILE, ROUNDS, marking


class Slow(InMemorySaver):
    """Takes many turns of the event loop for each write; ``stored`` counts what is there, by channel or source."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: Counter[str] = Counter()

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        for _ in range(50):
            await asyncio.sleep(0)
        put = await super().aput(config, checkpoint, metadata, new_versions)
        self.stored[metadata["source"]] += 1
        return put

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        await super().aput_writes(config, writes, task_id, task_path)
        self.stored.update(channel for channel, _ in writes)


def working(saver: Slow, durability: Durability) -> tuple[LangGraphAgent, RunRequest]:
    messages = [{"id": uuid.uuid4().hex, "role": "user", "content": "work"}]
    agent = LangGraphAgent("a", marking(), checkpointer=saver, durability=durability)
    return agent, RunRequest("a", "t", "r", messages, protocol_version="1.0", fresh=True)


async def test_a_step_is_stored_before_its_end_is_shown(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE, str(tmp_path / "marks"))
    saver = Slow()
    agent, request = working(saver, "sync")
    finished = 0
    async for event in agent.run(request):
        if event["type"] == "RUN_STARTED":
            assert saver.stored["input"] == 1
        if event["type"] == "STEP_FINISHED":
            finished += 1
            assert saver.stored["messages"] > finished  # the question is one of them
    assert finished == ROUNDS * 3 + 1


@pytest.mark.parametrize(("durability", "stored"), [("sync", 1), ("async", 0), ("exit", 0)])
async def test_when_a_run_begins(durability: Durability, stored: int) -> None:
    saver = Slow()
    agent, request = working(saver, durability)
    async for event in agent.run(request):
        if event["type"] == "RUN_STARTED":
            assert saver.stored["input"] == stored
            break
    else:
        pytest.fail("the run did not begin")


class Announcing:
    """Events that would announce their run, and never come to it."""

    announces = True

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        raise KeyError("secret")


async def types_of_end(run: Run, do: Callable[[], Awaitable[None]]) -> list[str]:
    """Start it, do something, and the types of the events that there are then."""

    async def ended(run: Run, ending: list[Any]) -> None:
        del run, ending

    run.start(ended)
    await do()
    return [event["type"] for event in await run.journal.read(0, 100_000)]


async def test_a_run_that_fails_before_it_announced_itself_begins_and_ends() -> None:
    run = Run(RunRequest("a", "t", "r"), Announcing())
    assert await types_of_end(run, run.wait) == ["RUN_STARTED", "RUN_ERROR"]


async def test_a_run_that_is_stopped_before_it_announced_itself_begins_and_ends() -> None:
    saver = Slow()
    agent, request = working(saver, "sync")
    run = Run(request, agent.run(request))

    async def stop() -> None:
        await asyncio.sleep(0)
        await run.stop()

    assert await types_of_end(run, stop) == ["RUN_STARTED", "RUN_FINISHED"]
