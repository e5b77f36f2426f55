"""What the state machine takes for an answer to a history."""

from __future__ import annotations

import pytest

from tests.histories.people import Window, may_be_of
from tests.histories.talk import Message, assistant, user

QUESTION = "Grant quote 1?\n\nPlease answer: yes / no"


def history(*texts: str) -> list[Message]:
    """A user's text, the assistant's, and so on."""
    return [assistant(text) if place % 2 else user(text) for place, text in enumerate(texts)]


@pytest.mark.parametrize("typed", ["quote 1", "a", "b"])
def test_what_is_typed_at_a_question_may_be_words_that_were_a_message_before(typed: str) -> None:
    window = Window("ann", "ann", {}, history=history("a", "users=a", "quote 1", QUESTION, typed, QUESTION, "no"))
    assert may_be_of(window, ["a", "quote 1"])
    assert not may_be_of(window, ["quote 1"])
    assert not may_be_of(window, ["a", "a", "quote 1"])


def test_a_message_that_is_no_answer_is_not_left_out() -> None:
    window = Window("ann", "ann", {}, history=history("a", "users=a", "b", "users=a; b", "a"))
    assert may_be_of(window, ["a", "b", "a"])
    assert not may_be_of(window, ["a", "b"])
    assert not may_be_of(window, ["b", "a"])
    assert not may_be_of(window, ["x", "a", "b", "a"])
    window.cut = True
    assert may_be_of(window, ["x", "a", "b", "a"])


def test_a_question_that_was_lost() -> None:
    window = Window("ann", "ann", {}, history=[user("a"), assistant("users=a"), user("quote 1"), user("b")])
    assert not may_be_of(window, ["a", "b"])
    assert may_be_of(window, ["a", "b"], {id(window.history[2])})
