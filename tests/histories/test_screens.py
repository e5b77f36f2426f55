"""Screens over AG-UI and CopilotKit that edit and ask again, as the state machine found them."""

from __future__ import annotations

import pytest

from tests.histories.people import Screen, users_in
from tests.histories.talk import App, Window


async def send(app: App, screen: Screen) -> list[str] | None:
    """The users' messages that the answer to this screen names."""
    answer = await app.client.post(screen.path, json=screen.body())
    return users_in(screen.receive(answer))


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize("before", [0, 1])
async def test_an_edited_message_answered_anew_is_the_edited_one(app: App, page: bool, before: int) -> None:
    """An edit keeps the message's id; the branch that was left has it too, with the words that it had."""
    screen = Screen("ann", "ann", {}, "t", page)
    for text in ["x"] * before:
        screen.type(text)
        await send(app, screen)
    edited = screen.type("a")
    await send(app, screen)
    kept = screen.messages[: 2 * before]
    for text in ("b", "b", "a", "c", "c"):  # the same again: another answer is wished for
        edited = {**edited, "content": text}
        screen.messages = [*kept, edited]
        assert await send(app, screen) == [*["x"] * before, text]


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize("before", [0, 1])
async def test_an_edit_made_again_after_another_window_went_back(
    app: App, window: Window, page: bool, before: int
) -> None:
    """The last input with that id had these words, but the thread has gone on from one before it."""
    for text in ["x"] * before:
        await window.say(text)
    await window.say("a")
    screen = Screen("ann", "ann", {}, window.threads[0], page)
    screen.receive(await app.client.post("/api/copilotkit/agent/talk/connect", json=screen.body()))
    edited = {**screen.messages[2 * before], "content": "c"}
    screen.messages = [*screen.messages[: 2 * before], edited]
    shown = list(screen.messages)
    assert await send(app, screen) == [*["x"] * before, "c"]
    await window.say("b")
    assert len(set(window.threads)) == 1
    screen.messages = shown
    assert await send(app, screen) == [*["x"] * before, "c"]
