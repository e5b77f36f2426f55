"""Approvals that are met where two histories are the same, or where the client does not have the question."""

from __future__ import annotations

import asyncio

import pytest

from tests.histories.talk import App, Message, Window, assistant, user


async def test_an_approval_of_two_windows_is_asked_again_and_then_granted(app: App) -> None:
    one, other = Window(app), Window(app)
    question = await one.say("quote 1")
    assert question == await other.say("quote 1")
    assert await one.say("yes") == question  # whose "yes" it was, nobody could say
    assert await one.say("yes") == "users=quote 1 answers=e3b0c442 prompts= seen=quote 1; quote 1 granted"
    assert await other.say("no") == question
    assert await other.say("no") == "users=quote 1 answers=e3b0c442 prompts= seen=quote 1; quote 1 refused"
    assert len({one.threads[-1], other.threads[-1], one.threads[0], other.threads[0]}) == 4


async def test_a_question_that_the_client_has_dropped_is_asked_and_not_answered(window: Window) -> None:
    question = await window.say("quote 1")
    window.history.pop()
    assert question in await window.say("yes")
    assert await window.say("yes") == "users=quote 1 answers=e3b0c442 prompts= seen=quote 1; quote 1 granted"


@pytest.mark.parametrize("headers", [{}, {"X-OpenWebUI-Chat-Id": "1"}, {"X-Thread-Id": "1"}])
@pytest.mark.parametrize("more", [[], ["b", "c"]])
async def test_an_answer_after_an_edited_one_is_no_approval(app: App, headers: dict[str, str], more: list[str]) -> None:
    """Nothing of what follows the edited answer is lost, now or in the next turn."""
    window = Window(app, headers)
    for text in ("a", "quote 1", "no", *more):
        await window.say(text)
    window.history[5] = assistant("I was asked something else.")
    answered = await window.say("yes")
    assert answered.startswith(f"users={'; '.join(['a', 'quote 1', 'no', *more, 'yes'])} ")
    assert "granted" not in answered
    answered = await window.say("d")
    assert answered.startswith(f"users={'; '.join(['a', 'quote 1', 'no', *more, 'yes', 'd'])} ")
    assert "granted" not in answered


@pytest.mark.parametrize("as_call", [False, True])
async def test_a_question_is_known_where_all_before_it_was_cut_off(window: Window, as_call: bool) -> None:
    """The id of a call is of one thread; words that ask the same may be of many, and are answered as words."""
    window.body = {"ag_ui": {"interrupts": "tool"}} if as_call else {}
    await window.say("a")
    await window.say("quote 1")
    asked = window.history[-1]
    window.history = [asked]
    if as_call:
        answer: Message = {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "true"}
        assert (await window.say(messages=[answer])).endswith("seen=a; quote 1; quote 1 granted")
        assert window.threads[-1] == window.threads[0]
    else:
        assert (await window.say("yes")).startswith("users=yes ")
        assert window.threads[-1] != window.threads[0]


async def test_an_approval_in_a_busy_thread_is_asked_again(window: Window) -> None:
    app = window.app
    question = await window.say("quote 1")
    going = [asyncio.create_task(app.post([*window.history, user("yes")])) for _ in range(2)]
    answers = [(await each).json()["choices"][0]["message"]["content"] for each in going]
    assert sum(answer.endswith("granted") for answer in answers) >= 1
    assert all(answer == question or answer.endswith("granted") for answer in answers)


@pytest.mark.parametrize("unclear", [["fail"], ["hm", "fail"]])
async def test_a_question_that_was_asked_again_is_met_where_it_was_asked_first(
    window: Window, unclear: list[str]
) -> None:
    """One of two answers at once meets a busy thread. What was typed at the question is no question of its own."""
    app = window.app
    question = await window.say("quote 1")
    for text in unclear:
        assert question in await window.say(text)
    going = [asyncio.create_task(app.post([*window.history, user("a")])) for _ in range(2)]
    for answer in [await each for each in going]:
        assert answer.status_code == 200, answer.text
        assert question in answer.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("headers", [{"X-OpenWebUI-Chat-Id": "1"}, {"X-Thread-Id": "1"}])
async def test_who_names_a_chat_is_not_asked_twice(app: App, headers: dict[str, str]) -> None:
    others = Window(app)
    await others.say("quote 1")
    window = Window(app, headers)
    await window.say("quote 1")
    assert (await window.say("yes")).endswith("granted")
