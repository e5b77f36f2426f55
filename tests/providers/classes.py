"""The provider classes, each pointed at the server of these tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_aws import ChatBedrockConverse
from langchain_core.language_models import BaseChatModel
from langchain_deepseek import ChatDeepSeek
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

KEY = SecretStr("key")


@dataclass(frozen=True)
class Class:
    """One provider class.

    ``thoughts``: whether its wire has any. ``parts``: whether thoughts come in parts that are told apart. ``refusal``:
    how a refusal comes: as ``"text"``, or only by the finish reason (``"reason"``: there is no text on the wire, or the
    class drops it). ``ids``: whether calls have ids on the wire. ``cut``: whether an answer that was cut is an answer.
    """

    build: Callable[[str], BaseChatModel]
    thoughts: bool = True
    parts: bool = False
    refusal: str = "reason"
    ids: bool = True
    cut: bool = True


def _openai(url: str, **more: Any) -> BaseChatModel:
    return ChatOpenAI(model="gpt-x", api_key=KEY, base_url=f"{url}/v1", max_retries=0, stream_usage=True, **more)


class Structured(ChatOpenAI):
    """Always asks for JSON by a schema: langchain-openai streams that another way."""

    @property
    def _default_params(self) -> dict[str, Any]:
        return {**super()._default_params, "response_format": {"type": "json_object"}}


def _structured(url: str) -> BaseChatModel:
    return Structured(model="gpt-x", api_key=KEY, base_url=f"{url}/v1", max_retries=0, stream_usage=True)


def _responses(url: str) -> BaseChatModel:
    return _openai(url, use_responses_api=True)


def responses_in(form: str, url: str) -> BaseChatModel:
    """The Responses API in one of langchain-openai's formats."""
    return _openai(url, use_responses_api=True, output_version=form)


def _anthropic(url: str) -> BaseChatModel:
    return ChatAnthropic(model_name="claude-x", api_key=KEY, base_url=url, max_retries=0, timeout=30, stop=None)


def _gemini(url: str) -> BaseChatModel:
    return ChatGoogleGenerativeAI(model="gemini-x", api_key=KEY, base_url=url, max_retries=1, include_thoughts=True)


def _bedrock(url: str) -> BaseChatModel:
    fields: dict[str, Any] = {"region_name": "us-east-1", "aws_access_key_id": KEY, "aws_secret_access_key": KEY}
    fields |= {"provider": "anthropic", "disable_streaming": False, "endpoint_url": url}
    return ChatBedrockConverse(model="claude-x", **fields)


def _deepseek(url: str) -> BaseChatModel:
    fields: dict[str, Any] = {"api_base": f"{url}/v1", "max_retries": 0, "stream_usage": True}
    return ChatDeepSeek(model="deepseek-x", api_key=KEY, **fields)


def _ollama(url: str) -> BaseChatModel:
    return ChatOllama(model="llama-x", base_url=url, reasoning=True)


CLASSES = {
    "ChatOpenAI": Class(_openai, thoughts=False),
    "ChatOpenAI, response_format": Class(_structured, thoughts=False, refusal="text", cut=False),
    "ChatOpenAI, Responses API": Class(_responses, parts=True, refusal="text"),
    "ChatAnthropic": Class(_anthropic, parts=True, refusal="text"),
    "ChatGoogleGenerativeAI": Class(_gemini, ids=False),
    "ChatBedrockConverse": Class(_bedrock, parts=True, refusal="text"),
    "ChatDeepSeek": Class(_deepseek),
    "ChatOllama": Class(_ollama, refusal="text", ids=False),
}
