"""LlamaIndex: its class for servers that speak OpenAI's API."""

from __future__ import annotations

from typing import Any

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike


class Client:
    """The same conversations as the other clients hold."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        del api
        self._model: Any = OpenAILike(
            model="teller",
            api_base=base_url,
            api_key=api_key,
            is_chat_model=True,
            is_function_calling_model=True,
            max_retries=0,
        )

    def text(self) -> str:
        return str(self._model.chat([ChatMessage("count 3")]).message.content)

    def stream(self) -> list[str]:
        return [piece.delta for piece in self._model.stream_chat([ChatMessage("count 3")]) if piece.delta]

    def history(self) -> str:
        first = self._model.chat([ChatMessage("count 3")]).message
        return str(self._model.chat([ChatMessage("count 3"), first, ChatMessage("дальше")]).message.content)

    def tool(self) -> list[Any]:
        def paint(цвет: str) -> str:
            """Paint the page."""
            return цвет

        tool = FunctionTool.from_defaults(paint)
        history = [ChatMessage("call сделай")]
        asked = self._model.chat_with_tools([tool], chat_history=history)
        [call] = self._model.get_tool_calls_from_response(asked)
        result = ChatMessage("готово", role="tool", additional_kwargs={"tool_call_id": call.tool_id})
        done = self._model.chat_with_tools([tool], chat_history=[*history, asked.message, result])
        return [[call.tool_kwargs["цвет"]], str(done.message.content)]

    def failure(self) -> str:
        try:
            self._model.chat([ChatMessage("fail")])
        except Exception as error:
            return type(error).__name__
        return ""
