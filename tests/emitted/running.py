"""Run a graph behind the bridge, as a client of one conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agui import Verifier
from bridge.events.event import NOTE, Event
from bridge.runs.request import RunRequest, ThreadKey


class Client:
    """One conversation with an agent: what it sends, what it has on the screen. Every stream is verified."""

    def __init__(self, graph: Any, *, version: str | None = "1.0", **options: Any) -> None:
        self.agent = LangGraphAgent("agent", graph, **options)
        self.messages: list[dict[str, Any]] = []
        self.aliases: Mapping[str, str] = {}
        self.version = version
        self.runs = 0

    async def run(self, text: str | None = None, **fields: Any) -> list[Event]:
        """The events of a run, with one more message of the user; the client takes the snapshot over."""
        self.runs += 1
        if text is not None:
            self.messages = [*self.messages, {"id": f"user-{self.runs}", "role": "user", "content": text}]
        request = RunRequest(
            "agent",
            "thread",
            f"run-{self.runs}",
            **{"messages": self.messages, "protocol_version": self.version, "aliases": self.aliases, **fields},
        )
        verifier, events = Verifier(), list[Event]()
        async for event in self._emitted(request):
            if event["type"] == NOTE:
                self.aliases = event.get("aliases", self.aliases)
                continue
            verifier.feed(event)
            events.append(event)
            if event["type"] == "MESSAGES_SNAPSHOT":
                self.messages = event["messages"]
        return events

    async def _emitted(self, request: RunRequest) -> AsyncIterator[Event]:
        run = self.agent.run(request)
        try:
            async for event in run:
                yield event
        except Exception as error:
            for event in run.last_events(error):
                yield event

    async def held(self) -> Any:
        """What the thread's state is, in the graph."""
        graph, thread_id = self.thread()
        return (await graph.aget_state({"configurable": {"thread_id": thread_id}})).values

    def thread(self) -> tuple[Any, str]:
        """The graph as it stands in this conversation, and the thread id to give it."""
        return self.agent.in_thread(ThreadKey("anonymous", "agent", "thread"))


def kinds(events: list[Event], *names: str) -> list[str]:
    """The types of the events, of those types alone where some are named."""
    return [event["type"] for event in events if not names or event["type"] in names]


def customs(events: list[Event]) -> list[tuple[str, Any]]:
    """The names and values of CUSTOM events."""
    return [(event["name"], event["value"]) for event in events if event["type"] == "CUSTOM"]


def text(events: list[Event]) -> str:
    """What the assistant said, the subagents left out."""
    return "".join(
        event["delta"]
        for event in events
        if event["type"] == "TEXT_MESSAGE_CONTENT" and event.get("subagentRunId") is None
    )
