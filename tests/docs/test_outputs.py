"""What the documentation says that something prints is what it prints. `…` stands for any text, also for lines."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.commands.reloading.run_log import Lines
from bridge.observe.observer import RunRecord
from tests.docs.blocks import Block, blocks_of, once
from tests.docs.reader import WRITTEN
from tests.server import ROOT, Server, serve

PRINTED = [block for block in once() if block.mark == "output"]

REPORT = """import time

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph


def fetch() -> str:
    # what a
    # synchronous
    # database
    # driver does
    time.sleep(2)
    return "fetched"


async def report(state: MessagesState) -> dict:
    return {"messages": [AIMessage(fetch())]}


graph = StateGraph(MessagesState).add_node(report).add_edge(START, "report").compile()
"""


@dataclass(frozen=True)
class Reader:
    """Where the output is to be had."""

    server: Server
    environment: dict[str, str]
    folder: Path
    block: Block


def the_start(reader: Reader) -> str:
    """What `make run` prints in the end: the Makefile runs `bridge serve` in the checkout, as this server was."""
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\nrun:")[2].partition("\n\n")[0]
    assert "/bridge serve --host $(HOST) --port $(PORT)" in recipe
    return "\n".join(line for line in reader.server.log.splitlines() if line.startswith("Serving"))


def the_command_above(reader: Reader) -> str:
    """What the nearest `sh` block above prints."""
    above = [
        block for block in blocks_of(reader.block.page) if block.line < reader.block.line and block.language == "sh"
    ]
    command = above[-1].text.replace(WRITTEN, reader.server.url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=reader.folder,
        env=reader.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def the_turn(reader: Reader) -> str:
    """The types of the events of one turn, each with what the page shows of it."""
    question = {"id": "m-1", "role": "user", "content": "How does our sales pipeline look?"}
    body = {"threadId": "turn", "runId": "turn", "state": {}, "tools": [], "context": [], "forwardedProps": {}}
    request = urllib.request.Request(
        f"{reader.server.url}/agui/sales-marketing", json.dumps({**body, "messages": [question]}).encode()
    )
    with urllib.request.urlopen(request) as answer:
        data = [line.removeprefix("data: ") for line in answer.read().decode().splitlines() if line.startswith("data:")]
    events = [json.loads(line) for line in data]
    lines = [f"{event['type']:<20}  {shown(event)}".rstrip() for event in events]
    return "\n".join(line for line, before in zip(lines, ["", *lines], strict=False) if line != before)


def shown(event: dict[str, Any]) -> str:
    match event["type"]:
        case "STATE_SNAPSHOT":
            return json.dumps(event["snapshot"])
        case "STATE_DELTA":
            return ", ".join(f"{each['path']} = {each['value']}" for each in event["delta"])
        case "TEXT_MESSAGE_CONTENT":
            return json.dumps(event["delta"])
        case "TOOL_CALL_START":
            return str(event["toolCallName"])
        case _:
            return str(event.get("stepName") or event.get("delta") or event.get("content") or "")


def the_log_of_a_blocked_loop(reader: Reader) -> str:
    (reader.folder / "report.py").write_text(REPORT, "utf-8")
    with serve(reader.folder, "sales=report:graph", cwd=reader.folder) as server:
        request = urllib.request.Request(f"{server.url}/api/copilotkit-adapter/", b'{"message": "fetch"}')
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        log = server.log
    return "\n".join(line[line.index("the event loop") :] for line in log.splitlines() if "has been blocked" in line)


def the_graphs_that_do_not_load(reader: Reader) -> str:
    """What `bridge serve` prints of each, from a folder with these files."""
    langgraph = "from langgraph.graph import MessagesState, StateGraph\n\n\n"
    whole = f"{langgraph}tools = []\n"
    whole += "graph = StateGraph(MessagesState).add_node('a', lambda state: state).set_entry_point('a').compile()\n"
    broken = f"{langgraph}def make():\n{'    # a comment' + chr(10)}{'    # another' + chr(10) * 3}"
    settings = 'import os\n\ndef key():\n    return os.environ["OPENAI_API_KEY"]\n'
    projects: list[tuple[str, dict[str, str]]] = [
        ("graph", {"agents.py": "import os\n\nimport langchian\n"}),
        ("make", {"agents.py": f"{broken}    return StateGraph(MessagesState\n"}),
        ("graph", {"settings.py": settings, "agents.py": "import settings\n\nsettings.key()\n"}),
        ("grph", {"agents.py": whole}),
        ("tools", {"agents.py": whole}),
    ]
    environment = {name: value for name, value in reader.environment.items() if name != "OPENAI_API_KEY"}
    printed: list[str] = []
    for number, (attribute, files) in enumerate(projects):
        folder = reader.folder / str(number)
        folder.mkdir()
        manifest = json.dumps({"graphs": {"hello": f"./agents.py:{attribute}"}})
        for name, text in {**files, "langgraph.json": manifest}.items():
            (folder / name).write_text(text, "utf-8")
        command = ["bridge", "serve", "--port", "0"]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1
        printed.append(done.stderr)
    return "".join(printed)


def the_line_of_a_run(reader: Reader) -> str:
    """As `bridge dev` writes it, of a run that took so long."""
    del reader
    at = time.mktime((2026, 11, 26, 14, 3, 7, 0, 0, -1))
    run = RunRecord("anonymous", "hello", "my-first", "run-1", at - 1.8, ended_at=at, outcome="success")
    run.usage = [{"totalTokens": 412}]
    line = logging.makeLogRecord({"created": at, "run": run})
    return Lines(colors=False).format(line)


OUTPUTS: dict[str, Callable[[Reader], str]] = {
    "make run": the_start,
    "the command above": the_command_above,
    "one turn": the_turn,
    "a run's line of bridge dev": the_line_of_a_run,
    "the graphs that do not load": the_graphs_that_do_not_load,
    "the log of a blocked loop": the_log_of_a_blocked_loop,
}


def fits(said: str, printed: str) -> bool:
    pattern = re.escape(said.strip()).replace("…", ".*")
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("block", PRINTED, ids=lambda block: block.name)
def test_it_prints_what_the_page_says(
    block: Block, documented: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    printed = OUTPUTS[block.said](Reader(documented, environment, tmp_path, block)).replace(documented.url, WRITTEN)
    assert fits(block.text, printed), f"{block.name} says\n{block.text}\nand printed is\n{printed}"


def test_what_is_not_printed_does_not_fit() -> None:
    assert fits("a\n…\nd\n", "a\nb\nc\nd")
    assert not fits("a\n…\nd\n", "a\nb\nc\n")
    assert not fits("a.c\n", "abc")
