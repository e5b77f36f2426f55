"""A chat window as CopilotKit has one: the official client it carries, and the messages on its screen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.clients.agui_client import Talk, talk

Message = dict[str, Any]

THEME = {
    "name": "setTheme",
    "description": "Сменить тему оформления страницы",
    "parameters": {
        "type": "object",
        "properties": {"theme": {"type": "string", "enum": ["light", "dark"]}},
        "required": ["theme"],
    },
}


def user(text: str) -> Message:
    return {"id": uuid.uuid4().hex, "role": "user", "content": text}


def run_input(thread: str, messages: Sequence[Message] = (), **more: Any) -> dict[str, Any]:
    """A RunAgentInput as CopilotKit 1.74 sends it: no ``protocolVersion``."""
    return {
        "threadId": thread,
        "runId": uuid.uuid4().hex,
        "messages": list(messages),
        "tools": [],
        "context": [],
        "state": {},
        "forwardedProps": {},
        **more,
    }


@dataclass
class Chat:
    """A window on one thread, at ``{runtimeUrl}/agent/{agent}``. Every run must be read without a fault."""

    runtime: str
    agent: str
    thread: str = field(default_factory=lambda: uuid.uuid4().hex)
    headers: Mapping[str, str] = field(default_factory=dict)
    tools: Sequence[Mapping[str, Any]] = ()
    context: Sequence[Mapping[str, str]] = ()
    messages: list[Message] = field(default_factory=list)
    state: Any = field(default_factory=dict)

    async def say(self, text: str) -> Talk:
        """The user writes; the answer is on the screen when this returns."""
        self.messages.append(user(text))
        return await self.run()

    async def answer_tool(self, call: Mapping[str, Any], result: str) -> Talk:
        """The page ran a tool of its own."""
        answer = {"id": uuid.uuid4().hex, "role": "tool", "toolCallId": call["toolCallId"], "content": result}
        self.messages.append(answer)
        return await self.run()

    async def run(self, **more: Any) -> Talk:
        """One run, with all that is on the screen."""
        return await self._receive("run", run_input(self.thread, self.messages, **self._shared(), **more))

    async def connect(self) -> Talk:
        """The window opens: what it receives becomes what is on the screen."""
        return await self._receive("connect", run_input(self.thread), connect=True)

    def _shared(self) -> dict[str, Any]:
        return {"tools": list(self.tools), "context": list(self.context), "state": self.state}

    async def _receive(self, verb: str, sent: Mapping[str, Any], *, connect: bool = False) -> Talk:
        url = f"{self.runtime}/agent/{self.agent}/{verb}"
        received = await talk(url, sent, client="0.0.59", headers=self.headers, connect=connect)
        assert received.verdict.error is None, received.verdict.error
        self.messages = list(received.verdict.messages)
        self.state = received.verdict.state
        return received


def named(events: Sequence[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    """The events of that type."""
    return [event for event in events if event["type"] == kind]


def deltas(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The pieces that the text came in."""
    return [event["delta"] for event in named(events, "TEXT_MESSAGE_CONTENT")]


def spoken_text(events: Sequence[Mapping[str, Any]]) -> str:
    """All the text of a run."""
    return "".join(deltas(events))
