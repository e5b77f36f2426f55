"""A log's lines are the server's own: nobody forges one (issue 12, 1)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from bridge.observe.logging import _Json, _Line
from tests.http.talking import run_input
from tests.server import serve

EVIL = "x\n12:00:00 info bridge.http [-] POST /admin 200\r\x1b[2K\x1b[31mred\x9b31m\u2028\u202eback\u2066\x00\x7f"
AT_WORK = [chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E, 0x2066)]


def record(message: str, error: Exception | None = None, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("bridge.http", logging.INFO, __file__, 1, "%s", (message,), None)
    made.__dict__.update(extra)
    if error is not None:
        made.exc_info = (type(error), error, error.__traceback__)
    return made


@pytest.mark.parametrize("place", ["message", "run_id", "thread_id"])
def test_a_line_of_text_is_one_line(place: str) -> None:
    line = _Line().format(record(EVIL) if place == "message" else record("fine", None, **{place: EVIL}))
    assert [sign for sign in AT_WORK if sign in line] == []
    assert r"\n12:00:00" in line
    assert r"\x1b[31m" in line


@pytest.mark.parametrize("place", ["message", "run_id", "thread_id"])
def test_a_line_of_json_is_one_line_and_says_what_came(place: str) -> None:
    line = _Json().format(record(EVIL) if place == "message" else record("fine", None, **{place: EVIL}))
    assert [sign for sign in AT_WORK if sign in line] == []
    assert orjson.loads(line)[place] == EVIL


def test_a_value_ends_where_it_seems_to() -> None:
    line = _Line().format(record("fine", run_id="r thread_id=other", thread_id="t"))
    assert line.endswith('run_id="r thread_id=other" thread_id=t')


def test_an_exception_s_text_is_no_line_of_the_log() -> None:
    error = ValueError(f"bad\n{EVIL}")
    first, *rest = _Line().format(record("failed", error)).split("\n")
    assert first.endswith("failed")
    assert len(rest) >= 3
    assert all(line.startswith("  | ") for line in rest)
    assert not any(sign in line for line in rest for sign in AT_WORK)
    line = _Json().format(record("failed", error))
    assert EVIL in orjson.loads(line)["traceback"]
    assert "\n" not in line


@pytest.mark.parametrize("options", [(), ("--log-json",)])
def test_what_a_client_chooses_is_escaped_in_the_server_s_log(tmp_path: Path, options: tuple[str, ...]) -> None:
    with serve(tmp_path, "teller=tests.http.graphs:teller", *options) as server:
        forged = "%0A12:00:00%20info%20forged%1B%5B31m%C2%9B31m%E2%80%AE"
        assert httpx.get(f"{server.url}/agui/{forged}", trust_env=False).status_code == 404
        body = run_input("count 1", thread=EVIL.replace("\x00", ""), runId="r\n12:00:00 info forged")
        assert httpx.post(f"{server.url}/agui/teller", json=body, trust_env=False).status_code == 200
        httpx.get(f"{server.url}/healthz", headers={"X-Request-Id": "x forged"}, trust_env=False)
        httpx.get(f"{server.url}/agui", headers={"Origin": "https://x\x1b[31mforged"}, trust_env=False)
        log = server.log
    lines = log.split("\n")
    assert any("forged" in line for line in lines)
    assert not any(line.startswith("12:00:00 info forged") for line in lines)
    assert [sign for sign in AT_WORK if sign != "\n" and sign in log] == []
    if options:
        assert all(orjson.loads(line) for line in lines if "forged" in line)
