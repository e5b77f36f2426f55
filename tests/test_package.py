"""What is built, what is in it, and that a stranger's fresh environment serves a graph with it."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import httpx
import pytest

from tests.docs.test_examples import answers
from tests.server import ROOT, free_port
from tests.tools import require_module

SOURCES = ("bridge", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE", ".gitignore")

THREE_NODES = '''"""A graph of three nodes."""
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph


def think(state: MessagesState) -> dict:
    return {}


def look(state: MessagesState) -> dict:
    return {}


def answer(state: MessagesState) -> dict:
    return {"messages": [AIMessage(f"You said: {state['messages'][-1].text}")]}


graph = StateGraph(MessagesState).add_sequence([think, look, answer]).add_edge(START, "think").compile()
'''


def build(sources: Path, to: Path) -> Path:
    require_module("hatchling", "hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)]
    subprocess.run(command, cwd=sources, capture_output=True, text=True, timeout=60, check=True)
    return next(to.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_has_the_bridge_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        info = {name.partition(".dist-info/")[2] for name in archive.namelist()} - {""}
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bridge").rglob("*") if path.is_file()}
    assert names == {name for name in sources if "__pycache__" not in name}
    assert "bridge/py.typed" in names
    assert info == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


def test_what_the_wheel_asks_for(wheel: Path) -> None:
    about = metadata(wheel)
    needs = about.get_all("Requires-Dist") or []
    plain = {need.partition(";")[0] for need in needs if "extra ==" not in need}
    assert not [need for need in plain if need.startswith(("langchain-openai", "psycopg", "langchain>"))]
    assert [need for need in needs if need.startswith("langchain-openai") and "'demo'" in need]
    assert not [need for need in needs if need.startswith("asyncpg")]
    assert about.get_all("Provides-Extra") == ["demo", "draw", "langchain", "postgres"]
    assert about["License-Expression"] == "MIT"
    assert "Typing :: Typed" in (about.get_all("Classifier") or [])


def test_the_same_sources_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    """Built elsewhere, from files of another age and with other permissions."""
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, copy / name)
    for path in copy.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    assert build(copy, tmp_path / "dist").read_bytes() == wheel.read_bytes()


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel installed by pip; what it depends on is this environment's."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=True)
    scheme = sysconfig.get_paths("venv", vars={"base": str(home), "platbase": str(home)})
    places = {*site.getsitepackages(), *(path for path in sys.path if path.endswith("site-packages"))}
    (Path(scheme["purelib"]) / "dependencies.pth").write_text("\n".join(sorted(places)), "utf-8")
    pip = [str(Path(scheme["scripts"]) / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    # pip sees the packages of the other environment, an editable bridge among them
    arguments = ["--no-index", "--no-deps", "--ignore-installed", str(wheel)]
    done = subprocess.run([*pip, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return Path(scheme["scripts"])


def shell() -> dict[str, str]:
    """An environment that knows nothing of the checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BRIDGE_", "OPENAI_", "AGENT_", "PYTHON"))
    }


@pytest.mark.parametrize("command", [["bridge"], ["python", "-m", "bridge"]], ids=" ".join)
def test_a_stranger_serves_a_graph(fresh: Path, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "my_agent.py").write_text(THREE_NODES, "utf-8")
    port = free_port()
    run = [str(fresh / command[0]), *command[1:], "serve", "my_agent:graph", "--port", str(port)]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(run, cwd=tmp_path, env=shell(), stdout=output, stderr=output)
    try:
        assert answers(f"http://127.0.0.1:{port}/healthz", server), log.read_text("utf-8")
        body = {"model": "my-agent", "messages": [{"role": "user", "content": "hello"}]}
        url = f"http://127.0.0.1:{port}/v1/chat/completions"
        answer = httpx.post(url, json=body, trust_env=False).json()
        assert answer["choices"][0]["message"]["content"] == "You said: hello"
    finally:
        server.terminate()
        server.wait(30)


def test_it_is_the_installed_bridge_and_there_are_no_graphs(fresh: Path, tmp_path: Path) -> None:
    code = (
        "import bridge, importlib.util, json; "
        "print(json.dumps([bridge.__file__, importlib.util.find_spec('graphs') is None]))"
    )
    run = [str(fresh / "python"), "-c", code]
    done = subprocess.run(run, cwd=tmp_path, env=shell(), capture_output=True, text=True, check=True)
    file, no_graphs = json.loads(done.stdout)
    assert Path(file).is_relative_to(fresh.parent)
    assert no_graphs


def test_without_an_agent_the_command_says_how_to_name_one(fresh: Path, tmp_path: Path) -> None:
    run = [str(fresh / "bridge"), "serve"]
    done = subprocess.run(run, cwd=tmp_path, env=shell(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "bridge serve my_module:graph" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_bill_of_materials_has_every_locked_package(tmp_path: Path) -> None:
    require_module("cyclonedx_py", "cyclonedx-bom")
    made = []
    for number in range(2):
        file = tmp_path / f"{number}.json"
        command = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.lock", "--output-reproducible"]
        command += ["--pyproject", "pyproject.toml", "--output-file", str(file)]
        subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
        made.append(file.read_bytes())
    assert made[0] == made[1]
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = {line.partition("==")[0] for line in lock.splitlines() if line[:1].isalnum()}
    components = json.loads(made[0])["components"]
    assert {component["name"] for component in components} == locked
    assert all(component["externalReferences"][0]["hashes"] for component in components)
