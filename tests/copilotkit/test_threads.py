"""The threads: list, titles, names, archive, deletion, messages, state; over REST and the single endpoint alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.copilotkit.chat import run_input, user
from tests.copilotkit.graphs import FIRST, Halves, echo, speaker
from tests.copilotkit.live import Live, live, until

Ask = Any


async def rest(page: Live, verb: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return await page.ask(verb, path, body)


async def enveloped(page: Live, verb: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    call: dict[str, Any] = {"method": "resource/request", "params": {"path": path, "httpMethod": verb}}
    return await page.ask("POST", "", call | ({"body": body} if body else {}))


@pytest.fixture(params=[rest, enveloped], ids=["REST", "envelope"])
def ask(request: pytest.FixtureRequest) -> Ask:
    return request.param


async def test_the_list_has_titles_from_the_first_message_latest_first_and_pages(ask: Ask) -> None:
    async with live({"echo": echo(), "other": echo()}) as page:
        for number in range(5):
            await page.say(f"t{number}", f"Вопрос {number}")
        await page.say("t1", "Ещё один")
        await page.say("elsewhere", "Другому агенту", agent="other")

        seen: list[dict[str, Any]] = []
        cursor: str | None = ""
        pages = 0
        while cursor is not None:
            answer = (
                await ask(page, "GET", f"/threads?agentId=default&limit=2{cursor and f'&cursor={cursor}'}")
            ).json()
            assert set(answer) == {"threads", "nextCursor"}
            seen += answer["threads"]
            cursor, pages = answer["nextCursor"], pages + 1
        assert pages == 3
        assert [(thread["id"], thread["name"]) for thread in seen] == [
            ("t1", "Вопрос 1"),
            ("t4", "Вопрос 4"),
            ("t3", "Вопрос 3"),
            ("t2", "Вопрос 2"),
            ("t0", "Вопрос 0"),
        ]
        assert {thread["agentId"] for thread in seen} == {"echo"}
        assert all(thread["createdAt"] <= thread["updatedAt"] and not thread["archived"] for thread in seen)
        assert [thread["updatedAt"] for thread in seen] == sorted((t["updatedAt"] for t in seen), reverse=True)


async def test_messages_and_state_of_a_thread(ask: Ask) -> None:
    async with live({"echo": echo()}) as page:
        await page.say("беседа № 1", "Помоги")
        path = f"/threads/{quote('беседа № 1')}"
        messages = (await ask(page, "GET", f"{path}/messages")).json()["messages"]
        assert [message["content"] for message in messages] == ["Помоги", "Вы сказали: Помоги"]
        assert (await ask(page, "GET", f"{path}/state?agentId=default")).json() == {"state": {"stage": "echoed"}}
        assert (await ask(page, "GET", "/threads/none/messages")).status_code == 404


async def test_rename_archive_and_delete(ask: Ask, tmp_path: Path) -> None:
    async def listed(page: Live, more: str = "") -> list[tuple[str, str]]:
        threads = (await ask(page, "GET", f"/threads?agentId=default{more}")).json()["threads"]
        return [(thread["id"], thread["name"]) for thread in threads]

    mine = {"agentId": "default"}
    async with live({"echo": echo()}, tmp_path / "bridge.sqlite") as page:
        await page.say("a", "Первая")
        await page.say("b", "Вторая")
        renamed = await ask(page, "PATCH", "/threads/a", mine | {"name": "  Скидка для «Импульса»  "})
        assert (renamed.json()["id"], renamed.json()["name"]) == ("a", "Скидка для «Импульса»")
        assert await listed(page) == [("b", "Вторая"), ("a", "Скидка для «Импульса»")]

        assert (await ask(page, "POST", "/threads/b/archive", mine)).json()["archived"] is True
        assert await listed(page) == [("a", "Скидка для «Импульса»")]
        assert len(await listed(page, "&includeArchived=true")) == 2
        assert (await ask(page, "PATCH", "/threads/b", mine | {"archived": False})).json()["archived"] is False

        await page.say("a", "И ещё")
        assert await listed(page) == [("a", "Скидка для «Импульса»"), ("b", "Вторая")]
    async with live({"echo": echo()}, tmp_path / "bridge.sqlite") as page:
        assert await listed(page) == [("a", "Скидка для «Импульса»"), ("b", "Вторая")]
        assert (await ask(page, "DELETE", "/threads/a", mine)).json() == {"deleted": True, "id": "a"}
        assert await listed(page) == [("b", "Вторая")]
        assert (await page.agent("connect", run_input("a"))).content == b""
        assert (await ask(page, "DELETE", "/threads/a", mine)).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/threads/t", {"name": 7}, "name"),
        ("/threads/t", {"name": "  "}, "name"),
        ("/threads/t", {"name": "я" * 201}, "name"),
        ("/threads/t", {"name": "x", "agentId": ["echo"]}, "agentId"),
        ("/threads?limit=0", None, "limit"),
        ("/threads?limit=many", None, "limit"),
        ("/threads?cursor=middle", None, "cursor"),
    ],
)
async def test_what_makes_no_sense_is_refused(ask: Ask, path: str, body: dict[str, Any] | None, param: str) -> None:
    async with live({"echo": echo()}) as page:
        await page.say("t", "Привет")
        answer = await ask(page, "PATCH" if body else "GET", path, body)
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == param
        assert (await ask(page, "GET", "/threads")).json()["threads"][0]["name"] == "Привет"


async def test_a_name_given_while_the_agent_speaks_stays() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        async with page.open("run", run_input("t", [user("Привет")])) as running:
            await until(running, FIRST[-1])
            await page.ask("PATCH", "/threads/t", {"agentId": "default", "name": "Моё имя"})
            model.gate.set()
            assert [event async for event in running][-1]["type"] == "RUN_FINISHED"
        threads = (await page.ask("GET", "/threads")).json()["threads"]
        archived = (await page.ask("POST", "/threads/t/archive")).json()
    assert [thread["name"] for thread in (*threads, archived)] == ["Моё имя", "Моё имя"]


async def test_deleting_a_thread_ends_its_run_and_leaves_nothing() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        async with page.open("run", run_input("t", [user("Привет")])) as running:
            await until(running, FIRST[-1])
            assert (await page.ask("DELETE", "/threads/t")).status_code == 200
            assert model.cancelled == ["Привет"]
            assert [event async for event in running][-1]["type"] == "RUN_FINISHED"
        assert (await page.ask("GET", "/threads")).json()["threads"] == []
        assert (await page.agent("connect", run_input("t"))).content == b""


async def test_only_threads_can_be_asked_for_in_an_envelope() -> None:
    async with live({"echo": echo()}) as page:
        for path, verb in (("/info", "GET"), ("/../../v1/models", "GET"), ("/threads", "PUT"), ("", "GET")):
            assert (await enveloped(page, verb, path)).status_code == 400
