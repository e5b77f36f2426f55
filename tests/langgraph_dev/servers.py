"""LangGraph's dev server, from the environment that `make clients` makes for it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.langgraph_dev.conversations import ENVIRONMENT, HERE
from tests.server import free_port
from tests.tools import require_client

_QUIET = {
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}
_STARTS_WITHIN = 90.0


def copied(directory: Path, project: str) -> Path:
    """A project in a folder of its own: LangGraph's server keeps its files beside ``langgraph.json``."""
    ignored = shutil.ignore_patterns("__pycache__", ".langgraph_api")
    return Path(shutil.copytree(HERE / project, directory / project, ignore=ignored))


@contextlib.contextmanager
def langgraph_dev(project: Path, log: Path) -> Iterator[httpx.Client]:
    """``langgraph dev`` in this folder. Raises ``RuntimeError`` with its log when it does not start."""
    port = free_port()
    command = [str(require_client("langgraph").with_name("langgraph")), "dev", "--no-browser", "--no-reload"]
    environment = {**os.environ, **ENVIRONMENT, **_QUIET}
    environment.pop("PYTHONPATH", None)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=project,
            env=environment,
            stdout=output,
            stderr=output,
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)
    try:
        deadline = time.monotonic() + _STARTS_WITHIN
        while not _answers(client):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"LangGraph's server did not start:\n{log.read_text('utf-8', 'replace')}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
        yield client
    finally:
        client.close()
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/ok").status_code == 200
    return False
