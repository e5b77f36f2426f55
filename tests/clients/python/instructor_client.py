"""instructor: an object in place of a text, by a call that the model is forced to make."""

from __future__ import annotations

from typing import Any

import instructor
from openai import OpenAI
from pydantic import BaseModel


class Colour(BaseModel):
    """What the agent calls its tool with."""

    цвет: str


class Client:
    """It has no text of its own: all it gives is objects."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        del api
        self._client: Any = instructor.from_openai(OpenAI(base_url=base_url, api_key=api_key, max_retries=0))

    def tool(self) -> list[Any]:
        made = self._client.chat.completions.create(
            model="teller", messages=[{"role": "user", "content": "call сделай"}], response_model=Colour
        )
        return [[made.цвет], ""]

    def stream(self) -> list[str]:
        made = self._client.chat.completions.create_partial(
            model="teller", messages=[{"role": "user", "content": "call сделай"}], response_model=Colour
        )
        return [str(part.цвет) for part in made if part.цвет]

    def failure(self) -> str:
        try:
            self._client.chat.completions.create(
                model="teller",
                messages=[{"role": "user", "content": "fail"}],
                response_model=Colour,
                max_retries=0,
            )
        except Exception as error:
            return type(error).__name__
        return ""
