"""The front page's table of versions, in both languages, is what the package asks for and what the tests run."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PAGES = ("README.md", "README.ru.md")
PACKAGE = re.compile(r"`[^`]*`")  # a package's own name may have digits
VERSION = re.compile(r"\d+(?:\.\d+)+")


def packages(path: Path) -> dict[str, str]:
    """Name -> version, of a ``package.json``."""
    read: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return read["dependencies"]


def locked(name: str) -> str:
    """The version of a package in the lock file of the tests, or of the server."""
    text = (ROOT / "requirements-dev.lock").read_text("utf-8") + (ROOT / "requirements.lock").read_text("utf-8")
    found = re.search(rf"^{re.escape(name)}==(\S+)", text, re.MULTILINE)
    assert found, name
    return found[1]


def row(page: str, name: str) -> tuple[str, str]:
    """What a page's table calls supported, and tested."""
    [line] = [line for line in (ROOT / page).read_text("utf-8").splitlines() if line.startswith(f"| {name} |")]
    _, _, supported, tested, _ = (cell.strip() for cell in line.split("|"))
    return supported, tested


def versions(cell: str) -> set[str]:
    return set(VERSION.findall(PACKAGE.sub("", cell)))


@pytest.mark.parametrize("page", PAGES)
def test_python_and_langgraph_are_those_of_the_package(page: str) -> None:
    supported, tested = row(page, "Python")
    assert f">={VERSION.findall(supported)[0]}" == PROJECT["project"]["requires-python"]
    classified = {one.rsplit(" ", 1)[1] for one in PROJECT["project"]["classifiers"] if " :: Python :: 3." in one}
    assert versions(tested) == classified
    supported, tested = row(page, "LangGraph")
    assert f"langgraph>={VERSION.findall(supported)[0]}" in PROJECT["project"]["dependencies"]
    assert versions(tested) == {locked("langgraph")}


@pytest.mark.parametrize("page", PAGES)
def test_copilotkit_is_what_the_browser_opens(page: str) -> None:
    built = [
        path for path in (ROOT / "tests/browser").glob("pages*/**/package.json") if "node_modules" not in path.parts
    ]
    built += [ROOT / "examples/copilotkit/package.json", ROOT / "examples/django/front/package.json"]
    assert versions(row(page, "CopilotKit")[1]) == {
        held["@copilotkit/react-core"] for held in map(packages, built) if "@copilotkit/react-core" in held
    }


@pytest.mark.parametrize("page", PAGES)
def test_clients_are_those_that_the_tests_install(page: str) -> None:
    node = packages(ROOT / "tests/clients/package.json")
    [haystack] = PROJECT["dependency-groups"]["client-haystack"]
    agui = {version.rsplit("@", 1)[-1] for name, version in node.items() if name.startswith("@ag-ui/client")}
    assert versions(row(page, "AG-UI")[1]) == agui
    majors = [node["ai-5"], node["ai"], node["ai-7"]]
    assert versions(row(page, "AI SDK (`useChat`)")[1]) == {version.rpartition("@")[2] for version in majors}
    assert row(page, "OpenAI SDK")[1] == f"Python {locked('openai')}, Node {node['openai']}"
    others = f"AI SDK {node['ai']}, LangChain JS {node['@langchain/openai']}, Haystack {haystack.partition('==')[2]}"
    [name] = re.findall(r"^\| ([^|]+) \|[^|]*\| AI SDK", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert row(page, name)[1] == others
