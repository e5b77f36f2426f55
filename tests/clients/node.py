"""Run the Node programs of this directory: JSON in on stdin, JSON lines out on stdout."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HERE = Path(__file__).parent


class ClientCrashedError(Exception):
    """A Node program ended with an error of its own: a fault of the program, not what the client said."""


def run_node(
    program: str, *arguments: str, documents: Iterable[Mapping[str, Any]], timeout: float = 100
) -> list[dict[str, Any]]:
    """Run `program` of this directory to its end and return what it printed, one document a line.

    Skips the test (fails it in CI) when Node or the packages are missing. `timeout` is in seconds.

    Raises:
        ClientCrashedError: the program ended with a status other than 0; the message carries its stderr.
    """
    node = require_node()
    require_npm("tests/clients")
    done = subprocess.run(
        [node, program, *arguments],
        cwd=HERE,
        input=b"\n".join(orjson.dumps(document) for document in documents),
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise ClientCrashedError(f"{program} ended with {done.returncode}: {done.stderr.decode()[-4000:]}")
    return [orjson.loads(line) for line in done.stdout.splitlines() if line]
