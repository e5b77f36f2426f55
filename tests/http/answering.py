"""Graphs whose answers are not a plain message: structured, without messages, functional, at once, tried again."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypedDict

from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langgraph.func import entrypoint
from langgraph.graph import START, MessagesState, StateGraph, add_messages
from langgraph.prebuilt import ToolNode
from langgraph.types import RetryPolicy
from pydantic import BaseModel

from tests.agui.models import Scripted, calls, say


class Weather(BaseModel):
    """The weather."""

    city: str
    degrees: int


_STRUCTURED = calls((0, "w-1", "Weather", '{"city": "Казань", "degrees": 3}'))

structured = create_agent(Scripted(turns=[_STRUCTURED]), [], response_format=ToolStrategy(Weather))
narrated = create_agent(
    Scripted(turns=[[AIMessageChunk(content="Смотрю. "), *_STRUCTURED]]), [], response_format=ToolStrategy(Weather)
)


class Question(TypedDict, total=False):
    """A state without messages."""

    question: str
    answer: str


async def _look_up(state: Question) -> Question:
    return {"answer": f"о {state.get('question')}"}


lookup = StateGraph(Question).add_node("look_up", _look_up).add_edge(START, "look_up").compile()


class Answered(TypedDict, total=False):
    """What leaves a graph that takes messages and gives an answer."""

    answer: str


class Both(MessagesState, total=False):
    """Messages in, an answer out."""

    answer: str


async def _answer(state: Both) -> dict[str, Any]:
    return {"answer": f"на «{state['messages'][-1].content}»"}


answered = (
    StateGraph(Both, input_schema=MessagesState, output_schema=Answered)
    .add_node("answer", _answer)
    .add_edge(START, "answer")
    .compile()
)


@entrypoint()
async def shout(given: dict[str, Any]) -> str:
    """A functional graph that returns text."""
    return str(given["messages"][-1].content).upper()


@entrypoint()
async def saving(given: dict[str, Any], *, previous: list[BaseMessage] | None = None) -> Any:
    """A functional graph that returns its answer, and saves the whole conversation for the next turn."""
    history: Any = add_messages(previous or [], given["messages"])  # type: ignore[arg-type] # a list of them
    asked = [message.content for message in history if isinstance(message, HumanMessage)]
    answer = await Scripted(turns=[say("Спросили: ", ", ".join(map(str, asked)))]).ainvoke(history)
    return entrypoint.final(value=answer, save=[*history, answer])


async def _repeat(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(json.dumps(state["messages"][-1].content, ensure_ascii=False))]}


repeating = StateGraph(MessagesState).add_node("repeat", _repeat).add_edge(START, "repeat").compile()


class Slow(Scripted):
    """Gives the others a turn between two words."""

    async def _astream(self, *args: Any, **kwargs: Any) -> Any:
        async for chunk in super()._astream(*args, **kwargs):
            await asyncio.sleep(0.01)
            yield chunk


def _branch(*words: str) -> Any:
    model = Slow(turns=[say(*words)])

    async def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    return node


at_once = (
    StateGraph(MessagesState)
    .add_node("left", _branch("раз ", "два ", "три"))
    .add_node("right", _branch("uno ", "dos ", "tres"))
    .add_edge(START, "left")
    .add_edge(START, "right")
    .compile()
)


class Failing(Slow):
    """Fails after two words, every other time."""

    count: list[int]

    async def _astream(self, *args: Any, **kwargs: Any) -> Any:
        self.count[0] += 1
        number = 0
        async for chunk in super()._astream(*args, **kwargs):
            yield chunk
            number += 1
            if number == 2 and self.count[0] % 2:
                raise ConnectionError("broken off")


_failing = Failing(turns=[say("раз ", "два ", "три ", "четыре")], count=[0])


async def _try(state: MessagesState) -> dict[str, Any]:
    return {"messages": [await _failing.ainvoke(state["messages"])]}


trying = (
    StateGraph(MessagesState)
    .add_node("try", _try, retry_policy=RetryPolicy(initial_interval=0.001, jitter=False))
    .add_edge(START, "try")
    .compile()
)

_fast_done = asyncio.Event()


async def fast(q: str) -> str:
    """Answers at once."""
    return f"быстро {q}"


async def slow(q: str) -> str:
    """Answers when somebody saw the fast one's answer."""
    await asyncio.wait_for(_fast_done.wait(), 20)
    return f"медленно {q}"


async def _both(state: MessagesState) -> dict[str, Any]:
    _fast_done.clear()
    pair = [{"id": name, "name": name, "args": {"q": "1"}} for name in ("slow", "fast")]
    return {"messages": [AIMessage("", tool_calls=pair)]}


tools = (
    StateGraph(MessagesState)
    .add_node("both", _both)
    .add_node("tools", ToolNode([fast, slow]))
    .add_edge(START, "both")
    .add_edge("both", "tools")
    .compile()
)


async def _release(state: MessagesState) -> dict[str, Any]:
    _fast_done.set()
    return {"messages": [AIMessage("готово")]}


release = StateGraph(MessagesState).add_node("release", _release).add_edge(START, "release").compile()
"""Lets `slow` go on."""
