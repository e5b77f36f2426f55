"""Side by side with ag-ui-langgraph on the same graphs: the same, except where ``docs/differences.md`` says so."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from tests.agui.graphs import CASES
from tests.agui.harness import ASKED, Case, record
from tests.agui.peer import peer, received

DOCUMENT = Path(__file__).parents[2] / "docs" / "differences.md"
RACES = {"error beside a talking node"}  # how much is emitted before the error comes is not decided by either
COMPARED = [case for case in CASES if case.inputs[0] is ASKED and case.name not in RACES]


def documented() -> set[str]:
    """The cases of the first table."""
    table = DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    return set(rows[2:])


@pytest.mark.filterwarnings("ignore")  # the peer's own
@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.name)
async def test_the_same_in_the_end(case: Case) -> None:
    once = dataclasses.replace(case, inputs=case.inputs[:1])
    recording = await record(once, InMemorySaver())
    ours = dataclasses.asdict(received(recording.runs[0].events()))
    theirs = dataclasses.asdict(await peer(once))
    for side in (ours, theirs):
        side["interrupts"].sort(key=json.dumps)  # several at once have no order
    differs: dict[str, Any] = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    if case.options.get("hidden"):
        differs.pop("messages", None)  # the peer has no such setting
    assert bool(differs) == (case.name in documented()), differs


def test_every_row_names_a_case() -> None:
    assert documented() <= {case.name for case in COMPARED}
