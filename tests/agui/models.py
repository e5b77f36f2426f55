"""Chat models that emit what they are given: scripted, chunk by chunk, on LangChain's own streaming path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field, PrivateAttr

Turn = list[AIMessageChunk | Exception]
"""What a model says in one call; an exception in it is raised at that place."""


class Scripted(BaseChatModel):
    """Streams its turns, one a call; after the last it says that again."""

    turns: list[Any] = Field(default_factory=list)
    name_of_model: str = "scripted-1"
    provider: str = "scripted"
    _next: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {"ls_provider": self.provider, "ls_model_name": self.name_of_model, "ls_model_type": "chat"}

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        return self

    def _turn(self) -> Turn:
        turn: Turn = self.turns[min(self._next, len(self.turns) - 1)]
        self._next += 1
        return turn

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for item in self._turn():
            if isinstance(item, Exception):
                raise item
            yield ChatGenerationChunk(message=item.model_copy(deep=True))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages):
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        chunks = list(self._stream(messages))
        whole = message_chunk_to_message(sum((chunk.message for chunk in chunks[1:]), chunks[0].message))
        return ChatResult(generations=[ChatGeneration(message=whole)])


class Whole(Scripted):
    """Cannot stream: each turn arrives as one finished message."""

    disable_streaming: bool | Any = True


def say(*words: str, **more: Any) -> Turn:
    """Text, a chunk for each word."""
    return [AIMessageChunk(content=word, **more) for word in words]


def calls(*pieces: tuple[int | None, str | None, str | None, str | None], text: str = "") -> Turn:
    """Tool-call pieces, (index, id, name, arguments), a chunk each."""
    chunks: Turn = [AIMessageChunk(content=text)] if text else []
    for index, identity, name, arguments in pieces:
        piece = tool_call_chunk(name=name, args=arguments, id=identity, index=index)
        chunks.append(AIMessageChunk(content="", tool_call_chunks=[piece]))
    return chunks


def usage(given: int, taken: int, **response: Any) -> AIMessageChunk:
    """The closing chunk that many providers send: no content, what the call used, how it ended."""
    return AIMessageChunk(
        content="",
        usage_metadata={"input_tokens": given, "output_tokens": taken, "total_tokens": given + taken},
        response_metadata=response,
    )
