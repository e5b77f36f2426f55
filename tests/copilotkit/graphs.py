"""Graphs that do as the test says: one that waits in mid-sentence, one that asks a person, ones that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypedDict

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt
from pydantic import PrivateAttr, SecretStr

FIRST = ("Начнём ", "с ", "сегментов, ")
SECOND = ("затем ", "соберём ", "письмо.")
WHOLE = "".join((*FIRST, *SECOND))


class State(TypedDict, total=False):
    """Messages, and something for the page to show."""

    messages: Annotated[list[AnyMessage], add_messages]
    stage: str


class Halves(BaseChatModel):
    """Says the first half, then waits for `gate`. `half` is set when it waits; `cancelled` counts its ends there."""

    final_id: str | None = None  # the provider's, on its last chunk only: the whole message is kept under it
    _gate: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)
    _half: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)
    _cancelled: list[str] = PrivateAttr(default_factory=list)

    @property
    def gate(self) -> asyncio.Event:
        return self._gate

    @property
    def half(self) -> asyncio.Event:
        return self._half

    @property
    def cancelled(self) -> list[str]:
        return self._cancelled

    @property
    def _llm_type(self) -> str:
        return "halves"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for word in FIRST:
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        self._half.set()
        try:
            await self._gate.wait()
        except asyncio.CancelledError:
            self._cancelled.append(str(messages[-1].text))
            raise
        for word in SECOND:
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        if self.final_id is not None:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", id=self.final_id))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("it only streams")


def _compiled(node: Any) -> Any:
    graph = StateGraph(State)
    graph.add_node("answer", node)
    graph.add_edge(START, "answer")
    return graph.compile()


def speaker(model: Halves) -> Any:
    """Answers with that model, and says at which stage it is."""

    async def answer(state: State) -> State:
        return {"messages": [await model.ainvoke(state["messages"])], "stage": "draft"}

    return _compiled(answer)


def duet(first: Halves, second: Halves) -> Any:
    """Two nodes, two answers, one after the other."""

    async def begin(state: State) -> State:
        return {"messages": [await first.ainvoke(state["messages"])]}

    async def go_on(state: State) -> State:
        return {"messages": [await second.ainvoke(state["messages"])]}

    graph = StateGraph(State)
    graph.add_node("begin", begin)
    graph.add_node("go_on", go_on)
    graph.add_edge(START, "begin")
    graph.add_edge("begin", "go_on")
    return graph.compile()


def echo() -> Any:
    """Repeats what the user said."""

    async def answer(state: State) -> State:
        return {"messages": [AIMessage(f"Вы сказали: {state['messages'][-1].text}")], "stage": "echoed"}

    return _compiled(answer)


def asker() -> Any:
    """Asks a person before it answers."""

    async def answer(state: State) -> State:
        approved = interrupt({"message": "Согласовать скидку 15 %?", "reason": "discount_approval"})
        return {"messages": [AIMessage("Согласовано." if approved else "Отказано.")]}

    return _compiled(answer)


def failing(error: Exception) -> Any:
    """Fails with that error."""

    async def answer(state: State) -> State:
        raise error

    return _compiled(answer)


def unreachable() -> Any:
    """Its model's server does not answer."""
    model = ChatOpenAI(model="m", base_url="http://127.0.0.1:1/v1", api_key=SecretStr("secret"), max_retries=0)

    async def answer(state: State) -> State:
        return {"messages": [await model.ainvoke("secret prompt")]}

    return _compiled(answer)
