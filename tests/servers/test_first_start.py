"""Several processes start at the same moment on an empty database: no worker of gunicorn's dies of another one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import postgres
from tests.server import ROOT

STARTS = 6
PROCESSES = 4


@contextlib.contextmanager
def process(databases: list[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.servers.starting", *databases]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def line_of(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_all_of_them_start(tmp_path: Path, kind: str) -> None:
    with contextlib.ExitStack() as stack:
        databases = [
            stack.enter_context(postgres()) if kind == "postgres" else str(tmp_path / f"{number}.sqlite")
            for number in range(STARTS)
        ]
        processes = [stack.enter_context(process(databases)) for _ in range(PROCESSES)]
        assert [line_of(running) for running in processes] == ["ready"] * PROCESSES
        for _ in databases:
            for running in processes:
                assert running.stdin is not None
                running.stdin.write("start\n")  # each of them waits for this, with everything imported
            assert [line_of(running) for running in processes] == ["started"] * PROCESSES
