"""Graphs for these tests: models that are slow, that fail, that call, that tell a file what happened to them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, SystemMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph

DIARY = "TEST_DIARY"
"""Names the file that a graph writes to: one line an entry, ``what seconds-since-the-epoch detail``."""

WORDS = "раз два три четыре пять шесть семь восемь девять десять".split()  # noqa: SIM905 - reads better


def note(what: str, detail: str = "") -> None:
    """Write an entry, at once: somebody may read it while the server still runs."""
    path = os.environ.get(DIARY)
    if path:
        with Path(path).open("a", encoding="utf-8") as diary:
            diary.write(f"{what} {time.time():.6f} {detail}\n")


class Teller(BaseChatModel):
    """Says what the last message asks for.

    ``count N`` counts that far, ``slow`` for ever, one word every 20 ms; ``silent`` says nothing for ever; ``fail``
    raises at once, ``break`` after some words; ``call`` calls the first tool the client declared; ``think`` reasons
    first; ``cut`` is cut by the limit of tokens; ``who`` repeats system prompts and settings; all else is echoed.
    """

    @property
    def _llm_type(self) -> str:
        return "teller"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=list(tools), tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(messages[-1].text))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        note("called", messages[-1].text[:100].replace("\n", " "))
        try:
            async for message in self._say(messages, kwargs):
                chunk = ChatGenerationChunk(message=message)
                if run_manager:
                    await run_manager.on_llm_new_token(message.text, chunk=chunk)
                yield chunk
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            note("cancelled")
            raise
        note("finished")

    async def _say(self, messages: list[BaseMessage], settings: dict[str, Any]) -> AsyncIterator[AIMessageChunk]:
        asked, _, rest = messages[-1].text.partition(" ")
        match asked:
            case "count":
                for number in range(int(rest)):
                    yield AIMessageChunk(content=f"{WORDS[number % 10]} ")
            case "slow":
                while True:
                    yield AIMessageChunk(content="ещё ")
                    await asyncio.sleep(0.02)
            case "silent":
                await asyncio.Event().wait()
            case "fail":
                raise RuntimeError("a secret that no client may see")
            case "break":
                yield AIMessageChunk(content="Начало ")
                yield AIMessageChunk(content="ответа")
                await asyncio.sleep(0.6)
                raise RuntimeError("a secret that no client may see")
            case "call" if settings.get("tools"):
                name = settings["tools"][0]["function"]["name"]
                yield AIMessageChunk(
                    content="", tool_call_chunks=[tool_call_chunk(name=name, args="", id="call_1", index=0)]
                )
                for piece in ('{"цвет": ', '"красный"}'):
                    yield AIMessageChunk(content="", tool_call_chunks=[tool_call_chunk(args=piece, index=0)])
            case "think":
                yield AIMessageChunk(content="", additional_kwargs={"reasoning_content": "Надо подумать."})
                yield AIMessageChunk(content="Готово.")
            case "cut":
                yield AIMessageChunk(content="Обрыв")
                yield AIMessageChunk(content="", response_metadata={"finish_reason": "length"}, chunk_position="last")
            case "who":
                prompts = [message.text for message in messages if isinstance(message, SystemMessage)]
                yield AIMessageChunk(content=f"{prompts} {sorted(settings)}")
            case _:
                yield AIMessageChunk(content=f"{len(messages)}: {messages[-1].text}")


async def answer(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
    """One call of the model, with what the client declared."""
    asked = config["configurable"]
    model: Any = Teller()
    if asked.get("client_tools"):
        model = model.bind_tools(asked["client_tools"])
    return {"messages": [await model.ainvoke(state["messages"], config)]}


class Board(MessagesState, total=False):
    """A state with something in it that a client may see, and something it may not."""

    notes: list[str]
    safe: str


async def keep(state: Board) -> dict[str, Any]:
    """Change the state before any text is emitted."""
    return {"notes": [*state.get("notes", []), "заметка"], "safe": "пароль-от-сейфа"}


def build() -> CompiledStateGraph[Board]:
    """A graph that keeps notes and answers."""
    graph = StateGraph(Board)
    graph.add_node("keep", keep)
    graph.add_node("answer", answer)
    graph.add_edge(START, "keep")
    graph.add_edge("keep", "answer")
    graph.add_edge("answer", END)
    return graph.compile()


teller = build()
