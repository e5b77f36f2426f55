"""One application in several event loops, one after the other: Starlette's `TestClient`, or a reload."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bridge import Settings, create_app
from bridge.service import Bridge
from tests.databases import postgres
from tests.http.graphs import teller


@pytest.fixture(params=["sqlite", "postgres"])
def application(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Starlette]:
    def made(db: str) -> Starlette:
        return create_app({"teller": teller}, Settings(db=db, disconnect_grace=0, shutdown_grace=0))

    if request.param == "sqlite":
        yield made(str(tmp_path / "bridge.sqlite"))
    else:
        with postgres() as url:
            yield made(url)


def say(client: TestClient, text: str) -> str:
    body: dict[str, Any] = {
        "model": "teller",
        "ag_ui": {"thread_id": "t"},
        "messages": [{"role": "user", "content": text}],
    }
    answer = client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    content: str = answer.json()["choices"][0]["message"]["content"]
    return content


def test_visited_twice(application: Starlette) -> None:
    for expected in ("1: first", "3: second"):
        with TestClient(application) as client:
            assert say(client, expected.partition(" ")[2]) == expected


def test_without_a_lifespan(application: Starlette) -> None:
    """Each request has an event loop of its own."""
    client = TestClient(application)
    assert [say(client, text) for text in ("a", "b", "c")] == ["1: a", "3: b", "5: c"]


async def test_two_at_once_are_refused(tmp_path: Path) -> None:
    bridge = Bridge({"teller": teller}, Settings(db=str(tmp_path / "bridge.sqlite")))
    await bridge.open()
    raised: list[BaseException] = []

    def elsewhere() -> None:
        try:
            asyncio.run(bridge.open())
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert "another event loop" in str(raised[0])
    await bridge.close()
