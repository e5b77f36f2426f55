"""A run ends after its input was stored, before a node took it: the message is neither lost nor doubled."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, ChannelVersions, Checkpoint, CheckpointMetadata

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.errors import NotSaved, StorageUnavailable
from bridge.runs.request import RunRequest, ThreadKey
from bridge.storage.opening import open_storage
from tests.healing.graphs import KINDS, looping, reply
from tests.strict import Strict

KEY = ThreadKey("me", "a", "t")


class Power:
    """What a checkpointer needs to write. While it is ``failing``, a run's input is the last that is stored, and no
    update of the state is.
    """

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        self.failing = self._off = False
        self._put, self._put_writes = saver.aput, saver.aput_writes
        saver.aput, saver.aput_writes = self.aput, self.aput_writes  # type: ignore[method-assign]

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if self._off or (self.failing and metadata["source"] == "update"):
            raise ConnectionResetError
        self._off = self.failing and metadata["source"] == "input"  # what begins now is too late
        return await self._put(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        if self._off:
            raise ConnectionResetError
        await self._put_writes(config, writes, task_id, task_path)

    def back(self) -> None:
        """It does not fail any more."""
        self.failing = self._off = False


def user(text: str) -> dict[str, Any]:
    return {"id": uuid.uuid4().hex, "role": "user", "content": text}


async def say(agent: LangGraphAgent, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """A turn, in which nothing may be wrong; its events."""
    request = RunRequest("a", "t", uuid.uuid4().hex, list(messages), principal="me", protocol_version="1.0")
    return [event async for event in agent.run(request)]


async def texts(agent: LangGraphAgent) -> list[str]:
    return [message.get("content", "") for message in (await agent.read(KEY, {})).messages]


@pytest.mark.parametrize("screen", ["all", "new"])
@pytest.mark.parametrize("first", [True, False], ids=["first turn", "later turn"])
@pytest.mark.parametrize("kind", KINDS)
async def test_the_message_is_kept_once(db: str, kind: str, first: bool, screen: str) -> None:
    """For clients that send all they have, and for those that send what is new."""
    async with open_storage(db) as storage:
        power = Power(storage.checkpointer)
        graph = KINDS[kind](Strict(reply=reply))
        agent = LangGraphAgent("a", graph, checkpointer=storage.checkpointer, storage_patience=0)
        shown: list[dict[str, Any]] = []
        if not first:
            await say(agent, user("one"))
            shown = (await agent.read(KEY, {})).messages
        before = [message["content"] for message in shown]
        power.failing = True
        lost = user("two")
        with pytest.raises((StorageUnavailable, NotSaved)):
            await say(agent, *(shown if screen == "all" else ()), lost)
        power.back()
        assert await texts(agent) == [*before, "two"]
        await say(agent, *([*shown, lost] if screen == "all" else ()), user("three"))
        *kept, answer = await texts(agent)
        assert kept == [*before, "two", "three"]
        assert answer.startswith("fine")


async def test_healing_that_cannot_be_stored_says_so(db: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is not tried as one node after the other: none of them is at fault."""
    async with open_storage(db) as storage:
        power = Power(storage.checkpointer)
        agent = LangGraphAgent("a", looping(Strict(reply=reply)), checkpointer=storage.checkpointer, storage_patience=0)
        await say(agent, user("one"))
        graph, thread_id = agent.in_thread(KEY)
        call = {"name": "look", "args": {"number": 0}, "id": "open", "type": "tool_call"}
        left_open = {"messages": [AIMessage("", tool_calls=[call])]}
        await graph.aupdate_state({"configurable": {"thread_id": thread_id}}, left_open, as_node="agent")
        power.failing = True
        with pytest.raises(StorageUnavailable):
            await say(agent, user("two"))
        assert "could not be healed" not in caplog.text
        power.back()
        await say(agent, user("three"))
        answer = (await texts(agent))[-1]
        assert answer.startswith("fine")
