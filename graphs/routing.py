"""Who answers: by what the conversation shows, and only in doubt by asking the model."""

import re
from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langgraph.constants import TAG_NOSTREAM

from graphs.prompts import route_prompt
from graphs.state import Department

# Beginnings of words. A message that has words of one department only is clear.
SALES = re.compile(
    r"\b(?:лид|сделк|воронк|прогноз|квалифи|bant|товар|продукт|прайс|кп\b|коммерческ\w* предлож|скидк|продаж|"
    r"lead|deal|pipeline|forecast|qualif|product|price|quote|discount|sales)",
    re.IGNORECASE,
)
MARKETING = re.compile(
    r"\b(?:маркетинг|кампани|сегмент|рассылк|аудитори|a/b|а/б|ab[- ]?тест|аб[- ]?тест|конверси\w*"
    r" (?:вариант|письм)|реклам|"
    r"open rate|открываемост|ctr|cac|roas|"
    r"marketing|campaign|segment|newsletter|mailing|audience|a/b|ab test|split test|advert)",
    re.IGNORECASE,
)
FOLLOW_UP_WORDS = 6
RECENT = 6  # messages the model is shown to decide


def by_words(messages: Sequence[BaseMessage], current: Department | None) -> Department | None:
    """The department that the conversation itself shows; None when in doubt.

    A short message without any department's words ("да", "его") goes on with the current one.
    """
    text = next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")
    sales, marketing = SALES.search(text), MARKETING.search(text)
    if sales and marketing:
        # "Найди лидов и составь кампанию": who is named first begins, and hands over.
        return "sales" if sales.start() < marketing.start() else "marketing"
    if sales:
        return "sales"
    if marketing:
        return "marketing"
    if current in {"sales", "marketing"} and len(text.split()) <= FOLLOW_UP_WORDS:
        return current
    return None


@tool
def route(department: Literal["sales", "marketing", "assistant"]) -> str:
    """Choose who answers."""
    return department


async def by_model(model: BaseChatModel, messages: Sequence[BaseMessage]) -> Department:
    """Ask the model. The call is tagged so that it is not streamed. It leaves no message."""
    choice = model.bind_tools([route], tool_choice="route").with_config(tags=[TAG_NOSTREAM], run_name="route")
    recent = [message for message in messages[-RECENT:] if _is_plain(message)]
    return _read_choice(await choice.ainvoke([SystemMessage(route_prompt()), *recent]))


def _is_plain(message: BaseMessage) -> bool:
    # A window may cut a tool call from its answer, which providers refuse; the words are enough to decide.
    return isinstance(message, HumanMessage) or (isinstance(message, AIMessage) and not message.tool_calls)


def _read_choice(message: Any) -> Department:
    for call in message.tool_calls:
        match call["args"].get("department"):
            case "sales":
                return "sales"
            case "marketing":
                return "marketing"
            case _:
                return "assistant"
    return "assistant"
