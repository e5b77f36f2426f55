"""The conversation as the rules see it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from graphs.language import Language, conversation_language, text_language
from graphs.money import percent

_READ = 8000
"""Characters of a message that the rules look at. What they understand is said in a line; hundreds of patterns over
two megabytes would hold the event loop for seconds."""


@dataclass(frozen=True)
class Result:
    """What a tool answered. `data` is its JSON, or empty when it was none."""

    tool: str
    arguments: dict[str, Any]
    data: dict[str, Any]
    text: str
    failed: bool


@dataclass(frozen=True)
class Turn:
    """The newest user message and everything the rules may draw on to answer it."""

    text: str
    language: Language
    tools: dict[str, dict[str, Any]]  # the "function" part, by name
    results: tuple[Result, ...] = ()  # since the user spoke, oldest first
    earlier: tuple[Result, ...] = ()  # before, oldest first
    asked: str = ""  # the user message before, when our answer to it was a question
    previous: tuple[str, ...] = field(default=())  # all user messages before

    @classmethod
    def read(cls, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> "Turn":
        """Read a conversation and the tools in OpenAI's form."""
        last = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
        before, after = messages[: max(last, 0)], messages[last + 1 :]
        spoken = tuple(message.text[:_READ] for message in before if isinstance(message, HumanMessage))
        answer = next((message for message in reversed(before) if isinstance(message, AIMessage)), None)
        asking = answer is not None and not answer.tool_calls and "?" in answer.text
        return cls(
            text=messages[last].text[:_READ] if last >= 0 else "",
            language=_language(messages),
            tools={tool["function"]["name"]: tool["function"] for tool in tools if "function" in tool},
            results=tuple(_results(after)),
            earlier=tuple(_results(before)),
            asked=spoken[-1] if asking and spoken else "",
            previous=spoken,
        )

    @property
    def ru(self) -> bool:
        """Whether to answer in Russian."""
        return self.language == "ru"

    def say(self, ru: str, en: str) -> str:
        """The one of two texts in the language of the conversation."""
        return ru if self.ru else en

    def percent(self, rate: float | None, digits: int = 1) -> str:
        """A fraction as percent, with the decimal sign of the language."""
        return percent(rate, digits, decimal="," if self.ru else ".")

    def decimal(self, value: float, digits: int, *, sign: bool = False) -> str:
        """A number with the decimal sign of the language."""
        text = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
        return text.replace(".", ",") if self.ru else text

    def newest(self, *tools: str) -> Result | None:
        """The newest successful result of one of these tools, now or earlier."""
        found = [result for result in (*self.earlier, *self.results) if result.tool in tools and not result.failed]
        return found[-1] if found else None


def _language(messages: Sequence[BaseMessage]) -> Language:
    """Instructions are written in the language of the conversation; without them the conversation decides."""
    if messages and isinstance(messages[0], SystemMessage) and (found := text_language(messages[0].text)):
        return found
    return conversation_language(messages)


def _results(messages: Sequence[BaseMessage]) -> Iterator[Result]:
    calls: dict[str, tuple[str, dict[str, Any]]] = {}
    for message in messages:
        if isinstance(message, AIMessage):
            calls.update({call["id"] or "": (call["name"], call["args"]) for call in message.tool_calls})
        elif isinstance(message, ToolMessage):
            name, arguments = calls.get(message.tool_call_id, (message.name or "", {}))
            yield Result(name, arguments, _json(message.text), message.text, message.status == "error")


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
