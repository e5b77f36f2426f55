"""The sales agent's model, against servers of OpenAI's API that are not OpenAI's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from pydantic import SecretStr

from graphs.model import Endpoint
from graphs.request import read_request
from tests.providers.canned import DONE, chunk, serving

pytestmark = pytest.mark.anyio

SENT: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.9,
    "max_tokens": 60,
    "stop": ["x"],
    "seed": 7,
    "response_format": {"type": "json_object"},
    "reasoning_effort": "low",
    "user": "u",
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "metadata": {"chat": "c"},
    "logit_bias": {"50256": -100},
    "verbosity": "low",
}
BOTH = {"max_tokens": 5, "max_completion_tokens": 6}


def endpoint(url: str) -> Endpoint:
    return Endpoint(model="m", api_key=SecretStr("k"), base_url=f"{url}/v1", max_retries=0, streaming=True)


@pytest.mark.parametrize(
    "settings", [SENT, {"max_completion_tokens": 60}, {"max_tokens": 5, "max_completion_tokens": 6}]
)
async def test_what_reaches_the_model_is_what_was_sent(settings: dict[str, Any]) -> None:
    config: RunnableConfig = {"configurable": {"model_settings": settings}}
    async with serving(chunk({"content": "Yes."}, "stop") + DONE) as server:
        await endpoint(server.url).bind(**read_request(config).model_settings).ainvoke("Hello?")
        asked = json.loads(server.asked[0])
    assert {name: value for name, value in asked.items() if name not in ("messages", "model", "stream")} == settings
