"""Every example of the documentation, run as its reader would run it, against a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import RUN, Block, all_blocks, blocks_of, pages
from tests.server import ROOT, Server, free_port, serve
from tests.tools import require_node, require_npm

WRITTEN = "http://127.0.0.1:8000"
"""The address that the documentation speaks of."""

BLOCKS = all_blocks()
# What two pages say word for word (the README's languages) is run once.
ONCE = {(block.language, block.text): block for block in BLOCKS}.values()
ALONE = [block for block in ONCE if block.language in RUN and not block.mark]
SERVING = [block for block in ONCE if block.mark == "serves"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("docs")) as server:
        yield server


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """A folder for each page, with the files that the page tells its reader to write; docs/ru is one reader's way."""
    made = {}
    russian = tmp_path_factory.mktemp("ru")
    for page in pages():
        made[page] = russian if page.parent.name == "ru" else tmp_path_factory.mktemp(page.stem.replace(".", "-"))
        for block in blocks_of(page):
            if block.mark == "file":
                path = made[page] / block.said
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, "utf-8")
    return made


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The reader's shell: `bridge` is a command in it, curl fails on an HTTP error, make says what it would do."""
    commands = tmp_path_factory.mktemp("bin")
    for name, runs in {
        "bridge": f'exec "{sys.executable}" -m bridge.cli "$@"',
        "python": f'exec "{sys.executable}" "$@"',
        "uvicorn": f'exec "{sys.executable}" -m uvicorn "$@"',
        "make": f'PATH="${{PATH#*:}}" exec make --dry-run --directory="{ROOT}" "$@"',
        "curl": 'PATH="${PATH#*:}" exec curl --fail-with-body --silent --show-error "$@"',
    }.items():
        command = commands / name
        command.write_text(f"#!/bin/sh\n{runs}\n")
        command.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "BRIDGE_", "AGENT_"))}
    return {
        **kept,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "DEMO_MODEL_DELAY": "0",
    }


@pytest.mark.parametrize("block", ALONE, ids=lambda block: block.name)
def test_an_example_runs(block: Block, server: Server, folders: dict[Path, Path], environment: dict[str, str]) -> None:
    text = block.text.replace(WRITTEN, server.url)
    where = folders[block.page]
    if block.language == "js":
        command = [require_node(), "--input-type=module", "-"]
        where = require_npm("tests/clients")
    else:
        command = ["bash", "-euo", "pipefail"] if block.language == "sh" else [sys.executable, "-"]
    done = subprocess.run(
        command, input=text, cwd=where, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{block.name}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("block", SERVING, ids=lambda block: block.name)
def test_a_server_starts(block: Block, folders: dict[Path, Path], environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    command = block.text.rstrip() + f" --port {port}"
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folders[block.page],
            env={**environment, "BRIDGE_DB": str(tmp_path / "b.sqlite")},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        assert answers(f"http://127.0.0.1:{port}{block.said}", process), log.read_text("utf-8")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    assert "Traceback" not in log.read_text("utf-8")


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:
                return bool(answer.status == 200)
        except OSError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    return False


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark == "same as"], ids=lambda block: block.name)
def test_a_file_is_quoted_word_for_word(block: Block) -> None:
    assert block.text == (ROOT / block.said).read_text("utf-8")


def test_few_examples_are_not_run() -> None:
    """A statement nobody checks is the first to be wrong."""
    skipped = [block for block in ONCE if block.mark == "not run" and block.language in RUN]
    assert len(skipped) * 3 <= len(ALONE) + len(SERVING), [block.name for block in skipped]
