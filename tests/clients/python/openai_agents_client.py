"""openai-agents, by either API."""

from __future__ import annotations

import asyncio
from typing import Any

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI

set_tracing_disabled(True)


class Client:
    """The same conversations as the other clients hold."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        self._at = (base_url, api_key)
        self._kind: Any = OpenAIChatCompletionsModel if api == "chat" else OpenAIResponsesModel

    def _agent(self, *tools: Any) -> Agent:
        base_url, api_key = self._at
        sdk = AsyncOpenAI(base_url=base_url, api_key=api_key, max_retries=0)
        return Agent(name="teller", model=self._kind(model="teller", openai_client=sdk), tools=list(tools))

    def text(self) -> str:
        return str(asyncio.run(Runner.run(self._agent(), "count 3")).final_output)

    def stream(self) -> list[str]:
        async def read() -> list[str]:
            answer = Runner.run_streamed(self._agent(), "count 3")
            return [
                event.data.delta
                async for event in answer.stream_events()
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
            ]

        return asyncio.run(read())

    def history(self) -> str:
        async def talk() -> str:
            agent = self._agent()
            first = await Runner.run(agent, "count 3")
            given: list[Any] = [*first.to_input_list(), {"role": "user", "content": "дальше"}]
            return str((await Runner.run(agent, given)).final_output)

        return asyncio.run(talk())

    def tool(self) -> list[Any]:
        given: list[Any] = []

        def paint(цвет: str) -> str:
            """Paint the page."""
            given.append(цвет)
            return "готово"

        return [given, str(asyncio.run(Runner.run(self._agent(function_tool(paint)), "call сделай")).final_output)]

    def failure(self) -> str:
        try:
            asyncio.run(Runner.run(self._agent(), "fail"))
        except Exception as error:
            return type(error).__name__
        return ""
