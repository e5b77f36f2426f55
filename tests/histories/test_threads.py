"""Which thread a history goes on in, over HTTP: nobody meets another's, and nothing known is forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.histories.talk import App, Window, assistant, expected, opened, user


async def test_a_conversation_is_one_thread(window: Window) -> None:
    for text in ("a", "b", "c"):
        await window.say(text)
    assert len(set(window.threads)) == 1
    assert window.history[-1]["content"] == expected(window.history[:-1], ["a", "b", "c"])


async def test_two_windows_with_the_same_first_turn_are_not_merged(app: App) -> None:
    one, other = Window(app), Window(app)
    assert await one.say("hello") == await other.say("hello")
    assert await one.say("mine") == expected(one.history[:-1], ["mine"])  # the history, and nobody's state
    assert await other.say("yours") == expected(other.history[:-1], ["yours"])
    assert await one.say("more") == expected(one.history[:-1], ["mine", "more"])
    assert len({*one.threads, *other.threads}) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"body": {"user": "ann"}}, {"body": {"user": "bob"}}),
        ({"body": {"safety_identifier": "ann"}}, {"body": {"safety_identifier": "bob"}}),
        ({"headers": {"X-OpenWebUI-Chat-Id": "1"}}, {"headers": {"X-OpenWebUI-Chat-Id": "2"}}),
        (
            {"headers": {"X-OpenWebUI-Chat-Id": "1", "X-OpenWebUI-User-Id": "ann"}},
            {"headers": {"X-OpenWebUI-Chat-Id": "1", "X-OpenWebUI-User-Id": "bob"}},
        ),
        ({"headers": {"X-Conversation-Id": "1"}, "body": {"user": "ann"}}, {"headers": {"X-Conversation-Id": "2"}}),
    ],
)
async def test_who_is_named_keeps_a_thread_and_meets_no_other(
    app: App, one: dict[str, Any], other: dict[str, Any]
) -> None:
    windows = [Window(app, **one), Window(app, **other)]
    for text in ("hello", "b", "c"):
        for window in windows:
            await window.say(text)
    for window in windows:
        assert window.history[-1]["content"] == expected(window.history[:-1], ["hello", "b", "c"])
        assert len(set(window.threads)) == 1
    assert windows[0].threads[0] != windows[1].threads[0]


async def test_somebody_who_types_anothers_history_under_another_name_gets_a_thread_of_their_own(app: App) -> None:
    ann = Window(app, body={"user": "ann"})
    await ann.say("secret")
    for thief in (Window(app, body={"user": "bob"}), Window(app), Window(app, headers={"X-OpenWebUI-Chat-Id": "1"})):
        thief.history = list(ann.history)
        assert await thief.say("what was it?") == expected(thief.history[:-1], ["what was it?"])


async def test_a_shared_key_finds_a_thread_by_a_name_alone(tmp_path: Path) -> None:
    key = {"Authorization": "Bearer s"}
    async with opened(str(tmp_path / "b.sqlite"), api_keys=("own=k",), shared_keys=("team=s",)) as app:
        nameless = Window(app, key)
        await nameless.say("a")
        assert await nameless.say("b") == expected(nameless.history[:-1], ["b"])
        named = {**key, "X-Thread-Id": nameless.threads[-1]}
        for window in (
            Window(app, key, {"user": "ann"}),
            Window(app, {**key, "X-OpenWebUI-Chat-Id": "1"}),
            Window(app, {**key, "X-Thread-Id": "t"}),
            Window(app, {"Authorization": "Bearer k"}),
        ):
            await window.say("a")
            assert await window.say("b") == expected(window.history[:-1], ["a", "b"])
        nameless.headers = named
        assert await nameless.say("c") == expected(nameless.history[:-1], ["b", "c"])
        assert (await app.post([user("a")])).status_code == 401


async def test_regenerating_goes_back_to_before_the_answer(window: Window) -> None:
    await window.say("a")
    first = await window.say("b")
    await window.say("c")
    window.history = window.history[:3]
    assert await window.say() == first == expected(window.history[:-1], ["a", "b"])
    window.history = [*window.history[:2], user("other")]
    assert await window.say() == expected(window.history[:-1], ["a", "other"])
    assert len(set(window.threads)) == 1


async def test_an_edited_answer_is_the_history_from_the_longest_beginning_that_is_known(window: Window) -> None:
    await window.say("a")
    await window.say("b")
    window.history[3] = assistant("what I would have said")
    assert await window.say("c") == expected(window.history[:-1], ["a", "c"])
    assert await window.say("d") == expected(window.history[:-1], ["a", "c", "d"])
    assert len(set(window.threads)) == 1


@pytest.mark.parametrize("left", [3, 4, 5])
async def test_a_window_over_a_history_goes_on_in_its_thread(window: Window, left: int) -> None:
    for text in ("a", "b", "c"):
        await window.say(text)
    whole = list(window.history)
    window.history = window.history[-left:]
    assert await window.say("d") == expected([*whole, user("d")], ["a", "b", "c", "d"])
    window.history = window.history[-left:]
    await window.say("e")
    assert len(set(window.threads)) == 1


async def test_a_window_whose_messages_were_edited_is_no_part_of_the_thread(window: Window) -> None:
    for text in ("a", "b", "c"):
        await window.say(text)
    window.history = [user("other"), *window.history[-3:]]
    assert await window.say("d") == expected(window.history[:-1], ["d"])


async def test_an_answer_that_the_client_has_dropped_is_not_forgotten(window: Window) -> None:
    await window.say("a")
    await window.say("b")
    whole = [*window.history, user("c")]
    del window.history[3]
    assert await window.say("c") == expected(whole, ["a", "b", "c"])
    await window.say("d")
    assert len(set(window.threads)) == 1


async def test_the_beginning_of_an_answer_is_the_answer(window: Window) -> None:
    await window.say("a")
    await window.say("b")
    whole = [*window.history, user("c")]
    window.history[3] = assistant(window.history[3]["content"][:9])
    assert await window.say("c") == expected(whole, ["a", "b", "c"])


@pytest.mark.parametrize("part", ["Half of an answer to slow", "Half", None])
async def test_a_stopped_answer_is_part_of_the_conversation(window: Window, part: str | None) -> None:
    app = window.app
    await window.say("a")
    going = asyncio.create_task(window.say("slow"))
    await app.slow.begun.acquire()
    await app.stop(window.threads[0])
    assert await going == "Half of an answer to slow"
    if part is None:
        window.history.pop()
    else:
        window.history[-1] = assistant(part)
    assert await window.say("c") == expected(window.history[:-1], ["a", "slow", "c"])
    assert await window.say("d") == expected(window.history[:-1], ["a", "slow", "c", "d"])
    assert len(set(window.threads)) == 1


@pytest.mark.parametrize("how", ["fail", "break"])
@pytest.mark.parametrize("kept", [True, False])
async def test_a_failed_answer_is_part_of_the_conversation(window: Window, how: str, kept: bool) -> None:
    await window.say("a")
    answer = await window.app.post([*window.history, user(how)], stream=True)
    assert "error" in answer.text
    partial = "Half of an answer to break" if how == "break" else ""
    window.history += [user(how), *([assistant(partial)] if kept else [])]
    assert await window.say("c") == expected(window.history[:-1], ["a", how, "c"])
    assert len(set(window.threads)) == 1


async def test_two_identical_histories_at_once_fork(window: Window) -> None:
    app = window.app
    await window.say("a")
    asked = [*window.history, user("slow")]
    going = [asyncio.create_task(app.post(asked)) for _ in range(3)]
    for _ in going:
        await app.slow.begun.acquire()
    for _ in going:
        app.slow.more.release()
    answers = [await each for each in going]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.headers["x-thread-id"] for answer in answers}) == 3
    assert window.threads[0] in {answer.headers["x-thread-id"] for answer in answers}
    window.history += [user("slow"), assistant("Half of an answer to slow, and the rest")]
    answer = await window.say("b")  # one family: not ambiguous; the thread of whichever ended last
    assert answer in [expected(window.history[:-1], [*seen, "slow", "b"]) for seen in ([], ["a"])]


async def test_a_chat_that_is_named_is_never_busy(app: App) -> None:
    window = Window(app, {"X-OpenWebUI-Chat-Id": "chat"})
    going = [asyncio.create_task(app.post([user("slow")], window.headers)) for _ in range(2)]
    for _ in going:
        await app.slow.begun.acquire()
    for _ in going:
        app.slow.more.release()
    answers = [await each for each in going]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "chat" in {answer.headers["x-thread-id"] for answer in answers}


async def test_a_thread_that_is_named_may_be_busy(app: App) -> None:
    named = {"X-Thread-Id": "t"}
    going = asyncio.create_task(app.post([user("slow")], named))
    await app.slow.begun.acquire()
    busy = await app.post([user("b")], named)
    app.slow.more.release()
    await going
    assert busy.status_code == 409
    assert busy.json()["error"]["code"] == "thread_busy"


async def test_who_asks_on_while_the_answer_is_lost_is_not_taken_for_who_asked_the_same(app: App) -> None:
    one, other = Window(app), Window(app)
    app.slow.more.release()
    await one.say("slow")
    await app.slow.begun.acquire()
    going = asyncio.create_task(app.post([user("slow")]))
    await app.slow.begun.acquire()
    other.history = [user("slow"), user("b")]
    assert await other.say() == expected(other.history[:-1], ["b"])
    app.slow.more.release()
    await going


async def test_who_has_deleted_a_thread_is_not_given_anothers(app: App) -> None:
    one, other = Window(app), Window(app)
    await one.say("hello")
    await other.say("hello")
    assert (await app.client.delete(f"/api/copilotkit/threads/{other.threads[0]}")).status_code == 200
    assert await other.say("b") == expected(other.history[:-1], ["b"])
    assert (await app.client.delete(f"/api/copilotkit/threads/{one.threads[0]}")).status_code == 200
    assert await one.say("c") == expected(one.history[:-1], ["c"])


# When this was written: 4 for a first turn, 5 for a later one.
async def test_a_turn_asks_the_database_a_few_times(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    index, count = window.app.bridge.index, 0
    ask = index.ask

    async def counted(question: Any) -> Any:
        nonlocal count
        count += 1
        return await ask(question)

    monkeypatch.setattr(index, "ask", counted)
    for text, most in (("a", 4), ("b", 5), ("c", 5)):
        before = count
        await window.say(text)
        assert count - before <= most, text


async def test_a_first_question_alone_is_no_way_into_a_thread_that_went_another_way(app: App) -> None:
    """Somebody asked the same first question; a window that was cut begins with it, and its answer was edited."""
    stranger = await app.post([user("c")])
    cut = [user("c"), user("c"), assistant("edited"), user("c"), assistant("not known"), user("b")]
    mine = await app.post(cut)
    assert mine.status_code == 200
    assert mine.headers["x-thread-id"] != stranger.headers["x-thread-id"]
