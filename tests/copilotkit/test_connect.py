"""A page opens a thread: a new one, a stored one, one whose agent is still speaking."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from bridge.runs.request import ThreadKey
from bridge.web import sse
from tests.clients.agui_client import CLIENT_VERSIONS, ClientVersion, RecordedStream, Verdict, verify
from tests.copilotkit.chat import Chat, named, run_input, user
from tests.copilotkit.graphs import FIRST, WHOLE, Halves, asker, duet, echo, speaker
from tests.copilotkit.live import Event, events, live, until


def applied(stream: list[Event], client: ClientVersion = "0.0.59") -> Verdict:
    """What the official client has on its screen after that answer to connect."""
    text = b"".join(sse.frame(orjson.dumps(event)) for event in stream).decode()
    [verdict] = verify([RecordedStream("connect", text, run_input("t"), connect=True)], client)
    assert verdict.error is None, verdict.error
    return verdict


def screen(messages: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(message["role"], message.get("content")) for message in messages]


def opening(stream: list[Event]) -> list[tuple[str, Any]]:
    """What stands on the screen before the running answer is sent; its end would put a wrong one right."""
    return screen(named(stream, "MESSAGES_SNAPSHOT")[0]["messages"])


async def test_a_new_thread_is_three_empty_streams() -> None:
    async with live({"echo": echo()}) as page:
        answers = await asyncio.gather(*(page.agent("connect", run_input("new")) for _ in range(3)))
    for answer in answers:
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"


async def test_a_stored_thread_is_sent_as_it_was_also_after_a_restart(tmp_path: Path) -> None:
    db = tmp_path / "bridge.sqlite"
    async with live({"echo": echo()}, db) as page:
        chat = Chat(page.runtime, "default", "stored")
        await chat.say("Помоги с маркетингом")
        await chat.say("И с продажами")
        before = await Chat(page.runtime, "default", "stored").connect()
        assert before.verdict.messages == chat.messages
        assert [message["content"] for message in chat.messages] == [
            "Помоги с маркетингом",
            "Вы сказали: Помоги с маркетингом",
            "И с продажами",
            "Вы сказали: И с продажами",
        ]
    async with live({"echo": echo()}, db) as page:
        after = await Chat(page.runtime, "default", "stored").connect()
    assert after.verdict.messages == before.verdict.messages
    assert after.verdict.state == {"stage": "echoed"}


@pytest.mark.parametrize("client", CLIENT_VERSIONS)
async def test_a_running_thread_is_replayed_and_followed_in_mid_message(client: ClientVersion) -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        asked = [user("Помоги с маркетингом")]
        async with page.open("run", run_input("t", asked)) as first, page.open("connect", run_input("t")) as second:
            await until(first, FIRST[-1])
            replayed = await until(second, FIRST[-1])
            model.gate.set()
            followed = [*replayed, *[event async for event in second]]
            rest = [event async for event in first]
        assert rest[-1]["type"] == followed[-1]["type"] == "RUN_FINISHED"
        verdict = applied(followed, client)
        stored = applied(events(await page.agent("connect", run_input("t"))), client)
    assert screen(verdict.messages) == [("user", "Помоги с маркетингом"), ("assistant", WHOLE)]
    assert verdict.messages == stored.messages
    assert verdict.state == stored.state == {"stage": "draft"}


async def test_the_second_turn_of_a_running_thread_stands_on_the_screen_once() -> None:
    model = Halves()
    model.gate.set()
    async with live({"speaker": speaker(model)}) as page:
        await page.say("t", "Первый")
        model.gate.clear()
        async with page.open("run", run_input("t", [user("Второй")])) as first:
            await until(first, FIRST[-1])
            async with page.open("connect", run_input("t")) as second:
                replayed = await until(second, FIRST[-1])
                model.gate.set()
                followed = [*replayed, *[event async for event in second]]
    assert opening(followed) == [("user", "Первый"), ("assistant", WHOLE), ("user", "Второй")]
    assert screen(applied(followed).messages) == [
        ("user", "Первый"),
        ("assistant", WHOLE),
        ("user", "Второй"),
        ("assistant", WHOLE),
    ]


async def test_an_answer_kept_under_another_id_stands_on_the_screen_once() -> None:
    first, second = Halves(final_id="provider-1"), Halves()
    first.gate.set()
    sent = run_input("t", [user("Привет")])
    async with live({"duet": duet(first, second)}) as page, page.open("run", sent) as running:
        await asyncio.wait_for(second.half.wait(), 10)
        async with page.open("connect", run_input("t")) as opened:
            replayed = await until(opened, WHOLE + FIRST[0])
            second.gate.set()
            followed = [*replayed, *[event async for event in opened]]
        assert [event async for event in running][-1]["type"] == "RUN_FINISHED"
    assert opening(followed) == [("user", "Привет")]  # both answers are sent by the run's own events
    assert screen(applied(followed).messages) == [("user", "Привет"), ("assistant", WHOLE), ("assistant", WHOLE)]


async def test_a_page_reloaded_in_mid_answer_sees_the_whole_answer() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        async with page.open("run", run_input("t", [user("Привет")])) as first:
            await until(first, FIRST[-1])
        # the page has left; its run has not
        async with page.open("connect", run_input("t")) as second:
            replayed = await until(second, FIRST[-1])
            assert model.cancelled == []
            model.gate.set()
            followed = [*replayed, *[event async for event in second]]
    assert screen(applied(followed).messages) == [("user", "Привет"), ("assistant", WHOLE)]


async def test_a_page_that_leaves_does_not_cancel_its_run() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        async with page.open("run", run_input("t", [user("Привет")])) as first:
            await until(first, FIRST[-1])
        run = page.bridge.runs.of_thread(ThreadKey("anonymous", "speaker", "t"))
        assert run is not None
        model.gate.set()
        await run.wait()
        assert model.cancelled == []
        stored = applied(events(await page.agent("connect", run_input("t"))))
    assert screen(stored.messages) == [("user", "Привет"), ("assistant", WHOLE)]


async def test_a_pending_interrupt_is_asked_again_also_after_a_restart(tmp_path: Path) -> None:
    db = tmp_path / "bridge.sqlite"
    async with live({"asker": asker()}, db) as page:
        await page.say("t", "Сделай скидку")
        here = events(await page.agent("connect", run_input("t")))
    async with live({"asker": asker()}, db) as page:
        old = events(await page.agent("connect", run_input("t")))
        new = events(await page.agent("connect", run_input("t", protocolVersion="1.0")))
        (question,) = named(old, "CUSTOM")
        assert question["name"] == "on_interrupt"
        assert "Согласовать скидку 15 %?" in str(question["value"])
        assert named(here, "CUSTOM") == [question]
        assert "outcome" not in old[-1]
        applied(old)

        outcome = applied(new, "1.0.0").outcome
        assert outcome is not None
        (interrupt,) = outcome["interrupts"]
        assert interrupt["message"] == "Согласовать скидку 15 %?"

        answer = run_input("t", forwardedProps={"command": {"resume": True}})
        resumed = events(await page.agent("run", answer))
        assert resumed[-1]["type"] == "RUN_FINISHED"
        after = events(await page.agent("connect", run_input("t")))
    assert named(after, "CUSTOM") == []
    assert screen(applied(after).messages) == [("user", "Сделай скидку"), ("assistant", "Согласовано.")]
