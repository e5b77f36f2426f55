"""Agents for the front page, mounted in another application below ``/deep/er``: an endless, a hostile, an asking one.

Started as ``python -m tests.browser.front_server PORT DATABASE``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from starlette.applications import Starlette
from starlette.routing import Mount

from bridge import Settings, create_app
from bridge.agents.base import Description, Drawing, ThreadState
from bridge.events.event import Event
from bridge.runs.request import RunRequest, ThreadKey

PREFIX = "/deep/er"
HOSTILE = "<img src=x onerror=document.title='owned'>' \"$(touch owned)"
MARKUP = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


class Endless:
    """Says one number after the other until it is stopped; of what it said nothing is kept."""

    name = "endless"

    def describe(self) -> Description:
        return Description(self.name, "Counts.", "test")

    async def run(self, request: RunRequest) -> AsyncIterator[Event]:
        message = {"messageId": f"{request.run_id}:1"}
        yield {"type": "TEXT_MESSAGE_START", **message, "role": "assistant"}
        for number in range(100_000):
            yield {"type": "TEXT_MESSAGE_CONTENT", **message, "delta": f"{number} "}
            await asyncio.sleep(0.02)

    async def read(
        self, thread: ThreadKey, aliases: Mapping[str, str], *, checkpoint_id: str | None = None, held: bool = False
    ) -> ThreadState:
        del thread, aliases, checkpoint_id, held
        return ThreadState()

    async def forget(self, thread: ThreadKey) -> None:
        del thread


class Hostile(Endless):
    """Writes HTML wherever it can."""

    name = HOSTILE

    def describe(self) -> Description:
        return Description(self.name, MARKUP, "test")

    async def draw(self) -> Drawing:
        svg = "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='30' onload=\"document.title='owned'\"/>"
        return Drawing(MARKUP, svg)

    async def run(self, request: RunRequest) -> AsyncIterator[Event]:
        named = {"messageId": f"{request.run_id}:1"}
        call = {"toolCallId": f"{request.run_id}:call"}
        yield {"type": "TEXT_MESSAGE_START", **named, "role": "assistant"}
        yield {"type": "TEXT_MESSAGE_CONTENT", **named, "delta": MARKUP}
        yield {"type": "TEXT_MESSAGE_END", **named}
        yield {"type": "TOOL_CALL_START", **call, "toolCallName": MARKUP}
        yield {"type": "TOOL_CALL_ARGS", **call, "delta": MARKUP}
        yield {"type": "TOOL_CALL_END", **call}
        yield {"type": "TOOL_CALL_RESULT", **call, "messageId": f"{request.run_id}:2", "content": MARKUP}
        schema = {"title": MARKUP, "enum": [MARKUP]}
        question = {"id": "q", "reason": "input_required", "message": MARKUP, "responseSchema": schema}
        named = {"threadId": request.thread_id, "runId": request.run_id}
        yield {"type": "RUN_FINISHED", **named, "outcome": {"type": "interrupt", "interrupts": [question]}}


def echo(state: MessagesState) -> dict[str, Any]:
    """Say what was said."""
    return {"messages": [AIMessage(state["messages"][-1].text)]}


REVIEW = {
    "action_requests": [{"name": "send_mail", "args": {"to": "ann"}, "description": "Send?"}],
    "review_configs": [{"action_name": "send_mail", "allowed_decisions": ["approve", "edit", "reject"]}],
}
QUESTIONS: dict[str, Any] = {
    "boolean": {"message": "Go on?", "response_schema": {"type": "boolean"}},
    "enum": {"message": "Which?", "response_schema": {"enum": ["red", "blue"]}},
    "plain": "What now?",
    "review": REVIEW,
    "nested": {"message": "Where?", "response_schema": {"type": "object", "properties": {"at": {"type": "object"}}}},
}


def ask(state: MessagesState) -> dict[str, Any]:
    """Ask the question that is named, and say what was answered."""
    word = state["messages"][-1].text
    if word == "fail":
        raise ConnectionError("sk-secret-123: the model's server said no")
    answer = interrupt(QUESTIONS[word]) if word in QUESTIONS else word
    if answer == "break":
        raise ConnectionError("after the answer")
    return {"messages": [AIMessage(f"Answered: {answer!r}")]}


def build(db: str) -> Starlette:
    """The application around the bridge."""
    asker = StateGraph(MessagesState).add_node(ask).add_edge(START, "ask").compile()
    echoing = StateGraph(MessagesState).add_node(echo).add_edge(START, "echo").compile()
    agents = {"asker": asker, "endless": Endless(), "echo": echoing, HOSTILE: Hostile()}
    bridge = create_app(agents, Settings(db=db, shutdown_grace=0))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        async with bridge.router.lifespan_context(bridge):
            yield

    return Starlette(routes=[Mount(PREFIX, bridge)], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(build(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=5)
