"""Stop ends the run in the graph, not only on the screen."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from bridge.web import sse
from tests.clients.agui_client import RecordedStream, verify
from tests.copilotkit.chat import named, run_input, user
from tests.copilotkit.graphs import FIRST, Halves, echo, speaker
from tests.copilotkit.live import Live, live, until


async def stop(page: Live, how: str, thread: str, run_id: str | None) -> dict[str, object]:
    body = {} if run_id is None else {"runId": run_id}
    if how == "REST":
        answer = await page.ask("POST", f"/agent/default/stop/{thread}", body or None)
    else:
        params = {"agentId": "default", "threadId": thread}
        answer = await page.ask("POST", "", {"method": "agent/stop", "params": params, "body": body})
    assert answer.status_code == 200
    stopped: dict[str, object] = answer.json()
    return stopped


@pytest.mark.parametrize("how", ["REST", "envelope"])
@pytest.mark.parametrize("by_run", [True, False])
async def test_stop_ends_the_run_in_the_graph_and_closes_its_stream(how: str, by_run: bool) -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        sent = run_input("t", [user("Привет")])
        async with page.open("run", sent) as running:
            received = await until(running, FIRST[-1])
            stopped = await stop(page, how, "t", sent["runId"] if by_run else None)
            assert model.cancelled == ["Привет"]  # when the answer is here, the graph has ended
            received += [event async for event in running]
        assert stopped == {"stopped": True, "threadId": "t", "runId": sent["runId"]}
        assert [event["type"] for event in received][-1] == "RUN_FINISHED"
        assert "outcome" not in received[-1]  # `cancelled` breaks this client
        assert named(received, "TEXT_MESSAGE_END")
        text = b"".join(sse.frame(orjson.dumps(event)) for event in received).decode()
        [verdict] = verify([RecordedStream("stopped", text, sent)], "0.0.59")
        assert verdict.error is None

        model.gate.set()
        again = await page.say("t", "Ещё раз")
        assert again[-1]["type"] == "RUN_FINISHED"


async def test_what_does_not_run_cannot_be_stopped() -> None:
    model = Halves()
    async with live({"speaker": speaker(model), "echo": echo()}) as page:
        nothing = await page.ask("POST", "/agent/default/stop/none", **{"Accept-Language": "ru"})
        assert nothing.json() == {"stopped": False, "message": "В этой беседе сейчас никто не отвечает."}

        async with page.open("run", run_input("t", [user("Привет")])) as running:
            await until(running, FIRST[-1])
            other_run = await page.ask("POST", "/agent/default/stop/t", {"runId": "another"})
            other_agent = await page.ask("POST", "/agent/echo/stop/t")
            assert (other_run.json()["stopped"], other_agent.json()["stopped"]) == (False, False)
            assert model.cancelled == []


async def test_two_who_stop_at_once_are_both_answered() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        async with page.open("run", run_input("t", [user("Привет")])) as running:
            await until(running, FIRST[-1])
            answers = await asyncio.gather(*(stop(page, "REST", "t", None) for _ in range(2)))
        assert True in [answer["stopped"] for answer in answers]
        assert model.cancelled == ["Привет"]
