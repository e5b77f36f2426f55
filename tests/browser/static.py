"""What the browser opens: built pages, served from loopback."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def build(package: str) -> Path:
    """The npm package's `dist`, built again when a source is newer. Skips when its packages are not installed."""
    directory = require_npm(package)
    dist = directory / "dist"
    sources = [
        path
        for path in directory.rglob("*")
        if path.is_file() and not {"node_modules", "dist"} & set(path.relative_to(directory).parts)
    ]
    built = dist.stat().st_mtime if dist.is_dir() else 0
    if built < max(path.stat().st_mtime for path in sources):
        done = subprocess.run(
            ["npm", "run", "--silent", "build"], cwd=directory, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"npm run build in {package} failed:\n{done.stdout}\n{done.stderr}"
        os.utime(dist)
    return dist


class QuietHandler(SimpleHTTPRequestHandler):
    """Files, and no line on stderr for each."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name for it
        """Say nothing."""


@contextlib.contextmanager
def serve_files(directory: Path) -> Iterator[str]:
    """Those files over HTTP on a free port; the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def preview(package: str, bridge: str, api_key: str = "") -> Iterator[str]:
    """The example as `make demo` shows it: Vite serves the built page and hands `/api/copilotkit` to the bridge."""
    build(package)
    directory = require_npm(package)
    process = subprocess.Popen(
        [require_node(), "node_modules/vite/bin/vite.js", "preview", "--port", "0"],
        cwd=directory,
        env={**os.environ, "BRIDGE_URL": bridge, "BRIDGE_API_KEY": api_key, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise RuntimeError("vite preview ended before it said its address")
        yield found[0]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
