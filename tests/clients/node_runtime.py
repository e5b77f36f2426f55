"""CopilotKit's own Node runtime in front of the bridge, as people run it today."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from tests.clients.node import HERE, ClientCrashedError
from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENTS = ("http", "openai")
"""An ``HttpAgent`` at ``/agui/{agent}``, and a ``BuiltInAgent`` over the chat API."""


@contextmanager
def serve_node_runtime(bridge: str, *, agent: str, api_key: str) -> Iterator[str]:
    """Serve the runtime on a free port of loopback until the block ends; yields a page's ``runtimeUrl``.

    ``api_key`` is what its ``openai`` agent calls the bridge with; ``http`` hands on what each request carries.

    Raises:
        ClientCrashedError: it did not start.
    """
    node = require_node()
    require_npm("tests/clients/runtime")
    server = subprocess.Popen(
        [node, "server.mjs"],
        cwd=HERE / "runtime",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with server:  # leaving closes stdin, which is how the program is told to stop, and waits for its end
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdin.write(orjson.dumps({"bridge": bridge, "agent": agent, "apiKey": api_key}) + b"\n")
        server.stdin.flush()
        first = server.stdout.readline()
        if not first:
            raise ClientCrashedError(f"the runtime did not start: {server.stderr.read().decode()[-4000:]}")
        yield orjson.loads(first)["url"]
