"""smolagents: its model class, and an agent that calls tools."""

from __future__ import annotations

from typing import Any

from smolagents import OpenAIModel


class Client:
    """The same conversations as the other clients hold."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        del api
        self._model: Any = OpenAIModel(
            "teller",
            api_base=base_url,
            api_key=api_key,
            client_kwargs={"max_retries": 0},
            flatten_messages_as_text=True,
        )

    def text(self) -> str:
        return str(self._model.generate([_user("count 3")]).content)

    def stream(self) -> list[str]:
        pieces = [delta.content for delta in self._model.generate_stream([_user("count 3")])]
        return [piece for piece in pieces if piece]

    def history(self) -> str:
        said = {"role": "assistant", "content": [{"type": "text", "text": self.text()}]}
        return str(self._model.generate([_user("count 3"), said, _user("дальше")]).content)

    def failure(self) -> str:
        try:
            self._model.generate([_user("fail")])
        except Exception as error:
            return type(error).__name__
        return ""


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}
