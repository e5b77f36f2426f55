"""A thread that the client names honours what its history says; instructions; tool answers that are left out."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.histories.talk import COLOUR, App, Message, Window, assistant, expected, told, user


@pytest.fixture
def named(app: App) -> Window:
    """A window that names its thread."""
    return Window(app, {"X-Thread-Id": "t"})


async def agui(app: App, text: str, thread: str = "t") -> None:
    """The same thread, from another client."""
    body = {
        "threadId": thread,
        "runId": uuid.uuid4().hex,
        "state": {},
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }
    answer = await app.client.post("/agui/talk", json={**body, "messages": [{"id": uuid.uuid4().hex, **user(text)}]})
    assert "RUN_FINISHED" in answer.text


async def test_only_what_is_new_may_be_sent(named: Window) -> None:
    for text in ("a", "b", "a"):
        answer = (await named.app.post([user(text)], named.headers)).json()["choices"][0]["message"]["content"]
    assert answer.startswith("users=a; b; a ")
    assert answer.endswith(" seen=a; b; a")


@pytest.mark.parametrize("where", ["header", "body"])
async def test_edits_and_regenerating_are_honoured(named: Window, where: str) -> None:
    if where == "body":
        named.headers, named.body = {}, {"ag_ui": {"thread_id": "t"}}
    await named.say("a")
    first = await named.say("b")
    await named.say("c")
    named.history = named.history[:3]
    assert await named.say() == first == expected(named.history[:-1], ["a", "b"])
    named.history = [*named.history[:2], user("other")]
    assert await named.say() == expected(named.history[:-1], ["a", "other"])
    named.history[3] = assistant("edited")
    assert await named.say("d") == expected(named.history[:-1], ["a", "d"])
    assert set(named.threads) == {"t"}


async def test_the_first_answer_is_made_again(named: Window) -> None:
    first = await named.say("a")
    named.history = named.history[:1]
    assert await named.say() == first
    assert [message["content"] for message in await named.app.messages("t")] == ["a", first]


async def test_what_other_clients_wrote_is_matched_by_content(named: Window) -> None:
    for text in ("a", "b", "c"):
        await agui(named.app, text)
    held = [{"role": message["role"], "content": message["content"]} for message in await named.app.messages("t")]
    named.history = list(held)
    assert await named.say("d") == expected([*held, user("d")], ["a", "b", "c", "d"])
    named.history = held[:3]  # b's answer made again
    assert await named.say() == expected(held[:3], ["a", "b"])
    named.headers = {"X-Thread-Id": "u"}
    for text in ("a", "b", "c"):
        await agui(named.app, text, "u")
    named.history = [*held[:2], user("edited"), held[3]]
    assert await named.say("d") == expected([*named.history[:-1]], ["a", "d"])


async def test_the_first_answer_is_edited(named: Window) -> None:
    await named.say("a")
    await named.say("b")
    named.history[1] = assistant("edited")
    assert (await named.say("c")).startswith("users=a; b; c answers=")
    assert [message["content"] for message in await named.app.messages("t")][1] == "edited"


async def test_a_window_over_what_other_clients_wrote(named: Window) -> None:
    for text in ("a", "b", "c"):
        await agui(named.app, text)
    held = [{"role": message["role"], "content": message["content"]} for message in await named.app.messages("t")]
    named.history = held[2:]
    assert await named.say("d") == expected([*held, user("d")], ["a", "b", "c", "d"])


async def test_a_thread_goes_on_whoever_names_it(app: App) -> None:
    window = Window(app)
    await window.say("a")
    window.headers = {"X-Thread-Id": window.threads[0]}
    await window.say("b")
    window.headers = {}
    assert await window.say("c") == expected(window.history[:-1], ["a", "b", "c"])
    assert len(set(window.threads)) == 1


# Instructions


def system(text: str, role: str = "system") -> Message:
    return {"role": role, "content": text}


@pytest.mark.parametrize("headers", [{}, {"X-Thread-Id": "t"}, {"X-OpenWebUI-Chat-Id": "t"}])
async def test_the_instructions_just_sent_are_in_force(app: App, headers: dict[str, str]) -> None:
    window = Window(app, headers)
    texts, prompts = ["a", "b", "c", "d"], [["1"], ["2", "dev"], ["2", "other"], []]
    for number, (text, sent) in enumerate(zip(texts, prompts, strict=True)):
        first = [system(prompt, "developer" if prompt == "dev" else "system") for prompt in sent]
        answer = await app.post([*first, *window.history, user(text)], headers)
        window.history += [user(text), assistant(answer.json()["choices"][0]["message"]["content"])]
        window.threads.append(answer.headers["x-thread-id"])
        assert window.history[-1]["content"] == expected(window.history[:-1], texts[: number + 1], sent)
    assert len(set(window.threads)) == 1


async def test_who_sends_only_what_is_new_keeps_the_instructions(app: App) -> None:
    named = {"X-Thread-Id": "t"}
    await app.post([system("be short"), user("a")], named)
    answer = (await app.post([user("b")], named)).json()["choices"][0]["message"]["content"]
    assert "prompts=be short seen=a; b" in answer


async def test_instructions_change_with_an_approval(app: App) -> None:
    history = [user("quote 1")]
    asked = await app.post([system("1"), *history])
    history += [assistant(asked.json()["choices"][0]["message"]["content"]), user("yes")]
    answer = await app.post([system("2"), *history])
    assert "prompts=2 seen=quote 1; quote 1 granted" in answer.json()["choices"][0]["message"]["content"]


# Tools


def answered(call: dict[str, Any], content: str = "ok") -> Message:
    return {"role": "tool", "tool_call_id": call["id"], "content": content}


@pytest.mark.parametrize("headers", [{}, {"X-Thread-Id": "t"}])
@pytest.mark.parametrize("typed", [True, False])
async def test_a_partial_tool_answer_is_refused_by_name(app: App, headers: dict[str, str], typed: bool) -> None:
    window = Window(app, headers, {"tools": [COLOUR]})
    await window.say('call {"n":1} {"n":2} {"n":3}')
    calls = window.history[-1]["tool_calls"]
    sent = [*window.history, answered(calls[1]), *([user("and?")] if typed else [])]
    refused = await app.post(sent, headers, **window.body)
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert error["param"] == "messages"
    assert calls[0]["id"] in error["message"]
    assert calls[2]["id"] in error["message"]
    assert calls[1]["id"] not in error["message"]
    assert await window.say(messages=[answered(call) for call in calls]) == told(
        [window.history[0]["content"]], [], [], [window.history[0]["content"]]
    )


async def test_a_partial_tool_answer_without_its_history_is_refused(app: App) -> None:
    window = Window(app, {"X-Thread-Id": "t"}, {"tools": [COLOUR]})
    await window.say('call {"n":1} {"n":2}')
    calls = window.history[-1]["tool_calls"]
    refused = await app.post([answered(calls[0])], window.headers, **window.body)
    assert refused.status_code == 400
    assert calls[1]["id"] in refused.json()["error"]["message"]
    done = await app.post([answered(call) for call in calls], window.headers, **window.body)
    assert done.status_code == 200


async def test_a_history_that_begins_with_an_answer_and_has_no_question(app: App) -> None:
    first = await app.post([user("one")], headers={"X-Thread-Id": "begins"})
    assert first.status_code == 200
    again = await app.post([assistant("Hello"), user("two")], headers={"X-Thread-Id": "begins"})
    assert again.status_code == 200


async def test_an_edit_while_a_question_waits_goes_back_to_before_it(named: Window) -> None:
    """Another client has asked for the approval: this one was not shown it, and has edited its own history."""
    await named.say("a")
    await named.say("b")
    await agui(named.app, "quote 1")
    named.history[1] = assistant("edited")
    assert (await named.say("c")).startswith("users=a; b; c ")
    assert set(named.threads) == {"t"}


async def test_a_question_that_was_shown_is_answered_though_an_answer_was_edited(named: Window) -> None:
    for text in ("a", "b", "quote 1"):
        await named.say(text)
    named.history[1] = assistant("edited")
    assert (await named.say("yes")).endswith("quote 1 granted")
