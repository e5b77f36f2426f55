"""A graph whose model and state are odd: halves of emoji in consecutive tokens, integers beyond 64 bits, a cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt

LARGE = 2**70

TOKENS: dict[str, list[str]] = {
    "halves": ["a ", "\ud83d", "\ude00", " b"],
    "lone": ["a ", "\udcaf", " b"],
    "lines": ["a\u2028b", "\u2029", "\u0085c"],
}


class Model(BaseChatModel):
    """Says `TOKENS` of what it is asked; else ``ok``, after a call with a large integer if it is asked for that."""

    @property
    def _llm_type(self) -> str:
        return "odd"

    def _chunks(self, messages: list[BaseMessage]) -> list[AIMessageChunk]:
        asked = str(messages[-1].content)
        if asked == "call":
            arguments = json.dumps({"n": LARGE, "text": "\ud83d"})
            piece = tool_call_chunk(name="look", args=arguments, id="c1", index=0)
            return [AIMessageChunk(content="", id="m1", tool_call_chunks=[piece])]
        return [AIMessageChunk(content=token, id=f"m{len(messages)}") for token in TOKENS.get(asked, ["ok"])]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages):
            yield ChatGenerationChunk(message=chunk)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(str(chunk.content) for chunk in self._chunks(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class State(TypedDict, total=False):
    messages: Annotated[list[Any], add_messages]
    number: int
    note: Any


WRITTEN: dict[str, list[Any]] = {
    "written": [
        {"type": ["a"]},
        {"type": {}, "name": "x", "value": 1},
        {"type": "TEXT_MESSAGE_CONTENT", "delta": "no id"},
        {"type": "STATE_DELTA", "delta": "x"},
        {"type": "CUSTOM"},
        {("a", 1): 2, "type": None},
        {"name": ["x"], "value": 1},
        {1, 2},
        object(),
        float("nan"),
    ]
}


def answer(state: State) -> State:
    asked = str(state["messages"][-1].content)
    for event in WRITTEN.get(asked, ()):
        get_stream_writer()(event)
    if asked == "ask":
        return {"note": interrupt({"message": "?", "number": LARGE, "half": "\ud83d"})}
    reply = Model().invoke(state["messages"])
    if asked == "call":
        return {"messages": [reply, ToolMessage(str(LARGE), tool_call_id="c1")]}
    note: Any = {"large": LARGE, "half": "\udcaf"}
    return {"messages": [reply], "number": LARGE, "note": note}


graph = StateGraph(State).add_node(answer).add_edge(START, "answer").compile()
