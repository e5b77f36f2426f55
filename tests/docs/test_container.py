"""The documentation's Dockerfile, step by step without Docker.

Each COPY is made into an empty folder, the package is installed from what is then there, and the command is started
with the image's variables. Left out: the base image, the user, and the download of the locked packages, which have to
be what is installed here.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.docs.blocks import Block, checked_by, written_in
from tests.docs.test_examples import answers
from tests.server import ROOT, free_port

(DOCKERFILE,) = written_in("dockerfile")
RUNS = checked_by(__name__)
BLOCKS = [DOCKERFILE, *RUNS]
AS_ROOT = ("useradd", "install")
"""Commands that make a user of the image, and its folder."""


def instructions() -> list[tuple[str, str]]:
    lines = DOCKERFILE.text.replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def rest_of(word: str) -> str:
    (rest,) = [rest for name, rest in instructions() if name == word]
    return rest


@dataclass
class Image:
    """What the Dockerfile makes: a folder, an environment with the package, variables."""

    folder: Path
    venv: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BRIDGE_", "OPENAI_", "AGENT_", "PYTHON"))
        }
        return {**kept, "PATH": f"{self.venv}/bin:{os.environ['PATH']}", **self.variables}

    def copy(self, *names: str) -> None:
        *sources, target = names
        for name in sources:
            assert (ROOT / name).exists(), f"COPY {name}: there is no such file"
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, self.folder / target, ignore=ignored)
            else:
                shutil.copy(ROOT / name, self.folder / target)

    def run(self, line: str) -> None:
        for command in line.split("&&"):
            words = shlex.split(command)
            if words[0] in AS_ROOT:
                continue
            assert words[:2] == ["pip", "install"], command
            if "--requirement" in words:  # they are installed: nothing is downloaded, all is compared
                words = [sys.executable, "-m", *words, "--dry-run", "--no-index"]
            else:
                words = [str(self.venv / "bin" / "python"), "-m", *words]
            done = subprocess.run(
                words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=110, check=False
            )
            assert done.returncode == 0, f"RUN {command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Image:
    base = tmp_path_factory.mktemp("image")
    made = Image(base / "srv", base / "venv")
    made.folder.mkdir()
    (base / "data").mkdir()
    subprocess.run(["python", "-m", "venv", str(made.venv)], env=environment, check=True, timeout=60)
    for word, rest in instructions():
        match word:
            case "COPY":
                made.copy(*rest.split())
            case "RUN":
                made.run(rest)
            case "ENV":
                made.variables.update(dict(pair.split("=", 1) for pair in shlex.split(rest)))
            case _:
                assert word in {"FROM", "WORKDIR", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}, word
    made.variables["BRIDGE_DB"] = made.variables["BRIDGE_DB"].replace(rest_of("VOLUME"), str(base / "data"))
    return made


@contextmanager
def running(image: Image, log: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [*json.loads(rest_of("CMD")), *arguments]
    command[0] = str(image.venv / "bin" / command[0])
    with log.open("wb") as output:
        environment = {**image.environment, **variables}
        process = subprocess.Popen(command, cwd=image.folder, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def test_it_does_not_start_without_a_key(image: Image, tmp_path: Path) -> None:
    with running(image, tmp_path / "log", "--port", "0") as process:
        assert process.wait(60) == 2
    assert "--no-auth" in (tmp_path / "log").read_text("utf-8")


@pytest.mark.parametrize("block", RUNS, ids=lambda block: block.name)
def test_it_runs_as_the_page_starts_it(block: Block, image: Image, tmp_path: Path) -> None:
    docker = argparse.ArgumentParser()
    docker.add_argument("-p")
    docker.add_argument("-v")
    docker.add_argument("-e")
    docker.add_argument("image")
    words = shlex.split(block.text)
    assert words[:2] == ["docker", "run"]
    given = docker.parse_args(words[2:])
    assert given.p.partition(":")[2] == rest_of("EXPOSE")
    assert given.v.partition(":")[2] == rest_of("VOLUME")
    name, _, value = given.e.partition("=")

    port = free_port()
    with running(image, tmp_path / "log", "--host", "127.0.0.1", "--port", str(port), **{name: value}) as process:
        assert answers(f"http://127.0.0.1:{port}/healthz", process), (tmp_path / "log").read_text("utf-8")
        health = rest_of("HEALTHCHECK").removeprefix("CMD ").replace(rest_of("EXPOSE"), str(port))
        subprocess.run([sys.executable, *json.loads(health)[1:]], check=True, timeout=60)
    assert Path(image.variables["BRIDGE_DB"]).exists()
