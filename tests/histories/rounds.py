"""A graph that calls the client's tool four times before it answers, and counts: a thread that is lost counts anew."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator
from typing import Annotated, Any

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph

ARGUMENTS = (
    '{ "price": 15.0, "text": "ж and \\u0436", "n": 1e3 }',
    '{"b": 1, "a": {"x": 0.10, "7": [1.0, 2.5, true, null]}, "3": "three"}',
    "{}",
    '{"line": "one\\r\\ntwo  ", "deep": [[[{"z": -0.0}]]], "large": 123456789012345}',
)
"""As models write them, and no client does."""


class Caller(GenericFakeChatModel):
    """Calls the tool with the arguments of this round, or answers with what it was given."""

    round: int

    async def _astream(self, messages: Any, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        del args, kwargs
        if self.round < len(ARGUMENTS):
            chunk = tool_call_chunk(name="colour", args=ARGUMENTS[self.round], id=f"call_{self.round}", index=0)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[chunk]))
        else:
            kinds = " ".join(message.type for message in messages)
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{self.round} rounds: {kinds}"))


class Count(MessagesState, total=False):
    """``rounds``: how often this thread was gone on with."""

    rounds: Annotated[int, operator.add]


async def step(state: Count, config: RunnableConfig) -> dict[str, Any]:
    """Call, or answer."""
    model = Caller(messages=iter(()), round=state.get("rounds", 0))
    return {"messages": [await model.ainvoke(state["messages"], config)], "rounds": 1}


ANSWER = "4 rounds: human" + len(ARGUMENTS) * " ai tool"

graph = StateGraph(Count).add_node(step).add_edge(START, "step").compile()
