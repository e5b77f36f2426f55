"""Which chat model serves: a real one when the environment names one, else the built-in demo model.

`OPENAI_API_KEY` or `OPENAI_BASE_URL` choose `ChatOpenAI` (any OpenAI-compatible endpoint), `OPENAI_MODEL` its
model.
"""

import os
from functools import lru_cache

from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from graphs.demo.model import DemoModel

DEFAULT_MODEL = "gpt-4.1-mini"
DEFAULT_DELAY = 0.03


def chat_model() -> BaseChatModel:
    """The model for this run. The environment is read each time; equal settings give the same object."""
    key, base_url = os.environ.get("OPENAI_API_KEY"), os.environ.get("OPENAI_BASE_URL")
    if key or base_url:
        return _openai(key or "none", base_url or None, os.environ.get("OPENAI_MODEL") or DEFAULT_MODEL)
    return _demo(float(os.environ.get("DEMO_MODEL_DELAY") or DEFAULT_DELAY))


# Cached because a ChatOpenAI holds a connection pool.
@lru_cache(maxsize=8)
def _openai(key: str, base_url: str | None, name: str) -> BaseChatModel:
    return ChatOpenAI(
        model=name,
        api_key=SecretStr(key),  # servers on one's own machine often want none, the client always sends one
        base_url=base_url,
        streaming=True,
        stream_usage=True,
    )


@lru_cache(maxsize=8)
def _demo(delay: float) -> BaseChatModel:
    return DemoModel(delay=delay)
