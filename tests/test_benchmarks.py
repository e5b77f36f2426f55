"""The benchmarks still run: they use the storage and the command as they are, and nobody looks at them for weeks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.server import ROOT


@pytest.mark.timeout(180)
def test_a_part_is_measured() -> None:
    """The graph alone with its checkpointer, and `bridge serve`, over all three protocols."""
    command = [sys.executable, "-m", "benchmarks", "requests", "--quick", "--rounds", "1", "--servers", "ours"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stdout
    for name in (
        "astream loop, no server, SQLite checkpointer",
        "bridge, AG-UI",
        "bridge, OpenAI",
        "bridge, Responses",
    ):
        assert done.stdout.count(f"| {name} |") == 2, done.stdout
