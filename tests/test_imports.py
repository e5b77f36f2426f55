"""Who may import whom (the architecture's layout), read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent

HTTP = {"starlette", "uvicorn", "httptools", "uvloop"}
GRAPH = {"langgraph"}
KNOW_HTTP = {"app.py", "http.py", "streaming.py", "service.py", "cli.py"}
"""Beside files called ``routes.py`` or ``responses.py``, and the addresses of CopilotKit's front ends."""
START_GRAPHS = {"agents.py", "storage.py"}
GRAPH_TYPES = {"agui/inputs.py": {"langgraph.types"}, "checkpoints.py": {"langgraph.checkpoint.base"}}
"""``Command`` is the graph's input, a value and not its runtime; a checkpointer stores, and starts nothing."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files(package: str) -> list[tuple[str, set[str]]]:
    found = [path for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts]
    assert found
    return [(path.relative_to(ROOT / package).as_posix(), set(imports(path))) for path in found]


def roots(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_the_graphs_and_the_bridge_do_not_know_each_other() -> None:
    assert [name for name, names in files("graphs") if "bridge" in roots(names)] == []
    assert [name for name, names in files("bridge") if "graphs" in roots(names)] == []
    assert [name for name, names in files("bridge") if "tests" in roots(names)] == []


def test_only_the_edge_knows_http() -> None:
    for name, names in files("bridge"):
        place = Path(name)
        edge = (
            name in KNOW_HTTP
            or place.name in ("routes.py", "responses.py")
            or place.parts[0] in ("copilotkit", "studio")
        )
        if not edge:
            assert not roots(names) & HTTP, name


def test_only_the_agents_start_graphs() -> None:
    for name, names in files("bridge"):
        if name not in START_GRAPHS:
            used = {used for used in names if used.partition(".")[0] in GRAPH}
            assert used <= GRAPH_TYPES.get(name, set()), name


def test_translators_are_pure() -> None:
    impure = {"asyncio", "anyio", "time", "random", "uuid", "socket", "logging", "secrets"}
    pure = ("agui", "openai_compat")
    edge = {"routes.py", "responses.py", "turns.py"}
    for name, names in [*files("bridge"), ("sse.py", set(imports(ROOT / "bridge" / "sse.py")))]:
        place = Path(name)
        if (place.parts[0] in pure and place.name not in edge) or name in ("sse.py", "log.py", "errors.py"):
            allowed = {"uuid"} if name == "agui/jsonable.py" else set()  # the type, for what a state may hold
            assert not roots(names) & impure - allowed, name


def test_the_arrows_point_one_way() -> None:
    for name, names in files("bridge"):
        package = Path(name).parts[0]
        known = {used.split(".")[1] for used in names if used.startswith("bridge.")}
        if package == "agui":
            assert not known & {"openai_compat", "copilotkit", "studio"}, name
        if package == "openai_compat":
            assert not known & {"copilotkit", "studio"}, name


def test_no_file_is_a_drawer_for_everything() -> None:
    for package in ("bridge", "graphs"):
        for path in (ROOT / package).rglob("*.py"):
            assert path.stem not in ("utils", "helpers", "common", "misc"), path
            assert len(path.read_text("utf-8").splitlines()) <= 500, path
