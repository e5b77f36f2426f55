"""Whether a message is a tidied copy of a text that was streamed. Pure.

A node may stream its model's answer and return a message of its own made of it: stripped, without its ``<think>``
part, with a prefix, with links put in. LangGraph emits that as a new message, and the answer would stand twice. A
message that says something else, as a guardrail's replacement does, is no copy.
"""

from __future__ import annotations

from difflib import SequenceMatcher

_ALIKE = 0.6
_WORDS = 400  # of longer texts the beginnings are compared


def is_copy(text: str, streamed: str) -> bool:
    """Whether ``text`` is ``streamed``, cut, extended or edited a little."""
    copy, source = text.split(), streamed.split()
    if not copy or not source:
        return False
    one, other = " ".join(copy), " ".join(source)
    if one == other or other in one or other.startswith(one) or other.endswith(one):
        return True
    if one in other and 2 * len(one) >= len(other):
        return True
    matcher = SequenceMatcher(None, copy[:_WORDS], source[:_WORDS], autojunk=True)
    return all(ratio() >= _ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))
