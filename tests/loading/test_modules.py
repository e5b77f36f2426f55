"""Which module a place names, where several could be meant."""

from __future__ import annotations

import pytest

from tests.loading.projects import GRAPH, Project


def named(name: str) -> str:
    return GRAPH.replace("builder.compile()", f"builder.compile(name='{name}')")


@pytest.mark.parametrize(
    "path",
    [
        "agent.py",
        "src/agent.py",
        "my-agent/graph.py",
        "v1.2/graph.py",
        "json/graph.py",
        "pkg/__init__.py",
        "test/a b.py",
    ],
)
def test_a_file_is_found_whatever_its_path(project: Project, path: str) -> None:
    project.write(path, named("this"))
    assert project.load(f"x=./{path}:graph")["x"].name == "this"


def test_two_projects_have_a_module_of_one_name(project: Project) -> None:
    for folder in ("one", "two"):
        project.write(f"{folder}/agents_of_two.py", named(folder))
        (project.folder / folder / "langgraph.json").write_text(
            f'{{"graphs": {{"{folder}": "./agents_of_two.py:graph"}}}}'
        )
    loaded = project.load("one/langgraph.json", "two/langgraph.json")
    assert [graph.name for graph in loaded.values()] == ["one", "two"]


def test_a_file_outside_of_the_project(project: Project) -> None:
    project.write("shared/common_agent.py", named("shared"))
    project.write("here/langgraph.json", '{"graphs": {"x": "../shared/common_agent.py:graph"}}')
    assert project.load("here/langgraph.json")["x"].name == "shared"


def test_a_file_uses_its_own_package(project: Project) -> None:
    project.write("package_here/__init__.py", "")
    project.write("package_here/words.py", "NAME = 'by a relative import'\n")
    project.write("package_here/agent.py", GRAPH.replace("builder.compile()", "builder.compile(name=NAME)") + "")
    text = "from .words import NAME\n" + (project.folder / "package_here" / "agent.py").read_text("utf-8")
    project.write("package_here/agent.py", text)
    assert project.load("x=./package_here/agent.py:graph")["x"].name == "by a relative import"


def test_a_folder_that_is_a_link(project: Project) -> None:
    project.write("elsewhere/words.py", "NAME = 'by a relative import'\n")
    text = "from .words import NAME\n" + GRAPH.replace("builder.compile()", "builder.compile(name=NAME)")
    project.write("elsewhere/agent.py", text)
    project.write("here/langgraph.json", '{"graphs": {"x": "./linked/agent.py:graph"}}')
    (project.folder / "here" / "linked").symlink_to(project.folder / "elsewhere")
    assert project.load("here/langgraph.json")["x"].name == "by a relative import"
