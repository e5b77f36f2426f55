"""llm, the command and library of Simon Willison: a model of its file of OpenAI-compatible ones."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

HOME = tempfile.mkdtemp()
os.environ["LLM_USER_PATH"] = HOME

import llm  # noqa: E402 - it reads where its files are


class Client:
    """The same conversations as the other clients hold."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        del api
        entry = f"- model_id: teller\n  model_name: teller\n  api_base: {base_url}\n  supports_tools: true\n"
        (Path(HOME) / "extra-openai-models.yaml").write_text(entry)
        self._model: Any = llm.get_model("teller")
        self._model.key = api_key

    def text(self) -> str:
        return str(self._model.prompt("count 3", stream=False).text())

    def stream(self) -> list[str]:
        return [piece for piece in self._model.prompt("count 3") if piece]

    def history(self) -> str:
        conversation = self._model.conversation()
        conversation.prompt("count 3").text()
        return str(conversation.prompt("дальше").text())

    def tool(self) -> list[Any]:
        given: list[Any] = []

        def paint(цвет: str) -> str:
            """Paint the page."""
            given.append(цвет)
            return "готово"

        return [given, str(self._model.chain("call сделай", tools=[paint]).text())]

    def failure(self) -> str:
        try:
            self._model.prompt("fail").text()
        except Exception as error:
            return type(error).__name__
        return ""
