"""Windows on a conversation, over real HTTP: AG-UI, CopilotKit and OpenAI clients, each with a screen of its own."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests.healing.graphs import CONFIRM

Message = dict[str, Any]
Ending = Literal["finish", "stop", "leave"]

_BUSY_SECONDS = 20.0


@dataclass
class Window:
    """A person's window on one thread of one agent. ``screen`` is what it sends back with the next message."""

    http: httpx.Client
    agent: str
    thread: str
    screen: list[Message] = field(default_factory=list)
    in_tool: Callable[[], None] | None = None
    """Called when the run has come to the tool that does not end, before the window does what it was told to."""

    def say(self, text: str, ending: Ending = "finish") -> str | None:
        """A message of the person's; what went wrong, in the client's words, or ``None``."""
        raise NotImplementedError

    def answer(self, text: str, which: str) -> str | None:
        """The client's answers to its own tool's calls: ``all`` open ones, the ``first``, or ``late`` to the oldest."""
        raise NotImplementedError

    def _run(self, ending: Ending) -> str | None:
        """A run of what is on the screen, once the run that another window has left is over."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            fault = self._once(ending)
            if fault is None or "thread_busy" not in fault or time.monotonic() > deadline:
                return fault
            time.sleep(0.02)

    def _once(self, ending: Ending) -> str | None:
        raise NotImplementedError


class Agui(Window):
    """An AG-UI client that sends all it has."""

    path = "/agui/{agent}"
    version: dict[str, Any] = {"protocolVersion": "1.0"}  # noqa: RUF012 - a constant

    def say(self, text: str, ending: Ending = "finish") -> str | None:
        self.screen.append({"id": uuid.uuid4().hex, "role": "user", "content": text})
        return self._run(ending)

    def answer(self, text: str, which: str) -> str | None:
        calls = [call["id"] for message in self.screen for call in message.get("toolCalls", ()) if _is_confirm(call)]
        answered = [message["toolCallId"] for message in self.screen if message["role"] == "tool"]
        waiting = [call for call in calls if call not in answered]
        chosen = calls[:1] if which == "late" else waiting[:1] if which == "first" else waiting
        if not chosen:
            return None
        self.screen += [
            {"id": uuid.uuid4().hex, "role": "tool", "toolCallId": call, "content": text} for call in chosen
        ]
        return self._run("finish")

    def _sent(self) -> list[Message]:
        return self.screen

    def _once(self, ending: Ending) -> str | None:
        run = uuid.uuid4().hex
        body = {
            "threadId": self.thread,
            "runId": run,
            "messages": self._sent(),
            "tools": [CONFIRM],
            "state": {},
            "context": [],
            "forwardedProps": {},
            **self.version,
        }
        with self.http.stream("POST", self.path.format(agent=self.agent), json=body) as response:
            if response.status_code != 200:
                return f"{response.status_code} {response.read().decode()}"
            last: dict[str, Any] = {}
            for line in response.iter_lines():
                if not line.startswith("data:"):
                    continue
                last = json.loads(line[5:])
                self._show(last)
                if last["type"] == "CUSTOM" and last["name"] == "entered":
                    if self.in_tool:
                        self.in_tool()
                    if ending == "leave":
                        break
                    self._stop(run)
        if ending == "leave":
            if not self.in_tool:
                self._gone()
            return None
        return None if last.get("type") == "RUN_FINISHED" else str(last)

    def _stop(self, run: str) -> None:
        assert self.http.post(f"/runs/{run}/stop").status_code == 200

    def _gone(self) -> None:
        """What the window's leaving means to the run."""

    def _show(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "TEXT_MESSAGE_START":
                self.screen.append({"id": event["messageId"], "role": "assistant", "content": ""})
            case "TEXT_MESSAGE_CONTENT":
                self._message(event["messageId"])["content"] += event["delta"]
            case "TOOL_CALL_START":
                made = {"id": event["toolCallId"], "type": "function"}
                made["function"] = {"name": event["toolCallName"], "arguments": ""}
                self._message(event.get("parentMessageId")).setdefault("toolCalls", []).append(made)
            case "TOOL_CALL_ARGS":
                calls = [call for message in self.screen for call in message.get("toolCalls", ())]
                found = next(call for call in reversed(calls) if call["id"] == event["toolCallId"])
                found["function"]["arguments"] += event["delta"]
            case "TOOL_CALL_RESULT":
                result = {"id": event["messageId"], "role": "tool", "toolCallId": event["toolCallId"]}
                self.screen.append(result | {"content": event["content"]})
            case "MESSAGES_SNAPSHOT":
                self.screen = event["messages"]
            case _:
                pass

    def _message(self, identity: str | None) -> Any:
        found = next((message for message in self.screen if message["id"] == identity), None)
        if found is None:
            found = {"id": identity or uuid.uuid4().hex, "role": "assistant", "content": ""}
            self.screen.append(found)
        return found


class AguiBrief(Agui):
    """An AG-UI client that sends only what is new."""

    def _sent(self) -> list[Message]:
        new: list[Message] = []
        for message in reversed(self.screen):
            if message["role"] == "assistant":
                break
            new.insert(0, message)
        return new


class CopilotKit(Agui):
    """A CopilotKit page: no protocol version; its runs go on when it leaves, until somebody stops them."""

    path = "/api/copilotkit/agent/{agent}/run"
    version: dict[str, Any] = {}  # noqa: RUF012 - a constant

    def _stop(self, run: str) -> None:
        self._gone()

    def _gone(self) -> None:
        self.http.post(f"/api/copilotkit/agent/{self.agent}/stop/{self.thread}")


class OpenAI(Window):
    """A window that keeps an OpenAI history, and names its thread."""

    def say(self, text: str, ending: Ending = "finish") -> str | None:
        self.screen.append({"role": "user", "content": text})
        return self._run(ending)

    def answer(self, text: str, which: str) -> str | None:
        calls = [call["id"] for message in self.screen for call in message.get("tool_calls", ())]
        answered = [message["tool_call_id"] for message in self.screen if message["role"] == "tool"]
        waiting = [call for call in calls if call not in answered]
        chosen = calls[:1] if which == "late" else waiting[:1] if which == "first" else waiting
        if not chosen:
            return None
        before = list(self.screen)
        self.screen += [{"role": "tool", "tool_call_id": call, "content": text} for call in chosen]
        fault = self._run("finish")
        if fault is not None and fault.startswith("400"):
            self.screen = before  # the answers that were left out are named
            return None
        return fault

    def _headers(self) -> dict[str, str]:
        return {"X-Thread-Id": self.thread}

    def _once(self, ending: Ending) -> str | None:
        tools = [{"type": "function", "function": CONFIRM}]
        body = {"model": self.agent, "messages": self.screen, "tools": tools, "stream": True, "ag_ui": {"events": True}}
        answer: Message = {"role": "assistant", "content": ""}
        calls: list[Any] = []
        with self.http.stream("POST", "/v1/chat/completions", json=body, headers=self._headers()) as response:
            if response.status_code != 200:
                return f"{response.status_code} {response.read().decode()}"
            for line in response.iter_lines():
                if not line.startswith("data:") or line.endswith("[DONE]"):
                    continue
                chunk = json.loads(line[5:])
                if "error" in chunk:
                    return str(chunk)
                if chunk["choices"]:
                    delta = chunk["choices"][0]["delta"]
                    answer["content"] += delta.get("content") or ""
                    _add_calls(calls, delta.get("tool_calls") or ())
                if (chunk.get("ag_ui") or {}).get("name") == "entered":
                    if self.in_tool:
                        self.in_tool()
                    if ending == "leave":
                        break
                    assert self.http.post(f"/runs/{response.headers['x-run-id']}/stop").status_code == 200
        if calls and ending == "finish":
            answer["tool_calls"] = calls
        self.screen.append(answer)
        return None


class OpenAIStateless(OpenAI):
    """A window that keeps an OpenAI history; its thread is found by that."""

    def _headers(self) -> dict[str, str]:
        return {}


def _add_calls(calls: list[Any], deltas: Any) -> None:
    for delta in deltas:
        if delta["index"] == len(calls):
            calls.append({"id": delta["id"], "type": "function", "function": {"name": "", "arguments": ""}})
        function = delta.get("function") or {}
        calls[delta["index"]]["function"]["name"] += function.get("name") or ""
        calls[delta["index"]]["function"]["arguments"] += function.get("arguments") or ""


def _is_confirm(call: Any) -> bool:
    return bool(call["function"]["name"] == "confirm")


WINDOWS: dict[str, type[Window]] = {
    "agui": Agui,
    "agui-brief": AguiBrief,
    "copilotkit": CopilotKit,
    "openai": OpenAI,
    "openai-stateless": OpenAIStateless,
}
