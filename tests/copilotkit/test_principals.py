"""Two callers do not see each other's threads; without a key nothing is sent."""

from __future__ import annotations

from tests.copilotkit.chat import run_input, user
from tests.copilotkit.graphs import FIRST, Halves, echo, speaker
from tests.copilotkit.live import Live, events, live, until

ANNA, BORIS = {"Authorization": "Bearer anna"}, {"Authorization": "Bearer boris"}


def seen_by(page: Live, headers: dict[str, str]) -> Live:
    return Live(page.url, page.bridge, page.client, page.base, headers)


async def test_threads_belong_to_whoever_began_them() -> None:
    model = Halves()
    agents = {"echo": echo(), "speaker": speaker(model)}
    async with live(agents, api_keys=("anna", "boris")) as page:
        anna, boris = seen_by(page, ANNA), seen_by(page, BORIS)
        await anna.say("hers", "Секрет Анны")
        await boris.say("his", "Привет")

        listed = (await boris.ask("GET", "/threads")).json()["threads"]
        assert [thread["id"] for thread in listed] == ["his"]
        for verb, path, body in (
            ("GET", "/threads/hers/messages", None),
            ("GET", "/threads/hers/state", None),
            ("PATCH", "/threads/hers", {"agentId": "default", "name": "Моё"}),
            ("POST", "/threads/hers/archive", {"agentId": "default"}),
            ("DELETE", "/threads/hers", {"agentId": "default"}),
        ):
            answer = await boris.ask(verb, path, body, **{"Accept-Language": "ru"})
            assert (answer.status_code, answer.json()["message"]) == (404, "Такой беседы нет."), path
            assert "Секрет" not in answer.text

        # a thread of the same name, begun by another: his own
        assert (await boris.agent("connect", run_input("hers"))).content == b""
        await boris.say("hers", "Ещё")
        assert "Секрет" not in (await boris.agent("connect", run_input("hers"))).text

        sent = run_input("going", [user("Привет")])
        async with anna.open("run", sent, "speaker") as running:
            await until(running, FIRST[-1])
            assert (await boris.agent("connect", run_input("going"), "speaker")).content == b""
            assert (await boris.ask("POST", "/agent/speaker/stop/going")).json()["stopped"] is False
            assert model.cancelled == []
            model.gate.set()
            assert [event async for event in running][-1]["type"] == "RUN_FINISHED"

        hers = events(await anna.agent("connect", run_input("hers")))
        assert [message["content"] for message in hers[1]["messages"] if message["role"] == "user"] == ["Секрет Анны"]


async def test_without_a_key_nothing_is_sent() -> None:
    async with live({"echo": echo()}, api_keys=("anna",)) as page:
        for verb, path in (
            ("GET", "/info"),
            ("GET", "/threads"),
            ("GET", "/threads/t/messages"),
            ("DELETE", "/threads/t"),
            ("POST", "/agent/default/stop/t"),
        ):
            answer = await page.ask(verb, path)
            assert answer.status_code == 401
            assert "echo" not in answer.text
        assert (await page.ask("POST", "", {"method": "info"})).status_code == 401
