"""Responses and conversations in the database: whose they are when a key gets a name, what they count, odd ids."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from bridge.storage.adoption import adopt_all
from bridge.storage.opening import open_storage
from bridge.storage.quota import stored_bytes
from bridge.web.callers import digest
from tests.test_ownership import ANN, client_of

SAY = "say"


async def respond(client: httpx.AsyncClient, text: str, **more: Any) -> httpx.Response:
    return await client.post("/v1/responses", json={"model": SAY, "input": text, **more}, headers=ANN)


async def test_they_move_with_their_threads(db: str) -> None:
    async with client_of(db, api_keys=("key-a",)) as client:
        name = (await respond(client, "one")).json()["id"]
        used, unused = [(await client.post("/v1/conversations", json={}, headers=ANN)).json()["id"] for _ in range(2)]
        await respond(client, "two", conversation=used)
    async with open_storage(db) as storage:
        assert len((await adopt_all(storage, digest("key-a"), "ann", {})).moved) == 2
    async with client_of(db, api_keys=("ann=key-a",)) as client:
        assert (await client.get(f"/v1/responses/{name}", headers=ANN)).json()["id"] == name
        on = await respond(client, "three", previous_response_id=name)
        assert "one" in on.json()["output"][0]["content"][0]["text"]
        assert "two" in (await respond(client, "four", conversation=used)).text
        assert (await client.get(f"/v1/conversations/{unused}", headers=ANN)).status_code == 200


async def test_they_count(db: str) -> None:
    async with client_of(db, api_keys=("ann=key-a",), max_stored_bytes=60_000) as client:
        odd = random.Random(1)  # PostgreSQL compresses what it stores
        many = [{"role": "user", "content": odd.randbytes(4000).hex()} for _ in range(10)]
        taken = await client.post("/v1/conversations", json={"items": many}, headers=ANN)
        name = taken.json()["id"]
        url = f"/v1/conversations/{name}/items"
        assert (await client.post(url, json={"items": many}, headers=ANN)).status_code == 429
        assert (await respond(client, "one")).status_code == 429
        assert (await client.delete(f"/v1/conversations/{name}", headers=ANN)).status_code == 200
        first = await respond(client, "one")
        assert first.status_code == 200
    async with open_storage(db) as storage:
        before = await storage.index.ask(lambda database: stored_bytes(database, "ann"))
    async with client_of(db, api_keys=("ann=key-a",)) as client:
        await client.delete(f"/v1/responses/{first.json()['id']}", headers=ANN)
    async with open_storage(db) as storage:
        assert await storage.index.ask(lambda database: stored_bytes(database, "ann")) < before


@pytest.mark.parametrize("name", ["%00", "resp_%00", "a" * 300, "%ff", "resp_🦊"])
async def test_any_id_is_looked_for(db: str, name: str) -> None:
    async with client_of(db) as client:
        for method, path in (
            ("GET", f"/v1/responses/{name}"),
            ("DELETE", f"/v1/responses/{name}"),
            ("POST", f"/v1/responses/{name}/cancel"),
            ("GET", f"/v1/conversations/{name}"),
            ("GET", f"/v1/conversations/{name}/items/{name}"),
        ):
            assert (await client.request(method, path)).status_code == 404, path
        refers = await respond(client, "?", input=[{"type": "item_reference", "id": f"msg_{name}_\0"}])
        assert refers.status_code == 400
