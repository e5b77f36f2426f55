"""``/healthz`` tells of the process, ``/readyz`` of its database."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge import Settings
from bridge.service import Bridge
from bridge.web.health import Readiness
from tests.copilotkit.live import Live, live
from tests.databases import postgres
from tests.storage.graphs import Gated
from tests.storage.proxy import proxy
from tests.test_access import Recorder, authenticate, served


async def probe(page: Live) -> tuple[int, Any, int]:
    """The status and the answer of ``/readyz``, and the status of ``/healthz``."""
    ready = await page.client.get(f"{page.url}/readyz")
    return ready.status_code, ready.json(), (await page.client.get(f"{page.url}/healthz")).status_code


async def test_postgresql() -> None:
    with postgres() as url:
        async with proxy(url) as line, live({"default": Gated().graph()}, line.url) as page:
            assert await probe(page) == (200, {"status": "ok"}, 200)
            line.cut()
            status, answer, health = await probe(page)
            assert (status, health) == (503, 200)
            assert answer["error"]["code"] == "storage_unavailable"
            assert answer["error"]["message"] == "The database cannot be reached; nothing was stored."
            line.mend()
            assert await probe(page) == (200, {"status": "ok"}, 200)
            line.hold()
            status, answer, health = await probe(page)
            assert (status, health) == (503, 200)
            assert answer["error"]["message"] == "The database did not answer within 2 seconds."
            line.release()


async def test_a_sqlite_file_that_another_process_keeps(tmp_path: Path) -> None:
    db = tmp_path / "b.sqlite"
    async with live({"default": Gated().graph()}, db, storage_patience=0.05) as page:
        assert await probe(page) == (200, {"status": "ok"}, 200)
        with closing(sqlite3.connect(db, isolation_level=None)) as other:
            other.execute("begin immediate")
            status, answer, health = await probe(page)
        assert (status, answer["error"]["code"], health) == (503, "storage_busy", 200)
        assert await probe(page) == (200, {"status": "ok"}, 200)


async def test_a_database_that_could_not_be_opened(tmp_path: Path) -> None:
    """Where the lifespan is not passed on, the first request opens it; the probe is the one that says it cannot."""
    (tmp_path / "b.sqlite").write_bytes(b"this is no database" * 100)
    bridge = Bridge({"a": Recorder()}, Settings(db=str(tmp_path / "b.sqlite")))
    fault = await Readiness(bridge).fault()
    assert fault is not None
    assert fault.code == "storage_failed"
    (tmp_path / "b.sqlite").unlink()
    assert await Readiness(bridge).fault() is None
    await bridge.close()


async def test_neither_asks_for_a_key_nor_counts() -> None:
    settings = Settings(db=":memory:", requests_per_minute=1)
    async with served(Recorder(), settings, authenticate=authenticate) as client:
        for path in ("/healthz", "/readyz", "/readyz/", "/healthz"):
            assert (await client.get(path, headers={"X-User": "anna"})).status_code == 200
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/v1/models", headers={"X-User": "anna"})).status_code == 200


class Hanging(Bridge):
    """Its database never answers."""

    asked = 0

    async def open(self) -> None:
        self.asked += 1
        await asyncio.Event().wait()


async def test_probes_do_not_pile_up() -> None:
    bridge = Hanging({"a": Recorder()}, Settings(db=":memory:"))
    readiness = Readiness(bridge, within=0.01)
    for fault in [await readiness.fault() for _ in range(5)]:
        assert fault is not None
        assert fault.code == "storage_unavailable"
    assert bridge.asked == 1
