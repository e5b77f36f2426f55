"""One application in several event loops, one after the other: Starlette's `TestClient`, a reload, a test's own loop."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bridge import Settings, create_app
from tests.databases import sqlite_and_postgres  # noqa: F401
from tests.http.graphs import teller

CHAT: dict[str, Any] = {"model": "teller", "ag_ui": {"thread_id": "t"}}


def application(db: str) -> Starlette:
    return create_app({"teller": teller}, Settings(db=db, disconnect_grace=0, shutdown_grace=0))


def say(client: TestClient, text: str) -> str:
    answer = client.post("/v1/chat/completions", json={**CHAT, "messages": [{"role": "user", "content": text}]})
    assert answer.status_code == 200, answer.text
    content: str = answer.json()["choices"][0]["message"]["content"]
    return content
