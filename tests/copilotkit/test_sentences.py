"""What the page says when something goes wrong: one plain sentence, in the user's language."""

from __future__ import annotations

import pytest

from tests.clients.agui_client import talk
from tests.copilotkit.chat import named, run_input, user
from tests.copilotkit.graphs import FIRST, Halves, echo, failing, speaker, unreachable
from tests.copilotkit.live import events, live, until

RU, EN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"}, {"Accept-Language": "en-US,en;q=0.9"}
HI = [user("Привет")]


@pytest.mark.parametrize(
    ("graph", "code", "russian", "english"),
    [
        (
            unreachable(),
            "upstream_error",
            "Модель не ответила или прервала ответ. Попробуйте ещё раз немного позже.",
            "The agent's model could not be reached, or failed.",
        ),
        (
            failing(ValueError("secret prompt")),
            "server_error",
            "Агент не смог ответить из-за ошибки на сервере. Попробуйте ещё раз.",
            "The agent failed (ValueError).",
        ),
        (
            failing(TimeoutError("secret prompt")),
            "timeout",
            "Агент не успел ответить вовремя. Попробуйте ещё раз.",
            "The agent took too long to answer.",
        ),
    ],
    ids=["model", "agent", "timeout"],
)
async def test_a_run_that_fails(graph: object, code: str, russian: str, english: str) -> None:
    async with live({"failing": graph}) as page:
        url = f"{page.runtime}/agent/default/run"
        for thread, (headers, said) in enumerate(((RU, russian), (EN, english), ({}, english))):
            heard = await talk(url, run_input(f"t{thread}", HI), client="0.0.59", headers=headers)
            assert heard.verdict.error is None
            assert heard.verdict.run_error == {"message": said, "code": code}
            assert "secret" not in str(heard.events)
            # opened again, the thread does not show its old error
            stored = events(await page.agent("connect", run_input(f"t{thread}")))
            assert named(stored, "RUN_ERROR") == []
            assert stored[-1]["type"] == "RUN_FINISHED"


async def test_a_busy_thread() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page, page.open("run", run_input("t", HI)) as running:
        await until(running, FIRST[-1])
        for headers, said in (
            (RU, "Агент ещё отвечает в этой беседе: дождитесь ответа или остановите его."),
            (EN, "Thread 't' already has a run; stop it or wait for its end."),
        ):
            url = f"{page.runtime}/agent/default/run"
            heard = await talk(url, run_input("t", [user("Ещё")]), client="0.0.59", headers=headers)
            assert heard.verdict.error is None
            assert heard.verdict.run_error == {"message": said, "code": "thread_busy"}
        assert model.cancelled == []


@pytest.mark.parametrize("base", ["/api/copilotkit", "/api/copilotkit-streaming"])
async def test_a_wrong_key(base: str) -> None:
    async with live({"echo": echo()}, api_keys=("right",)) as page:
        for language, said in (
            (RU, "Ключ доступа не подошёл: проверьте его в настройках страницы."),
            (EN, "The API key is not known."),
        ):
            headers = {"Authorization": "Bearer wrong", **language}
            # of a run the page shows the body, of /info a JSON object's `message`
            run = run_input("t", HI)
            envelope = {"method": "agent/run", "params": {"agentId": "default"}, "body": run}
            for path, body in ((f"{base}/agent/default/run", run), (base, envelope)):
                answer = await page.client.post(
                    page.url + path, json=body, headers={**headers, "Accept": "text/event-stream"}
                )
                assert (answer.status_code, answer.text) == (401, said)
                assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            info = await page.client.get(f"{page.url}{base}/info", headers=headers)
            single = await page.client.post(page.url + base, json={"method": "info"}, headers=headers)
            for answer in (info, single):
                assert (answer.status_code, answer.json()["message"]) == (401, said)
                assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_a_request_that_makes_no_sense() -> None:
    model = Halves()
    async with (
        live({"echo": echo(), "speaker": speaker(model)}, max_body_bytes=1000, max_runs=1) as page,
        page.open("run", run_input("going", HI), agent="speaker") as running,
    ):
        await until(running, FIRST[-1])
        for agent, body, status, said in (
            ("default", {"threadId": 7}, 400, "Страница прислала запрос, который сервер не понял."),
            ("nobody", run_input("t", HI), 404, "Такого агента на сервере нет."),
            ("default", run_input("t", [user("я" * 1000)]), 413, "Беседа стала слишком большой: начните новую."),
        ):
            answer = await page.ask("POST", f"/agent/{agent}/run", body, Accept="text/event-stream", **RU)
            assert (answer.status_code, answer.text) == (status, said)
        full = events(await page.ask("POST", "/agent/default/run", run_input("t", HI), **RU))
        assert full == [
            {"type": "RUN_ERROR", "message": "Сервер занят: повторите через минуту.", "code": "rate_limit_exceeded"}
        ]
        assert "t" not in {thread["id"] for thread in (await page.ask("GET", "/threads")).json()["threads"]}
