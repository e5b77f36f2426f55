"""What the browser opens: built pages, served from loopback."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bridge.studio.page.build import build as build_page
from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def build(package: str, *shared: str) -> Path:
    """The npm package's `dist`, built again when a source is newer. Skips when its packages are not installed.

    `shared`: files and folders beside the package that it is built from too.
    """
    directory = require_npm(package)
    dist = directory / "dist"
    sources = [
        path
        for place in (directory, *(directory.parent / name for name in shared))
        for path in (place.rglob("*") if place.is_dir() else [place])
        if path.is_file() and not {"node_modules", "dist"} & set(path.relative_to(directory.parent).parts)
    ]
    newest = max(path.stat().st_mtime for path in sources)
    with (directory / "node_modules" / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes that run tests want the same page
        if not dist.is_dir() or dist.stat().st_mtime < newest:
            done = subprocess.run(
                ["npm", "run", "--silent", "build"], cwd=directory, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"npm run build in {package} failed:\n{done.stdout}\n{done.stderr}"
            os.utime(dist)
            for page in dist.glob("index.html"):
                os.utime(page)  # what `make` looks at
    return dist


def build_studio() -> None:
    """The studio's page, built where a source is newer. Skips (fails in CI) without Node or its packages."""
    directory = require_npm("studio")
    with (directory / "node_modules" / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build_page(directory.parent)


class QuietHandler(SimpleHTTPRequestHandler):
    """Files, and no line on stderr for each."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name for it
        """Log nothing."""


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


class Cable:
    """A network between a page and its server that can be cut: bytes go through until then, and again after."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._target = (parts.hostname or "", parts.port or 0)
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection that is open now."""
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut, and let nobody in any more."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def preview(package: str, bridge: str, api_key: str = "", command: str = "preview") -> Iterator[str]:
    """The example as `make demo` shows it: Vite serves the built page and hands `/api/copilotkit` to the bridge.

    With `command` "dev" it is the development server, which builds as it serves.
    """
    build(package)
    directory = require_npm(package)
    process = subprocess.Popen(
        [require_node(), "node_modules/vite/bin/vite.js", command, "--port", "0"],
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
