"""What a department does with the calls of one message: each once, whatever the others do."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command
from sqlalchemy import func, select

from graphs import department
from graphs.agent import graph
from graphs.calls import NOT_READABLE
from graphs.crm import models
from graphs.crm.database import Database
from graphs.request import Request, read_request
from tests.graphs.scripted import Scripted
from tests.graphs.talk import Talk


def call(name: str, call_id: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": call_id, "type": "tool_call"}


def quote(call_id: str, quantity: int, discount: float = 15) -> dict[str, Any]:
    items = [{"product": "CRM-B", "quantity": quantity}]
    return call("make_quote", call_id, customer="Кофейня-Импульс", items=items, discount_percent=discount)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> list[AIMessage | Exception]:
    """What the model says; to be filled by the test before it speaks."""
    answers: list[AIMessage | Exception] = []
    model: list[Scripted] = []

    def chat_model() -> Scripted:
        if not model:
            model.append(Scripted(answers))
        return model[0]

    monkeypatch.setattr(department, "chat_model", chat_model)
    return answers


async def count(crm: Database, table: type[models.Base]) -> int:
    async with crm.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_tool_beside_a_waiting_one_runs_once(
    talk: Talk, crm: Database, script: list[AIMessage | Exception]
) -> None:
    draft = call("draft_campaign", "c1", channel="email", goal="вернуть клиентов", kind="sleeping")
    script += [AIMessage("", tool_calls=[draft, quote("c2", 10)]), AIMessage("Готово")]
    run = await talk.say("Сделай КП и кампанию")
    assert len(run.interrupts) == 1
    assert await count(crm, models.Campaign) == 12
    run = await talk.resume(True)
    assert run.text == "Готово"
    # draft_campaign belongs to marketing; sales has no such tool and says so, once.
    stored = [message for message in await talk.messages() if isinstance(message, ToolMessage)]
    assert [(message.tool_call_id, message.status) for message in stored] == [
        ("c1", "error"),
        ("c2", "success"),
    ]


async def test_two_writers_one_of_them_waiting(talk: Talk, crm: Database, script: list[AIMessage | Exception]) -> None:
    script += [AIMessage("", tool_calls=[quote("c1", 1, discount=5), quote("c2", 2)]), AIMessage("Готово")]
    await talk.say("Сделай два КП")
    assert await count(crm, models.Quote) == 1
    run = await talk.resume(True)
    assert await count(crm, models.Quote) == 2
    assert run.state["quote"]["status"] in {"draft", "approved"}
    ids = [message.id for message in await talk.messages()]
    assert len(set(ids)) == len(ids) == 5


async def test_two_approvals_at_once_are_answered_by_id(
    talk: Talk, crm: Database, script: list[AIMessage | Exception]
) -> None:
    script += [AIMessage("", tool_calls=[quote("c1", 1), quote("c2", 2)]), AIMessage("Готово")]
    run = await talk.say("Сделай два КП со скидкой")
    answers = {key: entry.value["quote"]["lines"][0]["quantity"] == 2 for key, entry in run.interrupts.items()}
    assert sorted(answers.values()) == [False, True]
    # In part first: the other one still waits.
    yes = next(key for key, approved in answers.items() if approved)
    no = next(key for key, approved in answers.items() if not approved)
    run = await talk.run(Command(resume={yes: True}))
    assert await count(crm, models.Quote) == 1
    assert no in run.interrupts
    run = await talk.run(Command(resume={no: {"approved": False}}))
    assert run.text == "Готово"
    assert await count(crm, models.Quote) == 1


async def test_garbled_arguments_are_tried_again(
    talk: Talk, crm: Database, script: list[AIMessage | Exception]
) -> None:
    broken = AIMessage(
        "",
        invalid_tool_calls=[
            {
                "name": "find_leads",
                "args": '{"city": "Каз',
                "id": "c1",
                "error": None,
                "type": "invalid_tool_call",
            }
        ],
    )
    script += [
        broken,
        AIMessage("", tool_calls=[call("find_leads", "c2", city="Казань")]),
        AIMessage("Готово"),
    ]
    run = await talk.say("Найди лидов в Казани")
    assert run.text == "Готово"
    assert run.state["leads"]
    assert NOT_READABLE in [message.text for message in await talk.messages()]


def test_a_request_of_any_shape_can_be_read() -> None:
    assert read_request({}) == Request()
    odd: dict[str, Any] = {
        "client_tools": ["x", {}, {"function": {}}],
        "client_context": "x",
        "model_settings": [],
    }
    assert read_request({"configurable": odd}) == Request()
    assert read_request({"configurable": {"model_settings": {"tool_choice": "auto"}}}).tool_choice is None


def test_the_graph_can_be_drawn() -> None:
    drawn = graph.get_graph(xray=True).draw_mermaid()
    for node in ("supervisor", "sales", "marketing", "assistant"):
        assert node in drawn
