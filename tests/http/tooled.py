"""A graph with a tool of its own, as `create_agent` makes one: the model calls it, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


def find_deals(company: str) -> str:
    """Find a company's deals."""
    return f"{company}: сделка «Окна», 5 & более"


class Seller(BaseChatModel):
    """Calls `find_deals` once for each message of a person, then answers with how many messages it was shown."""

    @property
    def _llm_type(self) -> str:
        return "seller"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("".join(self._words(messages))))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if messages[-1].type == "human":
            call = ToolCall(name="find_deals", args={"company": messages[-1].text}, id=f"call-{len(messages)}")
            message = AIMessageChunk(content="Смотрю.", tool_calls=[call])
            yield ChatGenerationChunk(message=message)
            return
        for word in self._words(messages):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))

    def _words(self, messages: list[BaseMessage]) -> list[str]:
        spoken = [message.text for message in messages if message.type == "ai"]
        marks = sum("details" in text or "\u2063" in text for text in spoken)
        return ["Видел ", f"{len(messages)} ", f"сообщений, блоков {marks}."]


graph = create_agent(Seller(), [find_deals])
