"""The process is killed while tools work, in every kind of window at once; afterwards each conversation goes on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from bridge.agents.langgraph.healing import ended
from tests.databases import postgres
from tests.healing.served import AGENTS
from tests.healing.windows import WINDOWS, Agui, Window
from tests.server import Server, serve


def killed_in_tools(server: Server, http: httpx.Client) -> dict[str, Window]:
    """A window of each kind on an agent of each make, left by a process that was killed in their tools."""
    windows = {
        f"{agent} {name}": window(http, agent, f"{agent}-{name}")
        for agent in AGENTS
        for name, window in WINDOWS.items()
    }
    entered = threading.Barrier(len(windows) + 1)
    killed = threading.Event()

    def in_tool() -> None:
        entered.wait(60)
        killed.wait(60)

    for window in windows.values():
        window.in_tool = in_tool
    with ThreadPoolExecutor(len(windows)) as pool:
        turns = [pool.submit(window.say, "look wait confirm", "leave") for window in windows.values()]
        entered.wait(60)
        for window in windows.values():
            if isinstance(window, Agui):
                wait_until_stored(window)
        server.kill()
        killed.set()
        for turn in turns:
            assert turn.result(60) is None
    for window in windows.values():
        window.in_tool = None
    return windows


def wait_until_stored(window: Window) -> None:
    """The checkpoint with the calls is written while the tools already work."""
    path = f"/api/copilotkit/threads/{window.thread}/messages"
    for _ in range(1000):
        held = window.http.get(path, params={"agentId": window.agent}).json()["messages"]
        if any("toolCalls" in message for message in held):
            return
    raise AssertionError(f"nothing is stored of {window.thread}")


def check_that_all_go_on(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as http:
        windows = killed_in_tools(server, http)
        server.start()
        for name, window in windows.items():
            for text in ("hello", "look", "confirm", "never mind"):
                assert window.say(text) is None, (name, text)
            if type(window) is Agui:
                assert [message for message in window.screen if message.get("error") == ended()], name


def test_sqlite(tmp_path: Path) -> None:
    with serve(tmp_path, *(f"{name}=tests.healing.served:{name}" for name in AGENTS)) as server:
        check_that_all_go_on(server)


@pytest.mark.timeout(180)
def test_postgresql(tmp_path: Path) -> None:
    agents = [f"{name}=tests.healing.served:{name}" for name in AGENTS]
    with postgres() as url, serve(tmp_path, *agents, "--db", url) as server:
        check_that_all_go_on(server)
