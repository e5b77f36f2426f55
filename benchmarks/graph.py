"""The graph and the model that every server here serves: one node, one model call, N tokens.

How many tokens, and how far apart, stands in the user's last message: ``"2000 0"`` is 2,000 tokens as fast as they
can be taken, ``"100 50"`` is 100 tokens, one every 50 ms. So the same request works over every protocol, and nothing
is configured on a server.

Between tokens the model gives the event loop one turn, as a model does that reads its tokens from a socket. Without
it no server could send a token before the last one is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langgraph.graph import END, START, MessagesState, StateGraph

TOKEN = "слово "
"""Every token. Cyrillic, as our users' are: two bytes a letter on the wire, six where a server escapes them."""


class TokenModel(BaseChatModel):
    """Streams `TOKEN` as often, and at the pace, that the last message asks for.

    Without a pace all tokens are there at once, as of LangChain's own fake models: what is measured is what each server
    makes of them. A paced one waits before each, and each is then a turn of the event loop, and a write, of its own.
    """

    @property
    def _llm_type(self) -> str:
        return "tokens"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("the benchmarks stream")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        count, pace = asked(messages)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(count):
            if pace:
                # by the clock, not by adding up sleeps: a server that is late does not make the model slower
                await asyncio.sleep(max(0.0, start + number * pace - loop.time()))
            yield ChatGenerationChunk(message=AIMessageChunk(content=TOKEN))


def asked(messages: Sequence[BaseMessage]) -> tuple[int, float]:
    """How many tokens the last message asks for, and the seconds between two."""
    count, _, pace = str(messages[-1].text).partition(" ")
    return int(count), float(pace or 0) / 1000


async def answer(state: MessagesState) -> dict[str, list[BaseMessage]]:
    """The one node: ask the model."""
    return {"messages": [await MODEL.ainvoke(state["messages"])]}


MODEL = TokenModel()
builder = StateGraph(MessagesState)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
builder.add_edge("answer", END)

graph = builder.compile()
"""Without a checkpointer, for servers that bring their own."""
