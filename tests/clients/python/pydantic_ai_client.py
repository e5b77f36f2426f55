"""pydantic-ai, by either API."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class Client:
    """The same conversations as the other clients hold."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        self._at = (base_url, api_key)
        self._kind: Any = OpenAIChatModel if api == "chat" else OpenAIResponsesModel

    def _agent(self, **more: Any) -> Agent[None, str]:
        base_url, api_key = self._at
        model = self._kind("teller", provider=OpenAIProvider(base_url=base_url, api_key=api_key))
        return Agent(model, **more)

    def text(self) -> str:
        return str(self._agent().run_sync("count 3").output)

    def stream(self) -> list[str]:
        async def read() -> list[str]:
            async with self._agent().run_stream("count 3") as answer:
                return [piece async for piece in answer.stream_text(delta=True, debounce_by=None)]

        return asyncio.run(read())

    def history(self) -> str:
        agent = self._agent()
        first = agent.run_sync("count 3")
        return str(agent.run_sync("дальше", message_history=first.all_messages()).output)

    def tool(self) -> list[Any]:
        given: list[Any] = []

        def paint(цвет: str) -> str:
            """Paint the page."""
            given.append(цвет)
            return "готово"

        return [given, self._agent(tools=[paint]).run_sync("call сделай").output]

    def failure(self) -> str:
        try:
            self._agent(retries=0).run_sync("fail")
        except Exception as error:
            return type(error).__name__
        return ""
