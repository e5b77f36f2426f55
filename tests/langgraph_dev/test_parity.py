"""What LangGraph's server answers, the bridge answers, on the same ``langgraph.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphs.agent import graph
from tests.docs.blocks import blocks_of
from tests.langgraph_dev.conversations import (
    ANSWERS,
    ENVIRONMENT,
    FAILED,
    PROJECTS,
    TALKS,
    Talk,
    ask_bridge,
    ask_langgraph,
    hold,
    recorded,
)
from tests.langgraph_dev.servers import copied, langgraph_dev
from tests.server import ROOT, Server, serve

BETTER: dict[str, list[Any]] = {
    # it runs a graph that has no such node, and says nothing: what is resumed is made as it was
    "an answer without the config": [{"asked": {"question": "a?"}}, ["a", "yes"]],
    # it calls this a success: a failure is said
    "a factory that hides a failure": [FAILED, ["hiding hides"]],
}
"""Where the bridge answers otherwise, and why."""


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Project -> the server that serves it."""
    with ExitStack() as stack:
        servers = {}
        for project in PROJECTS:
            directory = tmp_path_factory.mktemp(project)
            folder = copied(directory, project)
            servers[project] = stack.enter_context(serve(directory, cwd=folder, env=ENVIRONMENT))
        yield servers


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.name)
def test_the_bridge_answers_as_langgraphs_server_did(bridges: dict[str, Server], talk: Talk) -> None:
    with httpx.Client(base_url=bridges[talk.project].url, trust_env=False, timeout=60) as client:
        answers = hold(talk, ask_bridge(client))
    expected = BETTER.get(talk.name, recorded()[talk.name])
    assert _counted(answers) == _counted(expected)


def _counted(answers: list[Any]) -> list[Any]:
    """Calls are counted from the first one of the talk: the table's talks share a server."""
    numbers = [answer[0] for answer in answers if isinstance(answer, list) and answer and isinstance(answer[0], int)]
    if not numbers:
        return answers
    return [
        [answer[0] - numbers[0], *answer[1:]] if isinstance(answer, list) and isinstance(answer[0], int) else answer
        for answer in answers
    ]


def test_the_record_has_all_that_is_asked() -> None:
    assert list(recorded()) == [talk.name for talk in TALKS]
    assert set(BETTER) <= set(recorded())


def test_the_projects_own_graph_has_what_a_server_draws_and_describes() -> None:
    assert "messages" in graph.get_input_jsonschema()["properties"]
    assert "messages" in graph.get_output_jsonschema()["properties"]
    assert {"__start__", "supervisor", "__end__"} <= graph.get_graph(xray=True).nodes.keys()


@pytest.mark.clients
@pytest.mark.timeout(400)  # each of its runs waits for a queue that is looked at once a second
def test_langgraphs_server_answers_as_it_did(tmp_path: Path) -> None:
    answers: dict[str, list[Any]] = {}
    for project in PROJECTS:
        with langgraph_dev(copied(tmp_path, project), tmp_path / f"{project}.log") as client:
            talks = [talk for talk in TALKS if talk.project == project]
            answers |= {talk.name: hold(talk, ask_langgraph(client)) for talk in talks}
    if answers != recorded():
        ANSWERS.with_suffix(".new.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert answers == recorded()


@pytest.mark.clients
def test_the_project_of_the_documentation_opens_in_langgraphs_server(tmp_path: Path) -> None:
    for block in blocks_of(ROOT / "docs" / "langgraph-json.md"):
        if block.mark == "file":
            (tmp_path / block.said).write_text(block.text, "utf-8")
    with langgraph_dev(tmp_path, tmp_path / "langgraph.log") as client:
        said = []
        for assistant, greeting in (("hello", None), ("polite", None), ("polite", "Привет")):
            body: dict[str, Any] = {
                "assistant_id": assistant,
                "input": {"messages": [{"role": "user", "content": "?"}]},
            }
            body |= {} if greeting is None else {"config": {"configurable": {"greeting": greeting}}}
            said.append(client.post("/runs/wait", json=body).json()["messages"][-1]["content"])
    assert said == ["Hello, Ltd.", "Good day, Ltd.", "Привет, Ltd."]


@pytest.mark.clients
def test_the_projects_own_langgraph_json_opens_in_langgraphs_server(tmp_path: Path) -> None:
    (tmp_path / "langgraph.json").write_bytes((ROOT / "langgraph.json").read_bytes())
    (tmp_path / "graphs").symlink_to(ROOT / "graphs")
    with langgraph_dev(tmp_path, tmp_path / "langgraph.log") as client:
        found = client.post("/assistants/search", json={}).json()
        [assistant] = [each["assistant_id"] for each in found]
        drawn = client.get(f"/assistants/{assistant}/graph").json()
        schemas = client.get(f"/assistants/{assistant}/schemas").json()
        body = {"assistant_id": assistant, "input": {"messages": [{"role": "user", "content": "Привет"}]}}
        answer = client.post("/runs/wait", json=body).json()
    assert [each["graph_id"] for each in found] == ["sales-marketing"]
    assert {"__start__", "__end__"} < {node["id"] for node in drawn["nodes"]}
    assert "messages" in schemas["input_schema"]["properties"]
    assert answer["messages"][-1]["type"] == "ai"
