"""``GET /runs/{run_id}/model-calls``: what models were given, where the server keeps it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app
from bridge.events.model_calls import ModelCall
from bridge.observe.observer import RunRecord
from bridge.runs.request import RunKey
from bridge.studio.runs.inputs import ModelInputs
from tests.http.talking import chat, run_input
from tests.providers.canned import DONE, chunk, serving
from tests.providers.classes import CLASSES

SECRET = "sk-1234567890abcdef"


def look(city: str) -> str:
    """Looks at a city."""
    return city


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
@pytest.mark.parametrize("wanted", [True, False])
async def test_messages_tools_and_parameters_in_the_order_of_the_calls(*, wanted: bool) -> None:
    async with serving(chunk({"content": "Yes."}, "stop") + DONE) as server:
        model: Any = CLASSES["ChatOpenAI"].build(server.url)
        bound = model.bind_tools([look]).bind(temperature=0.5, extra_headers={"x-api-key": SECRET})

        async def inner(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await bound.ainvoke([("system", "Be short."), *state["messages"]])]}

        within = StateGraph(MessagesState).add_node("model", inner).add_edge(START, "model").compile()
        graph = StateGraph(MessagesState).add_node("sales", within).add_edge(START, "sales").compile()
        app = create_app({"a": graph}, Settings(db=":memory:", studio=True, studio_inputs=wanted))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
        ):
            asked = run_input("Which?")
            await client.post("/agui/a", json=asked)
            answer = await client.get(f"/runs/{asked['runId']}/model-calls")
            other = await client.post("/v1/chat/completions", json=chat("And?"))
            second = await client.get(f"/runs/{other.headers['x-run-id']}/model-calls")
    if not wanted:
        assert answer.status_code == 404
        assert "--studio-inputs" in answer.json()["error"]["message"]
        return
    [call] = answer.json()["calls"]
    assert (call["path"], call["model"]) == ("sales/model", "gpt-x")
    assert [(one["role"], one["content"]) for one in call["messages"]] == [("system", "Be short."), ("human", "Which?")]
    assert [tool["name"] for tool in call["tools"]] == ["look"]
    assert call["parameters"]["temperature"] == 0.5
    assert SECRET not in answer.text
    assert [one["messages"][-1]["content"] for one in second.json()["calls"]] == ["And?"]


async def test_nobody_pays_where_nobody_looks() -> None:
    handlers: list[BaseCallbackHandler] = []

    async def answer(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        handlers.extend(config["callbacks"].handlers)  # type: ignore[union-attr] # a manager, in a node
        return {"messages": [("ai", "Yes.")]}

    graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
    for wanted in (False, True):
        handlers.clear()
        app = create_app({"a": graph}, Settings(db=":memory:", studio=True, studio_inputs=wanted))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
        ):
            await client.post("/agui/a", json=run_input("Hi"))
        assert any(type(one).__name__ == "ModelInputs" for one in handlers) == wanted


def call(text: str) -> ModelCall:
    message = {"role": "human", "content": text}
    return {"path": "a", "task": None, "model": "m", "messages": [message], "tools": [], "parameters": {}}


def test_what_is_kept_has_a_bound() -> None:
    inputs = ModelInputs(most=10_000)
    runs = [RunRecord("p", "a", "t", str(number), 0.0) for number in range(20)]
    for run in runs:
        inputs.model_called(run, call("x" * 1_000))
    kept = [run.run_id for run in runs if inputs.of(RunKey("p", "a", run.run_id)) != b"[]"]
    assert 5 < len(kept) < 10
    assert kept == [run.run_id for run in runs][-len(kept) :]
    for _ in range(500):
        inputs.model_called(runs[-1], call("y"))
    assert inputs.of(RunKey("p", "a", "19")).count(b'"path"') == 200


def test_no_more_runs_are_kept_than_the_page_can_name() -> None:
    """However little their models were given: a run's name and its place take some kilobytes."""
    inputs = ModelInputs(kept=100)
    runs = [RunRecord("p", "a", "t", str(number), 0.0) for number in range(300)]
    for run in runs:
        inputs.model_called(run, call("x"))
    kept = [run.run_id for run in runs if inputs.of(RunKey("p", "a", run.run_id)) != b"[]"]
    assert kept == [str(number) for number in range(200, 300)]


def test_of_a_call_that_is_very_large_its_size_is_kept() -> None:
    inputs = ModelInputs()
    inputs.model_called(RunRecord("p", "a", "t", "r", 0.0), call("x" * 5_000_000))
    assert b"too many to be kept" in inputs.of(RunKey("p", "a", "r"))
