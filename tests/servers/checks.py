"""What has to hold under any server and behind any proxy. Each check raises ``AssertionError``, or a client's error.

A check is given the address that clients use, and the server behind it.
"""

from __future__ import annotations

import json
import signal
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.server import Server
from tests.servers.application import WORDS
from tests.servers.client import PATIENCE, Exchange, exchange

KEEP_ALIVE = ": keep-alive"
AT_ONCE = 0.15  # seconds; HAProxy collects words for longer than that


def chat(agent: str, text: str, *, stream: bool = True) -> dict[str, Any]:
    """An OpenAI body."""
    return {"model": agent, "messages": [{"role": "user", "content": text}], "stream": stream}


def run_input(text: str, run: str | None = None) -> dict[str, Any]:
    """An AG-UI body."""
    return {
        "threadId": uuid.uuid4().hex,
        "runId": run or uuid.uuid4().hex,
        "state": {},
        "forwardedProps": {},
        "tools": [],
        "context": [],
        "messages": [{"id": "m1", "role": "user", "content": text}],
    }


def word_of(line: str) -> str:
    """The word that a line of an OpenAI or an AG-UI stream has."""
    if not line.startswith("data: {"):
        return ""
    data = json.loads(line.removeprefix("data: "))
    if "choices" in data:
        return str(data["choices"][0]["delta"].get("content") or "") if data["choices"] else ""
    return str(data["delta"]) if data.get("type") == "TEXT_MESSAGE_CONTENT" else ""


def written(server: Server, entry: str, count: int = 1, patience: float = PATIENCE) -> None:
    """Wait until the agent has written this so often."""
    diary = Path(server.env["TEST_DIARY"])
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if diary.exists() and diary.read_text("utf-8").count(f"{entry} ") >= count:
            return
        time.sleep(0.05)  # another process writes it
    raise AssertionError(f"the agent was not '{entry}' {count} times")


def _entries(server: Server, entry: str) -> int:
    diary = Path(server.env["TEST_DIARY"])
    return diary.read_text("utf-8").count(f"{entry} ") if diary.exists() else 0


def _let_go(url: str, name: str) -> None:
    with exchange(f"{url}/v1/chat/completions", chat("pacer", f"next {name}", stream=False)) as going:
        assert going.json()["choices"][0]["message"]["content"] == "ok"


def words(url: str, server: Server) -> None:
    """Each word is here before the next one is made. Who collects words on the way is shown by the quickest of them."""
    del server
    times = []
    for path, body in (("/v1/chat/completions", chat), ("/agui/pacer", lambda _, text: run_input(text))):
        name = uuid.uuid4().hex
        with exchange(f"{url}{path}", body("pacer", f"words {name}")) as going:
            received = []
            made: float | None = None
            for line in going.lines():
                if word := word_of(line):
                    if made is not None:
                        times.append(time.monotonic() - made)
                    received.append(word)
                    made = time.monotonic()
                    _let_go(url, name)
        assert tuple(received) == WORDS, received
    assert min(times) < AT_ONCE, times


def leaving(url: str, server: Server) -> None:
    """Who leaves a stream, or waits for an answer no longer, ends the run. It is no fault, and no line of the log."""
    path = f"{url}/v1/chat/completions"
    cancelled = _entries(server, "cancelled")
    with exchange(path, chat("teller", "slow")) as going:
        next(line for line in going.lines() if word_of(line))
    written(server, "cancelled", cancelled + 1)
    called = _entries(server, "called")
    for number, stream in enumerate((False, True), 1):  # before the first byte
        with exchange(path, chat("teller", "silent", stream=stream)):
            written(server, "called", called + number)
        written(server, "cancelled", cancelled + 1 + number)
    assert "Traceback" not in server.log, server.log
    assert "No response returned" not in server.log, server.log


def resuming(url: str, server: Server) -> None:
    """A stream that broke off goes on where it was."""
    del server
    name, run = uuid.uuid4().hex, uuid.uuid4().hex
    number = ""
    with exchange(f"{url}/agui/pacer", run_input(f"words {name}", run)) as going:
        for line in going.lines():
            number = line.removeprefix("id: ") if line.startswith("id: ") else number
            if word_of(line):
                break
    with exchange(f"{url}/runs/{run}/events", headers={"Last-Event-ID": number}) as going:
        _let_go(url, name)
        _let_go(url, name)
        _let_go(url, name)
        lines = [*going.lines()]
    received = tuple(word for word in map(word_of, lines) if word)
    assert received == WORDS[1:], lines
    assert '"RUN_FINISHED"' in lines[-1]


def idle(url: str, server: Server) -> None:
    """A stream in which nothing happens says that it lives."""
    del server
    for path, body in (("/v1/chat/completions", chat("teller", "silent")), ("/agui/teller", run_input("silent"))):
        with exchange(f"{url}{path}", body) as going:
            assert KEEP_ALIVE in going.lines()


def _last_of(going: Exchange) -> str:
    deadline, last = time.monotonic() + 2 * PATIENCE, ""
    for line in going.lines():
        last = line
        assert time.monotonic() < deadline, "the stream goes on"
    return last


def ending(url: str, server: Server, number: int = signal.SIGTERM) -> None:
    """A signal: streams end with an error in their clients' languages, then the process ends."""
    with (
        exchange(f"{url}/v1/chat/completions", chat("teller", "slow")) as openai,
        exchange(f"{url}/agui/teller", run_input("slow")) as agui,
    ):
        for going in (openai, agui):
            next(line for line in going.lines() if word_of(line))
        server.process.send_signal(number)
        last = {"openai": _last_of(openai), "agui": _last_of(agui)}
    assert last["openai"].startswith('data: {"error":'), last
    assert '"RUN_ERROR"' in last["agui"], last
    server.process.wait(2 * PATIENCE)


def ending_beside_a_client_that_does_not_read(url: str, server: Server) -> None:
    """SIGTERM: a client that takes nothing of a long answer does not keep the process."""
    address = urlsplit(url)
    body = json.dumps(chat("teller", "count 30000")).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    finished = _entries(server, "finished")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((address.hostname, address.port))
        client.sendall(head.encode() + body)
        written(server, "finished", finished + 1, patience=30)
        server.process.terminate()
        server.process.wait(2 * PATIENCE)


def large_body(url: str, server: Server) -> None:
    """A body that is too large is refused in words, which a client that sends it all still reads."""
    del server
    for size in (2 * 1024 * 1024, 8 * 1024 * 1024):
        for path, status in (("/v1/chat/completions", 413), ("/nothing", 404)):
            with exchange(f"{url}{path}", chat("teller", "x" * size)) as going:
                assert going.status in (status, 413)
                assert going.json()["error"]["message"]


def prefix(url: str, server: Server, headers: Mapping[str, str] | None = None) -> None:
    """Below a prefix all addresses are there, and what is written for a person has it."""
    del server
    with exchange(f"{url}/healthz", headers=headers) as going:
        assert going.json()["status"] == "ok"
    with exchange(f"{url}/openapi.json", headers=headers) as going:
        assert going.json()["servers"] == [{"url": "/ai"}]
    with exchange(f"{url}/", headers=headers) as going:
        assert b"/ai/v1" in going.read()


CHECKS: dict[str, Callable[[str, Server], None]] = {
    "words": words,
    "leaving": leaving,
    "resume": resuming,
    "idle": idle,
    "large body": large_body,
    "SIGTERM": ending,
}
"""In this order: the last one ends the server."""
