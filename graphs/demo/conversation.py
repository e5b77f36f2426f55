"""The conversation as the rules see it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from graphs.housekeeping import is_housekeeping
from graphs.language import Language, conversation_language, text_language
from graphs.marking import unmarked, without_page
from graphs.money import day, fixed, percent

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
    asked: str = ""  # what the user had said before, when our answer to it was a question; of several answers, all
    previous: tuple[str, ...] = field(default=())  # all user messages before
    housekeeping: bool = False  # the front end asks by itself (`graphs.housekeeping`)

    @classmethod
    def read(cls, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> "Turn":
        """Read a conversation and the tools in OpenAI's form."""
        last = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
        before, after = messages[: max(last, 0)], messages[last + 1 :]
        spoken = tuple(_words(message) for message in before if isinstance(message, HumanMessage))
        return cls(
            text=_words(messages[last]) if last >= 0 else "",
            language=_language(messages),
            tools={tool["function"]["name"]: tool["function"] for tool in tools if "function" in tool},
            results=tuple(_results(after)),
            earlier=tuple(_results(before)),
            asked=_asked(before),
            previous=spoken,
            housekeeping=is_housekeeping(messages[: last + 1]),
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
        text = fixed(value, digits, sign=sign)
        return text.replace(".", ",") if self.ru else text

    def day(self, iso: str | None) -> str:
        """A date as the language writes it; a dash for None."""
        return day(iso) if self.ru or iso is None else iso

    def newest(self, *tools: str) -> Result | None:
        """The newest successful result of one of these tools, now or earlier."""
        found = [result for result in (*self.earlier, *self.results) if result.tool in tools and not result.failed]
        return found[-1] if found else None


def _words(message: BaseMessage) -> str:
    return without_page(message.text)[:_READ]


def _asked(before: Sequence[BaseMessage]) -> str:
    """What the user has said since the last turn that did something, if each of our answers was a question."""
    said: list[str] = []
    for message in reversed(before):
        if isinstance(message, HumanMessage):
            said.append(_words(message))
        elif isinstance(message, ToolMessage) or (
            isinstance(message, AIMessage) and (message.tool_calls or "?" not in message.text)
        ):
            break
    return ", ".join(reversed(said))[-_READ:]


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
            text = unmarked(message.text)
            yield Result(name, arguments, _json(text), text, message.status == "error")


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
