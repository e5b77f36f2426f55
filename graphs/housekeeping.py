"""Requests that chat front ends make by themselves after a turn: a title, tags, questions to go on with.

Open WebUI sends them as an ordinary completion: a task under a heading, and the conversation quoted in a tag. Its
administrators reword the task, so the shape counts, and not the words. No tool runs for such a request.
"""

import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage, HumanMessage

_HEADING = re.compile(r"#{1,4}[ \t]*\w[^\n]{0,40}\n")
_CHAT, _CHAT_END = "<chat_history>", "</chat_history>"
_SAMPLE = re.compile(r'\{\s{0,80}"(\w{1,40})"\s{0,80}:\s{0,80}(\[|")')


def is_housekeeping(messages: Sequence[BaseMessage]) -> bool:
    """Whether the last message is such a request."""
    return bool(messages) and isinstance(messages[-1], HumanMessage) and has_its_shape(messages[-1].text)


def has_its_shape(text: str) -> bool:
    """Whether a text begins with a heading and ends with a quoted conversation."""
    whole = text.strip()  # no pattern looks through it: whoever writes it chooses how often one would begin anew
    return _HEADING.match(whole) is not None and whole.endswith(_CHAT_END) and _CHAT in whole


def wanted_form(text: str) -> tuple[str, bool] | None:
    """The key of the JSON object that is asked for, and whether its value is a list; None where plain text is."""
    found = _SAMPLE.search(text.partition(_CHAT)[0])
    return None if found is None else (found[1], found[2] == "[")
