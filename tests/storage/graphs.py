"""A graph that shows its answer, and stores it when the test lets it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langgraph.graph import START, MessagesState, StateGraph

from tests.strict import Strict


def count(messages: list[BaseMessage]) -> str:
    """How long the history is."""
    return f"answer {len(messages)}"


@dataclass
class Gated:
    """``shown`` is set when the answer was streamed; the node returns it when ``gate`` is set."""

    shown: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    long_answers: bool = False
    """What is stored needs pages of its own."""

    def graph(self) -> Any:
        """The graph, without a checkpointer."""
        model = Strict(reply=count)

        async def answer(state: MessagesState) -> dict[str, Any]:
            made = await model.ainvoke(state["messages"])
            self.shown.set()
            await self.gate.wait()
            if self.long_answers:
                made = AIMessage(made.text + " x" * 20_000, id=made.id)
            return {"messages": [made]}

        builder = StateGraph(MessagesState)
        builder.add_node(answer)
        builder.add_edge(START, "answer")
        return builder.compile()
