"""An agent that does what it is asked for by one word. Tests copy it, and change the copy."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import interrupt

NAME = "первый"


class Words(BaseChatModel):
    """Two words, the second one when there is a file ``go``; then what they cost."""

    @property
    def _llm_type(self) -> str:
        return "words"

    def _generate(self, *given: Any, **named: Any) -> ChatResult:
        raise NotImplementedError

    async def _astream(self, *given: Any, **named: Any) -> AsyncIterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(content="Раз, "))
        while not Path("go").exists():  # noqa: ASYNC110, ASYNC240 - who makes it is another process
            await asyncio.sleep(0.01)
        used: Any = {"input_tokens": 30, "output_tokens": 12, "total_tokens": 42}
        yield ChatGenerationChunk(message=AIMessageChunk(content="два.", usage_metadata=used))


@tool
async def weather(city: str) -> str:
    """The weather in a city."""
    return f"{city}: +3"


async def answer(state: MessagesState) -> dict[str, Any]:
    messages = state["messages"]
    text = messages[-1].text
    match text:
        case "words":
            return {"messages": [await Words().ainvoke(messages)]}
        case "ask" | "спроси":
            agreed = interrupt({"message": "Отправить письмо?", "response_schema": {"type": "boolean"}})
            return {"messages": [AIMessage("Отправлено." if agreed else "Не отправлено.")]}
        case "tool":
            call = {"id": "c1", "name": "weather", "args": {"city": "Казань"}, "type": "tool_call"}
            return {"messages": [AIMessage("Смотрю.", tool_calls=[call])]}
        case "fail":
            raise ValueError("the shop is closed")
        case "escape":
            return {"messages": [AIMessage("\x1b[2J\x1b]0;owned\x07here\u202e")]}
        case _:
            return {"messages": [AIMessage(f"{NAME}: {text} ({len(messages)})")]}


def block(state: MessagesState) -> dict[str, Any]:
    """A plain function that nobody can stop."""
    Path("blocked").touch()
    time.sleep(600)
    return {}


builder = StateGraph(MessagesState)
builder.add_node(answer)
builder.add_node("tools", ToolNode([weather]))
builder.add_edge(START, "answer")
builder.add_conditional_edges("answer", tools_condition)
builder.add_edge("tools", "answer")
graph = builder.compile()

blocking = StateGraph(MessagesState).add_node(block).add_edge(START, "block").compile()
