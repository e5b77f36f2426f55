"""The graph and the model that every server here serves: one node, one model call, N tokens.

How many tokens, and how far apart, stands in the user's last message: ``"2000 0"`` is 2,000 tokens that are all there
at once, ``"2000 turn"`` the same with a turn of the event loop before each, ``"100 50"`` is 100 tokens, one every
50 ms, and ``"100 50 hold"`` the same with a minute's silence before the last. So the same request works over every
protocol, and nothing is configured on a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langgraph.graph import END, START, MessagesState, StateGraph

TOKEN = "слово "
"""Every token. Cyrillic, as our users' are: two bytes a letter on the wire, six where a server escapes them."""


TURN: Final = "turn"
"""In place of a pace: give the event loop a turn before each token."""

SILENCE = 60.0
"""Seconds before the last token, for who asks to hold it."""


LARGE = "a large answer"
"""What asks for `LARGE_PIECES` of `LARGE_PIECE` characters each: 8 MB, which would take a minute as tokens."""

LARGE_PIECES, LARGE_PIECE = 128, 65_536


class TokenModel(BaseChatModel):
    """Streams `TOKEN` as often, and at the pace, that the last message asks for.

    All at once, as LangChain's own fake models have them: what is measured is what each server makes of a token. With a
    turn of the event loop before each, as a model has them that reads a socket: what it costs to pass on each as it
    comes is measured too. At a pace: whether everybody gets theirs in time.
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
        if messages[-1].text == LARGE:
            for _ in range(LARGE_PIECES):
                await asyncio.sleep(0)
                yield ChatGenerationChunk(message=AIMessageChunk(content="x" * LARGE_PIECE))
            return
        count, pace, hold = asked(messages)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(count):
            if hold and number == count - 1:
                await asyncio.sleep(SILENCE)
            if pace == TURN:
                await asyncio.sleep(0)
            elif pace:
                # by the clock, not by adding up sleeps: a server that is late does not make the model slower
                await asyncio.sleep(max(0.0, start + number * pace - loop.time()))
            yield ChatGenerationChunk(message=AIMessageChunk(content=TOKEN))


def asked(messages: Sequence[BaseMessage]) -> tuple[int, float | Literal["turn"], bool]:
    """How many tokens the last message asks for, the seconds between two, or `TURN`, and whether to hold the last."""
    count, pace, *hold = str(messages[-1].text).split()
    return int(count), TURN if pace == TURN else float(pace) / 1000, bool(hold)


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
