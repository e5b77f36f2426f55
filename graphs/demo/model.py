"""`DemoModel`: LangChain's chat model interface over `decide`.

What it promises a graph is what a real model does: text word by word, tool calls in pieces, usage at the end,
the finish reason, `stop`, `max_tokens` and `tool_choice` heeded, an immediate end when cancelled. It has no
network, no key and no memory of its own.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from graphs.demo.conversation import Turn
from graphs.demo.decide import decide
from graphs.demo.reply import Reply
from graphs.demo.structured import as_asked

NAME = "demo-rules"
WORD = re.compile(r"\s*\S+\s*")
ARGUMENTS_PIECE = 16  # characters


class DemoModel(BaseChatModel):
    """A rule-based chat model. `delay` is the pause after each word, in seconds."""

    delay: float = 0.0

    @property
    def _llm_type(self) -> str:
        return NAME

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": NAME}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools, which it calls by their OpenAI form."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole: AIMessageChunk | None = None
        for chunk in _chunks(messages, stop, kwargs):
            whole = chunk if whole is None else whole + chunk
        assert whole is not None  # noqa: S101 - there is always a last chunk; for the type checker
        message = AIMessage(
            content=whole.content,
            tool_calls=whole.tool_calls,
            usage_metadata=whole.usage_metadata,
            response_metadata=whole.response_metadata,
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for message in _chunks(messages, stop, kwargs):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(message.text, chunk=chunk)
            yield chunk
            if self.delay:
                time.sleep(self.delay)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for message in _chunks(messages, stop, kwargs):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                await run_manager.on_llm_new_token(message.text, chunk=chunk)
            yield chunk
            # Also with no delay: a stream that never waits cannot be cancelled.
            await asyncio.sleep(self.delay)


def _chunks(
    messages: list[BaseMessage], stop: list[str] | str | None, settings: dict[str, Any]
) -> Iterator[AIMessageChunk]:
    """The whole answer in pieces. The last piece is empty and carries usage and finish reason."""
    choice = settings.get("tool_choice")
    tools = [] if choice == "none" else settings.get("tools") or []
    reply = decide(Turn.read(messages, tools), _forced(choice))
    text = reply.text if reply.calls else as_asked(reply.text, settings.get("response_format"))
    text, cut = _limit(text, stop, settings.get("max_tokens"))
    for word in WORD.findall(text):
        yield AIMessageChunk(content=word)
    calls = [] if cut else reply.calls
    for index, (name, arguments) in enumerate(calls):
        yield from _call(index, name, json.dumps(arguments, ensure_ascii=False))
    reason = "length" if cut else "tool_calls" if calls else "stop"
    yield AIMessageChunk(
        content="",
        usage_metadata=_usage(messages, reply, text),
        response_metadata={"finish_reason": reason, "model_name": NAME, "model_provider": "demo"},
        chunk_position="last",
    )


def _call(index: int, name: str, arguments: str) -> Iterator[AIMessageChunk]:
    first = tool_call_chunk(name=name, args="", id=f"call_{uuid4().hex[:24]}", index=index)
    yield AIMessageChunk(content="", tool_call_chunks=[first])
    for start in range(0, len(arguments), ARGUMENTS_PIECE):
        piece = tool_call_chunk(args=arguments[start : start + ARGUMENTS_PIECE], index=index)
        yield AIMessageChunk(content="", tool_call_chunks=[piece])


def _limit(text: str, stop: list[str] | str | None, max_tokens: int | None) -> tuple[str, bool]:
    """The text up to the first stop sequence and of at most so many words; whether words were cut off."""
    for sequence in [stop] if isinstance(stop, str) else stop or []:
        if sequence:
            text = text.split(sequence, 1)[0]
    words = WORD.findall(text)
    if max_tokens is not None and len(words) > max_tokens:
        return "".join(words[:max_tokens]), True
    return text, False


def _usage(messages: Sequence[BaseMessage], reply: Reply, text: str) -> UsageMetadata:
    """Words, not tokens: there is no tokenizer here, and a count of words is at least true."""
    spent = sum(len(message.text.split()) for message in messages)
    made = len(text.split()) + sum(len(json.dumps(arguments).split()) for _, arguments in reply.calls)
    return UsageMetadata(input_tokens=spent, output_tokens=made, total_tokens=spent + made)


def _forced(choice: object) -> str | None:
    """The tool that must be called; "required" and "any" are any tool, "auto" and "none" none."""
    match choice:
        case {"function": {"name": str(name)}}:
            return name
        case "auto" | "none" | None | False:
            return None
        case "required" | "any" | True:
            return "*"
        case str():
            return choice
        case _:
            return None
