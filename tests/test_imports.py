"""Who may import whom (docs/architecture.md), read from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

BASE = {"aside", "errors", "failures", "json"}
"""What every room may use."""

ROOMS: dict[str, set[str]] = {
    "aside": set(),
    "json": set(),
    "errors": set(),
    "failures": set(),
    "events": set(),
    "runs": {"events", "observe"},
    "agents": {"events", "runs"},
    "observe": {"events"},
    "storage": {"events", "runs", "agents", "settings"},
    "fields": {"storage.opening", "web.keys", "web.prefix"},
    "settings": {"runs", "fields", "web.keys", "web.prefix"},
    "langchain": set(),
    "service": {"events", "runs", "agents", "observe", "storage", "settings"},
    "web": {"events", "runs", "agents", "observe", "storage", "settings", "service"},
    "agui": {"events", "runs", "agents", "storage", "settings", "service", "web"},
    "openai_compat": {"events", "runs", "agents", "storage", "settings", "service", "web"},
    "copilotkit": {
        "events",
        "runs",
        "agents",
        "storage",
        "settings",
        "service",
        "web",
        "agui.requests",
        "agui.encode",
        "agui.capabilities",
    },
    "ai_sdk": {
        "events",
        "runs",
        "settings",
        "service",
        "storage",
        "web",
        "openai_compat",  # a page's chat is a history, as an OpenAI client's is: found, compared and forked by one code
    },
    "studio": {"*"},  # it shows each language beside the events: all of them; none of them imports it
    "front": {"agents.base", "web"},
    "options": {"fields", "settings", "web.gate", "web.keys"},
    "addresses": {"*"},
    "app": {"*"},
    "commands": {"*"},
    "cli": set(),
    "__main__": {"*"},
}
"""Room -> the rooms below it that it may import. What joins several dialects stands above them (``*``: all)."""

PUBLIC = {"agui/__init__.py", "openai_compat/__init__.py", "__init__.py"}
"""They go on exporting the public names of the translators, wherever these live."""

HTTP = {"starlette", "uvicorn", "httptools", "uvloop"}
KNOW_HTTP = {"app.py", "addresses.py", "commands/http_server.py", "openai_compat/callers.py"}
KNOW_HTTP |= {"openai_compat/serving.py", "openai_compat/refused.py", "openai_compat/responses/serving.py"}
KNOW_HTTP |= {"openai_compat/responses/socket.py"}
"""Beside ``web``, ``copilotkit`` and files called ``routes.py`` or ``completion.py``."""

LANGGRAPH = {"agents/langgraph", "storage", "langchain.py"}
"""The folders that know LangGraph, and the module that graphs import."""

PURE = ("events", "agents/langgraph", "agui", "openai_compat", "ai_sdk", "copilotkit/graphql")
IMPURE = {"asyncio", "anyio", "time", "random", "socket", "logging", "secrets"}
EDGES = {"routes.py", "completion.py", "conversation.py", "agent.py", "checkpoints.py", "saving.py", "repair.py"}
EDGES |= {"entering.py", "project.py", "serving.py", "refused.py", "socket.py"}
"""The files of those folders that wait, or store, or answer."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module in ("bridge", "bridge.web", "bridge.copilotkit", "bridge.openai_compat"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def files(package: str) -> list[tuple[str, set[str]]]:
    found = [path for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts]
    assert found
    return [(path.relative_to(ROOT / package).as_posix(), set(imports(path))) for path in found]


def roots(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def room_of(name: str) -> str:
    return Path(name).parts[0].removesuffix(".py")


def test_the_graphs_and_the_bridge_do_not_know_each_other() -> None:
    assert [name for name, names in files("graphs") if "bridge" in roots(names)] == []
    assert [name for name, names in files("bridge") if "graphs" in roots(names)] == []
    assert [name for name, names in files("bridge") if "tests" in roots(names)] == []


def test_every_room_is_drawn() -> None:
    assert {room_of(name) for name, _ in files("bridge")} - {"__init__"} == set(ROOMS)


def test_the_arrows_point_down() -> None:
    for name, names in files("bridge"):
        room = room_of(name)
        if name in PUBLIC or "*" in ROOMS[room]:
            continue
        allowed = {f"bridge.{below}" for below in ROOMS[room] | BASE | {room}}
        for used in names:
            if used.startswith("bridge."):
                assert any(used == below or used.startswith(f"{below}.") for below in allowed), (name, used)


def test_agents_know_of_a_run_its_request_alone() -> None:
    for name, names in files("bridge"):
        if room_of(name) == "agents":
            assert {used for used in names if used.startswith("bridge.runs")} <= {"bridge.runs.request"}, name


def test_only_the_edge_knows_http() -> None:
    for name, names in files("bridge"):
        place = Path(name)
        edge = (
            name in KNOW_HTTP or place.name in ("routes.py", "completion.py") or place.parts[0] in ("copilotkit", "web")
        )
        if not edge:
            assert not roots(names) & HTTP, name


def test_only_its_folders_know_langgraph() -> None:
    for name, names in files("bridge"):
        if not any(name.startswith(folder) for folder in LANGGRAPH):
            assert "langgraph" not in roots(names), name


def test_translators_are_pure() -> None:
    for name, names in files("bridge"):
        if name.startswith(PURE) and Path(name).name not in EDGES:
            assert not roots(names) & IMPURE, name


def test_json_is_one_modules_affair() -> None:
    assert [name for name, names in files("bridge") if "orjson" in roots(names)] == ["json.py"]


def test_no_file_is_a_drawer_for_everything() -> None:
    for package in ("bridge", "graphs"):
        for path in (ROOT / package).rglob("*.py"):
            assert path.stem not in ("utils", "helpers", "common", "misc"), path
            assert len(path.read_text("utf-8").splitlines()) <= 500, path


def test_a_graph_that_uses_the_middleware_does_not_load_the_server() -> None:
    names = "(name for name in sys.modules if name.partition('.')[0] in ('bridge', 'starlette'))"
    asked = f"import sys, bridge.langchain; print(*{names})"
    loaded = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "bridge bridge.langchain"
