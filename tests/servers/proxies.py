"""The proxies of ``docs/deployment.md``, started with the configurations that stand there, on free ports."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import blocks_of
from tests.server import free_port
from tests.servers.commands import DEPLOYMENT

_START = 10.0  # seconds


@dataclass(frozen=True)
class Proxy:
    """A proxy.

    Attributes:
        language: of its snippet in the docs.
        arguments: of its command, for the file of its configuration.
        around: its configuration around the snippet.
        address: what the snippet listens on, as a regular expression.
        listen: the same for a port here.
    """

    language: str
    arguments: tuple[str, ...]
    around: str
    address: str
    listen: str


PROXIES = {
    "nginx": Proxy(
        "nginx",
        ("-e", "stderr", "-c"),
        "daemon off; pid nginx.pid; error_log stderr; events {{}}\nhttp {{ access_log off;\n{snippet}\n}}",
        r"listen 443 ssl;(\n\s+ssl_\w+ [^;]*;|\n\s+server_name [^;]*;)*",
        "listen 127.0.0.1:{port};",
    ),
    "caddy": Proxy(
        "caddyfile",
        ("run", "--adapter", "caddyfile", "--config"),
        "{{\n admin off\n auto_https off\n}}\n{snippet}",
        r"^agents\.example\.com",
        "http://127.0.0.1:{port}",
    ),
    "haproxy": Proxy(
        "haproxy",
        ("-db", "-f"),
        "{snippet}",
        r"bind :443.*",
        "bind 127.0.0.1:{port}",
    ),
}


def snippet_of(language: str, page: Path = DEPLOYMENT) -> str:
    """The first block in this language on a page of the docs."""
    return next(block.text for block in blocks_of(page) if block.language == language)


@contextlib.contextmanager
def proxying(name: str, directory: Path, behind: str) -> Iterator[str]:
    """The address of a proxy of this kind in front of the server at ``behind``."""
    proxy, port = PROXIES[name], free_port()
    snippet, count = re.subn(
        proxy.address, proxy.listen.format(port=port), snippet_of(proxy.language), flags=re.MULTILINE
    )
    assert count == 1, snippet
    snippet = snippet.replace("127.0.0.1:8000", behind.removeprefix("http://"))
    file = directory / f"{name}.conf"
    file.write_text(proxy.around.format(snippet=snippet))
    prefix = ("-p", str(directory)) if name == "nginx" else ()
    command = [str(find(name)), *prefix, *proxy.arguments, str(file)]
    log_path = directory / f"{name}.log"
    with log_path.open("wb") as log:
        home = {"HOME": str(directory), "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
        process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log, env={**os.environ, **home})
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process, log_path)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(_START)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise RuntimeError(f"the proxy did not start:\n{log.read_text('utf-8', 'replace')}")


def find(name: str) -> str | None:
    """The proxy's command; Debian keeps it where users do not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
