"""ag-ui-langgraph, the official integration, on the graphs of this directory: what a client has in the end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ag_ui.core import RunAgentInput
from ag_ui_langgraph import LangGraphAgent
from langgraph.checkpoint.memory import InMemorySaver

from bridge.events.event import Event, wire
from tests.agui.fold import Message, fold_messages, fold_state
from tests.agui.harness import Case

CONFIG = {"recursion_limit": 20}
QUESTION = {"id": "question", "role": "user", "content": "Помоги с маркетингом"}


@dataclass
class Received:
    """What a client has after a run: compared without ids, which each side makes for itself."""

    messages: list[Any]
    answers: list[Any]
    thoughts: list[str]
    state: Any
    interrupts: list[Any]
    error: bool


async def peer(case: Case) -> Received:
    """One run of the case's graph through ag-ui-langgraph."""
    graph = case.build(InMemorySaver())
    agent = LangGraphAgent(
        name="peer", graph=graph, emit_raw_events=False, emit_interrupt_outcome=True, config=dict(CONFIG)
    )
    asked = RunAgentInput.model_validate(
        {
            "threadId": "thread",
            "runId": "run",
            "state": {},
            "messages": [QUESTION],
            "tools": [],
            "context": [],
            "forwardedProps": {},
        }
    )
    events: list[Event] = []
    try:
        async for event in agent.run(asked):
            if event is not None:
                events.append(wire(event))  # noqa: PERF401 - what came before an error is kept
    except Exception:
        events.append({"type": "RUN_ERROR", "message": ""})
    return received(events)


def received(events: list[Event]) -> Received:
    """What the events leave a client with."""
    messages = fold_messages(events, [QUESTION])
    state = fold_state(events)
    ending = events[-1]
    outcome = ending.get("outcome") or {}
    return Received(
        messages=[
            _plain(message) for message in messages if message["role"] in ("user", "assistant") if _plain(message)
        ],
        answers=sorted((m["toolCallId"], _text(m["content"])) for m in messages if m["role"] == "tool"),
        thoughts=[message["content"] for message in messages if message["role"] == "reasoning"],
        state={
            key: value
            for key, value in (state or {}).items()
            if key not in ("messages", "tools", "ag-ui", "copilotkit")
        },
        interrupts=[_value(interrupt) for interrupt in outcome.get("interrupts", ())],
        error=ending["type"] == "RUN_ERROR",
    )


def _plain(message: Message) -> Any:
    calls = [
        (call["id"], call["function"]["name"], _json(call["function"]["arguments"]))
        for call in message.get("toolCalls") or ()
    ]
    text = _text(message.get("content"))
    return (message["role"], text, calls) if text or calls else None


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text") or f"[{part['type']}]" for part in content)
    return content or ""


def _json(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:
        return text


def _value(interrupt: Any) -> Any:
    metadata = interrupt.get("metadata") or {}
    return metadata.get("value", metadata.get("langgraph", {}).get("raw", interrupt.get("message")))
