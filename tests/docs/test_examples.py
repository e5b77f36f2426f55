"""Every example of the documentation, run as its reader would run it, against a real server."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.databases import postgres
from tests.docs.blocks import RUN, Block, all_blocks, once
from tests.docs.reader import CHECKOUT, WRITTEN
from tests.server import ROOT, Server, free_port
from tests.tools import require_node, require_npm

DATABASE = "postgresql://bridge:secret@db.example.com/bridge"
"""The database that the documentation speaks of."""

ALONE = [block for block in once() if block.language in RUN and not block.mark]
SERVING = [block for block in once() if block.mark == "serves"]
QUOTED = [block for block in all_blocks() if block.mark == "same as"]


@pytest.mark.parametrize("block", ALONE, ids=lambda block: block.name)
def test_an_example_runs(
    block: Block, documented: Server, folders: dict[Path, Path], environment: dict[str, str]
) -> None:
    text = block.text.replace(WRITTEN, documented.url).replace(CHECKOUT, str(ROOT))
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
def test_a_server_starts(
    block: Block, documented: Server, folders: dict[Path, Path], environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    path, _, folder = block.said.partition(" in ")
    log = tmp_path / "log"
    with contextlib.ExitStack() as stack:
        text = block.text.rstrip().replace(WRITTEN, documented.url)
        if DATABASE in text:
            text = text.replace(DATABASE, stack.enter_context(postgres()))
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", f"{text} --port {port}"],
            cwd=ROOT / folder if folder else folders[block.page],
            env={**environment, "BRIDGE_DB": str(tmp_path / "b.sqlite"), "OFFICE_DATA": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=stack.enter_context(log.open("wb")),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(end, process)
        assert answers(f"http://127.0.0.1:{port}{path}", process), log.read_text("utf-8")
    assert "Traceback" not in log.read_text("utf-8")


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(20)


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


@pytest.mark.parametrize("block", QUOTED, ids=lambda block: block.name)
def test_a_file_is_quoted_word_for_word(block: Block) -> None:
    assert block.text == (ROOT / block.said).read_text("utf-8")
