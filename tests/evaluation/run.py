"""Running dialogues against the agent, each with a CRM of its own and on the same day."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from sqlalchemy import func, select

from graphs.agent import graph
from graphs.crm import clock, models
from graphs.crm.database import Database
from tests.evaluation.judge import Came, judge
from tests.evaluation.script import Dialogue, Step
from tests.graphs.talk import Run, Talk

# A Wednesday morning: the data of the seed hangs on the day, so facts can be written down.
NOW = datetime(2026, 11, 25, 11, 0).astimezone()
TABLES: dict[str, type[models.Base]] = {
    "quotes": models.Quote,
    "deal_moves": models.DealMove,
    "campaigns": models.Campaign,
    "customers": models.Customer,
    "leads": models.Lead,
}


@dataclass(frozen=True)
class Outcome:
    """What came of one request."""

    dialogue: Dialogue
    step: Step
    wrong: dict[str, str]
    seconds: float


@contextmanager
def fixed_clock() -> Iterator[None]:
    """The agent's day is NOW."""
    before = clock.now
    clock.now = lambda: NOW
    try:
        yield
    finally:
        clock.now = before


async def seeded(folder: Path) -> Path:
    """A fresh CRM in that folder; under the fixed clock."""
    path = folder / "seed.sqlite"
    async with Database(f"sqlite:///{path}").read():
        pass
    return path


async def evaluate(dialogue: Dialogue, seed: Path, path: Path, *, strict: bool) -> list[Outcome]:
    """Hold the dialogue with the agent, whose CRM is a copy of `seed` at `path`.

    A model that fails (no network, no key) fails its step, with its error for a reason.
    """
    shutil.copy(seed, path)
    os.environ["AGENT_DATABASE_URL"] = f"sqlite:///{path}"
    crm = Database(f"sqlite:///{path}")
    talk = Talk(graph.copy(update={"checkpointer": InMemorySaver()}), "evaluation", {})
    companies = await _companies(crm)
    outcomes: list[Outcome] = []
    for step in dialogue.steps:
        began = time.monotonic()
        try:
            wrong = judge(step, await _came(talk, crm, step), dialogue.language, companies, strict=strict)
        except Exception as error:
            wrong = {"calls": f"{type(error).__name__}: {error}"[:200]}
        outcomes.append(Outcome(dialogue, step, wrong, time.monotonic() - began))
    return outcomes


async def _came(talk: Talk, crm: Database, step: Step) -> Came:
    before = await _counts(crm)
    known = {message.id for message in await _messages(talk)}
    run = await talk.say(step.text)
    runs = [run]
    interrupted = bool(run.interrupts)
    if interrupted and step.approval is not None:
        runs.append(await talk.resume(step.approval))
    after = await _counts(crm)
    new = [message for message in await _messages(talk) if message.id not in known]
    calls = [(entry["name"], entry["args"]) for message in new for entry in getattr(message, "tool_calls", [])]
    return Came(
        calls=[entry for entry in calls if not entry[0].startswith("transfer_to_")],
        text="\n".join([*(_approval(run) if interrupted else []), *(each.text for each in runs)]),
        failed=any(result.status == "error" for each in runs for result in each.results),
        interrupted=interrupted,
        rows={name: after[name] - before[name] for name in TABLES},
        last={name: await _newest(crm, TABLES[name]) for name in step.last},
    )


def _approval(run: Run) -> list[str]:
    return [str(entry.value.get("message", "")) for entry in run.interrupts.values()]


async def _messages(talk: Talk) -> Sequence[Any]:
    state = await talk.graph.aget_state(talk.config)
    return state.values.get("messages", []) if state.values else []


async def _counts(crm: Database) -> dict[str, int]:
    async with crm.read() as session:
        return {
            name: await session.scalar(select(func.count()).select_from(table)) or 0 for name, table in TABLES.items()
        }


async def _newest(crm: Database, table: type[models.Base]) -> dict[str, Any]:
    async with crm.read() as session:
        columns_of = table.__table__.columns
        row = (await session.execute(select(*columns_of).order_by(columns_of["id"].desc()).limit(1))).mappings().one()
        columns = dict(row)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in columns.items()}


async def _companies(crm: Database) -> list[str]:
    async with crm.read() as session:
        leads = (await session.scalars(select(models.Lead.company))).all()
        return [*leads, *(await session.scalars(select(models.Customer.company))).all()]
