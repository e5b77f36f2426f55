"""A model that refuses a broken history as OpenAI and Anthropic do: their rules, and the words of their errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field


class BadRequestError(ValueError):
    """HTTP 400, as the providers' clients raise it."""

    status_code = 400


def check_openai(messages: Sequence[BaseMessage]) -> None:
    """OpenAI's chat completions: each ``tool_calls`` is followed by its tool messages, and they answer nothing else."""
    waiting: list[str] = []
    called: list[str] = []
    for index, message in enumerate(messages):
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in called:
                raise BadRequestError(
                    f"Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    f"'tool_calls'. (messages[{index}], {message.tool_call_id})"
                )
            waiting = [call_id for call_id in waiting if call_id != message.tool_call_id]
            continue
        _openai_answered(waiting)
        waiting = called = _called(message)
    _openai_answered(waiting)


def _openai_answered(waiting: Sequence[str]) -> None:
    if waiting:
        raise BadRequestError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}"
        )


def check_anthropic(messages: Sequence[BaseMessage]) -> None:
    """Anthropic's messages: the next message holds one ``tool_result`` for each ``tool_use``; no text is empty."""
    index = 0
    while index < len(messages):
        message = messages[index]
        index += 1
        results: list[str] = [message.tool_call_id] if isinstance(message, ToolMessage) else []  # the first of all
        while index < len(messages) and isinstance(messages[index], ToolMessage):
            results.append(messages[index].tool_call_id)  # type: ignore[attr-defined]
            index += 1
        used = _called(message)
        missing = [call_id for call_id in used if call_id not in results]
        if missing:
            raise BadRequestError(
                f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}. Each "
                "`tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        unexpected = [call_id for call_id in results if call_id not in used]
        if unexpected:
            raise BadRequestError(
                f"unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(unexpected)}. Each `tool_result` "
                "block must have a corresponding `tool_use` block in the previous message."
            )
        twice = {call_id for call_id in results if results.count(call_id) > 1}
        if twice:
            raise BadRequestError(
                "each tool_use must have a single result. Found multiple `tool_result` blocks with id: "
                f"{', '.join(sorted(twice))}"
            )
        if isinstance(message, AIMessage) and not message.text and not used and index < len(messages):
            raise BadRequestError(
                "all messages must have non-empty content except for the optional final assistant message"
            )


def _called(message: BaseMessage) -> list[str]:
    if not isinstance(message, AIMessage):
        return []
    return [str(call["id"]) for call in [*message.tool_calls, *message.invalid_tool_calls]]


def check(messages: Sequence[BaseMessage]) -> None:
    """Raises `BadRequestError` for a history that OpenAI or Anthropic refuses."""
    check_openai(messages)
    check_anthropic(messages)


class Strict(BaseChatModel):
    """Checks what it is given, then answers what ``reply`` returns: a text, or a message with calls. Streams words.

    ``seen`` are the histories it was given, ``refused`` what it raised.
    """

    reply: Callable[[list[BaseMessage]], AIMessage | str]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    refused: list[str] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "strict"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self

    def _answer(self, messages: list[BaseMessage]) -> AIMessage:
        self.seen.append(list(messages))
        try:
            check(messages)
        except BadRequestError as error:
            self.refused.append(str(error))
            raise
        answer = self.reply(messages)
        return AIMessage(answer) if isinstance(answer, str) else answer

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        answer = self._answer(messages)
        words = answer.text.split(" ") if answer.text else []
        for index, word in enumerate(words):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word if index == len(words) - 1 else f"{word} "))
            await asyncio.sleep(0)
        calls: list[Any] = [*answer.tool_calls, *answer.invalid_tool_calls]
        for index, call in enumerate(calls):
            arguments = call["args"] if isinstance(call["args"], str) else json.dumps(call["args"])
            chunk = tool_call_chunk(name=call["name"], args=arguments, id=call["id"], index=index)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[chunk]))
            await asyncio.sleep(0)
        if not words and not calls:
            yield ChatGenerationChunk(message=AIMessageChunk(content=""))
