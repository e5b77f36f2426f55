"""Which chat model serves: a real one when the environment names one, else the built-in demo model.

`OPENAI_API_KEY` or `OPENAI_BASE_URL` choose `ChatOpenAI` (any OpenAI-compatible endpoint), `OPENAI_MODEL` its
model.
"""

import os
from functools import lru_cache
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from pydantic import SecretStr

from graphs.demo.model import DemoModel

try:
    from langchain_openai import ChatOpenAI
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("the sales agent needs the extra 'demo': pip install '.[demo]'") from error

DEFAULT_MODEL = "gpt-4.1-mini"
DEFAULT_DELAY = 0.03


def chat_model() -> BaseChatModel:
    """The model for this run. The environment is read each time; equal settings give the same object."""
    key, base_url = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    if key or base_url:
        return _openai(key or "none", base_url or None, os.environ.get("OPENAI_MODEL") or DEFAULT_MODEL)
    return _demo(float(os.environ.get("DEMO_MODEL_DELAY") or DEFAULT_DELAY))


class Endpoint(ChatOpenAI):
    """`ChatOpenAI` for any server of its API.

    - `response_format` is sent as it is. `ChatOpenAI`'s own way leads through the SDK's parsing helper, which refuses
      every tool that is not `strict`; ours, and those of front ends, are not.
    - `max_tokens` is sent under the name it came with. `ChatOpenAI` renames it, and llama.cpp ignores the new name.
    """

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        response_format, max_tokens = kwargs.pop("response_format", None), kwargs.pop("max_tokens", None)
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if response_format is not None:
            payload["extra_body"] = {**(payload.get("extra_body") or {}), "response_format": response_format}
        if max_tokens is not None:
            payload["max_tokens"] = max_tokens
        return payload


# Cached because a ChatOpenAI holds a connection pool.
@lru_cache(maxsize=8)
def _openai(key: str, base_url: str | None, name: str) -> BaseChatModel:
    return Endpoint(
        model=name,
        api_key=SecretStr(key),  # servers on one's own machine often want none, the client always sends one
        base_url=base_url,
        streaming=True,
        stream_usage=True,
    )


@lru_cache(maxsize=8)
def _demo(delay: float) -> BaseChatModel:
    return DemoModel(delay=delay)
