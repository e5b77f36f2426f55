"""CopilotKit 1.10.6's own client reads the bridge."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path
from typing import Any

import anyio.to_thread
import orjson

from tests.browser.puppet import puppet
from tests.copilotkit.graphql.pages import generate, text
from tests.copilotkit.graphs import WHOLE, Halves, speaker
from tests.copilotkit.live import Live, live
from tests.tools import require_node, require_npm

PROGRAM = Path(__file__).parent / "client.mjs"


async def run_client(page: Live, **given: Any) -> list[dict[str, Any]]:
    """What the client printed, line by line; it must have had nothing to warn of."""
    node = require_node()
    require_npm("tests/browser/pages-1.10")
    request = orjson.dumps({"url": page.runtime, "headers": dict(page.headers), **given})

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([node, str(PROGRAM)], input=request, capture_output=True, timeout=100, check=False)

    done = await anyio.to_thread.run_sync(run)
    assert done.returncode == 0, done.stderr.decode()
    lines = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in lines if "warning" in line] == []
    return lines


def data(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The input of a ``generateCopilotResponse``."""
    given: dict[str, Any] = generate(messages, **more)["variables"]["data"]
    return given


async def test_it_reads_the_answer_piece_by_piece() -> None:
    model = Halves()
    model.gate.set()
    async with live({"speaker": speaker(model)}) as page:
        lines = await run_client(page, data=data(text("u", "Говори")), load={"threadId": "t", "agentName": "speaker"})
    agents, *steps, loaded = lines
    assert [agent["name"] for agent in agents["agents"]] == ["speaker", "default"]
    said = [[one["content"] for one in step["messages"] if one["type"] == "TextMessage"] for step in steps]
    grown = [texts[0] for texts in said if texts]
    assert grown[-1] == "".join(WHOLE)
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(grown))
    assert steps[-1]["status"]["code"] == "Success"
    assert loaded["loaded"]["threadExists"] is True
    assert orjson.loads(loaded["loaded"]["messages"])[-1]["content"] == "".join(WHOLE)


async def test_it_runs_its_tools_and_is_asked_by_a_meta_event() -> None:
    actions = [{"name": name, "description": "", "jsonSchema": "{}"} for name in ("paint_page", "write_note")]
    async with live({"puppet": puppet}) as page:
        calling = (await run_client(page, data=data(text("u", "двое"), actions=actions)))[-1]
        calls = [one for one in calling["messages"] if one["type"] == "ActionExecutionMessage"]
        assert [(one["name"], one["arguments"], one["status"]["code"]) for one in calls] == [
            ("paint_page", {"color": "red"}, "Success"),
            ("write_note", {"text": "вторая"}, "Success"),
        ]
        asking = (await run_client(page, data=data(text("u", "решай"), thread="q")))[-1]
        assert {event["name"] for event in asking["metaEvents"]} == {"LangGraphInterruptEvent"}


async def test_an_answer_that_breaks_off_is_an_error_after_what_was_said() -> None:
    async with live({"puppet": puppet}) as page:
        lines = await run_client(page, data=data(text("u", "беда")))
    (error,) = [line for line in lines if "error" in line]
    assert error["entries"][0]["extensions"]["code"] == "UNKNOWN"
    assert "thrown" in lines[-1]
    assert "secret" not in str(lines)


async def test_a_client_that_leaves_stops_the_run() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}, disconnect_grace=0.0) as page:
        await run_client(page, data=data(text("u", "Говори")), leaveAfter=3)
        again = await run_client(page, data=data(text("u", "Говори"), text("v", "Ещё")), leaveAfter=1)
    assert not any("error" in line and "busy" in str(line) for line in again)
    assert "Говори" in model.cancelled
