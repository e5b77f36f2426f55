"""All graph cases are recorded once, on one SQLite file, which is then opened again, as after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from tests.agui.graphs import CASES
from tests.agui.graphs.states import Lead, Stage
from tests.agui.harness import Recording, record

SERDE = JsonPlusSerializer(allowed_msgpack_modules=[Lead, Stage])


async def _record_all(path: Path) -> dict[str, Recording]:
    recordings: dict[str, Recording] = {}
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        saver.serde = SERDE
        for case in CASES:
            recordings[case.name] = await record(case, saver)
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        saver.serde = SERDE
        for recording in recordings.values():
            if recording.states[-1] is not None:
                config: Any = {"configurable": {"thread_id": recording.case.name}}
                recording.reopened = await recording.case.build(saver).aget_state(config)
    return recordings


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return asyncio.run(_record_all(tmp_path_factory.mktemp("graphs") / "checkpoints.db"))
