"""The tests' agent ``teller``, whose model also says what it used: some clients cannot do without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph

from tests.http.graphs import Teller


class Counted(Teller):
    """A token for each message it reads, and one that it says."""

    async def _say(self, messages: list[BaseMessage], settings: dict[str, Any]) -> AsyncIterator[AIMessageChunk]:
        async for message in super()._say(messages, settings):
            yield message
        read = len(messages)
        usage = UsageMetadata(input_tokens=read, output_tokens=1, total_tokens=read + 1)
        yield AIMessageChunk(content="", usage_metadata=usage)


async def answer(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    """One call of the model, with what the client declared."""
    model: Any = Counted()
    if tools := config["configurable"].get("client_tools"):
        model = model.bind_tools(tools)
    return {"messages": [await model.ainvoke(state["messages"], config)]}


graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
