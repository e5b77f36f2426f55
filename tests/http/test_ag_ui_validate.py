"""What others hold to be legal AG-UI: the validator `ag-ui-validate`, on recorded streams and on the live server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from ag_ui.core import AgentCapabilities
from ag_ui_validate import Diagnostic, create_validator

from tests.http.talking import events_of, run_input
from tests.vectors import __file__ as vectors

VECTORS = sorted(Path(vectors).parent.glob("*.json"))
NEVER_STARTED = "AGUI207"
"""A result of a call that this stream did not begin. A run that goes on after an approval has it: the call is in the
conversation, and was begun by the run before. The validator looks at one run alone."""


def findings(events: Iterable[dict[str, Any]]) -> list[Diagnostic]:
    """Errors and warnings; what is only a remark (no timestamps, no prefix of a vendor) is none."""
    validator = create_validator()
    for event in events:
        validator.feed(event)
    validator.finalize()
    found: Sequence[Diagnostic] = validator.report().diagnostics
    return [each for each in found if each.severity != "info"]


def test_it_finds_what_is_wrong() -> None:
    begun = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
    assert findings([begun, {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "x"}])


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_recorded_stream(path: Path) -> None:
    rules = [each.rule for each in findings(json.loads(path.read_text("utf-8"))["events"])]
    assert rules == ([NEVER_STARTED] if path.stem == "resumed" else [])


ASKED = (
    ("sales", "Покажи воронку"),
    ("sales", "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"),
    ("teller", "think"),
    ("teller", "break"),
    ("teller", "fail"),
    ("teller", "cut"),
)


@pytest.mark.parametrize("version", ["1.0", None])
@pytest.mark.parametrize(("agent", "text"), ASKED)
def test_the_live_server(client: httpx.Client, agent: str, text: str, version: str | None) -> None:
    asked = run_input(text)
    if version is None:
        del asked["protocolVersion"]
    events = events_of(client.post(f"/agui/{agent}", json=asked).content)
    assert findings(events) == []
    again = events_of(client.get(f"/runs/{asked['runId']}/events").content)
    assert findings(again) == []


def test_capabilities_are_ag_ui_s_own(client: httpx.Client) -> None:
    told = client.get("/agui/teller").json()
    assert told["transport"] == {"streaming": True, "resumable": True, "httpBinary": False, "websocket": False}
    assert told["humanInTheLoop"]["approveWithEdits"] is True
    known = AgentCapabilities.model_validate(told)
    assert known.model_dump(by_alias=True, exclude_none=True) == told
    assert told == client.get("/agui").json()["agents"][1]["capabilities"]
    assert client.get("/agui/nobody").status_code == 404
