"""What LangGraph's server answers, the bridge answers, on the same ``langgraph.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.langgraph_dev.conversations import (
    ANSWERS,
    ENVIRONMENT,
    FAILED,
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
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("parity")
    with serve(directory, cwd=copied(directory), env=ENVIRONMENT) as server:
        yield server


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.name)
def test_the_bridge_answers_as_langgraphs_server_did(bridge: Server, talk: Talk) -> None:
    with httpx.Client(base_url=bridge.url, trust_env=False, timeout=60) as client:
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


@pytest.mark.clients
def test_langgraphs_server_answers_as_it_did(tmp_path: Path) -> None:
    with langgraph_dev(copied(tmp_path), tmp_path / "langgraph.log") as client:
        answers = {talk.name: hold(talk, ask_langgraph(client)) for talk in TALKS}
    if answers != recorded():
        ANSWERS.with_suffix(".new.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert answers == recorded()


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
