"""The official AG-UI client, in both generations: live, and as the judge of every stream these tests received.

The last test reads what the others recorded; `conftest.py` puts it behind them all.
"""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from tests.clients.agui_client import CLIENT_VERSIONS, ClientVersion, RecordedStream, talk, verify
from tests.http.conftest import Diary
from tests.http.talking import run_input, text_of
from tests.server import Server

REQUESTS = (
    "Помоги с маркетингом",
    "Найди лидов в Казани с бюджетом от 500 тыс",
    "Покажи воронку",
    "Составь письмо для спящих клиентов",
    "think",
)


def as_of(client: ClientVersion, text: str, **more: Any) -> dict[str, Any]:
    asked = run_input(text, **more)
    if client == "0.0.59":
        del asked["protocolVersion"]
    return asked


@pytest.mark.parametrize("version", CLIENT_VERSIONS)
async def test_a_live_conversation(server: Server, version: ClientVersion) -> None:
    asked = as_of(version, "Найди лидов в Казани с бюджетом от 500 тыс")
    first = await talk(f"{server.url}/agui/sales", asked, client=version)
    assert first.verdict.error is None
    assert first.verdict.state["leads"]
    kinds = [event["type"] for event in first.events]
    assert kinds.count("TEXT_MESSAGE_CONTENT") > 10
    assert "TOOL_CALL_RESULT" in kinds
    roles = [message["role"] for message in first.verdict.messages]
    assert roles == ["user", "assistant", "tool", "assistant"]

    again = as_of(version, "Оцени первого", thread=asked["threadId"])
    messages = [*first.verdict.messages, *again["messages"]]
    second = await talk(
        f"{server.url}/agui/sales/", {**again, "messages": messages, "state": first.verdict.state}, client=version
    )
    assert second.verdict.error is None
    assert second.verdict.messages[:4] == first.verdict.messages
    assert "BANT" in str(second.verdict.messages)


@pytest.mark.parametrize("version", CLIENT_VERSIONS)
async def test_leaving_stops_the_run(server: Server, diary: Diary, version: ClientVersion) -> None:
    before = len(diary.entries("cancelled"))
    received = await talk(f"{server.url}/agui/teller", as_of(version, "slow"), client=version, leave_after=20)
    assert len(received.events) >= 20
    assert len(diary.entries("cancelled")) == before + 1


@pytest.mark.parametrize("version", CLIENT_VERSIONS)
async def test_a_tool_of_the_front_end(server: Server, version: ClientVersion) -> None:
    tool = {"name": "paint", "description": "Покрасить", "parameters": {"type": "object", "properties": {}}}
    asked = as_of(version, "call", tools=[tool])
    first = await talk(f"{server.url}/agui/teller", asked, client=version)
    assert first.verdict.error is None
    [call] = first.verdict.messages[-1]["toolCalls"]
    assert call["function"]["name"] == "paint"
    assert orjson.loads(call["function"]["arguments"]) == {"цвет": "красный"}
    pending = (first.verdict.outcome or {}).get("pendingToolCallIds")
    assert pending == ([call["id"]] if version == "1.0.0" else None)

    result = {"id": "told", "role": "tool", "toolCallId": call["id"], "content": "готово"}
    again = {**run_input(thread=asked["threadId"]), "messages": [*first.verdict.messages, result], "tools": [tool]}
    second = await talk(f"{server.url}/agui/teller", again, client=version)
    assert second.verdict.error is None
    assert text_of(second.events) == "3: готово"


def test_conversations_for_the_judge(client: httpx.Client, recorded: list[RecordedStream]) -> None:
    for version in CLIENT_VERSIONS:
        thread = run_input()["threadId"]
        for text in REQUESTS:
            asked = as_of(version, text, thread=thread if text != "think" else None)
            agent = "teller" if text == "think" else "sales"
            sse = client.post(f"/agui/{agent}", json=asked)
            recorded.append(RecordedStream(f"{text} ({version})", sse.text, asked))
        wiring = run_input("проверка")
        recorded.append(RecordedStream("wiring", client.post("/api/test-copilotkit/", json=wiring).text, wiring))


@pytest.mark.parametrize("version", CLIENT_VERSIONS)
def test_every_stream_is_read_without_an_error(recorded: list[RecordedStream], version: ClientVersion) -> None:
    """The old client reads those for 1.0 too, but for the one outcome that it does not know and was not meant for."""
    assert len(recorded) >= 5
    streams = [one for one in recorded if version == "1.0.0" or '"type":"cancelled"' not in one.sse]
    assert streams
    assert {verdict.name: verdict.error for verdict in verify(streams, version) if not verdict.ok} == {}
