"""``kill -9`` at any event of a run with tools: what the client was shown is there, and the conversation goes on.

``KILLS`` in the environment says how many for each database (5 by default, 200 in ``make torture``), ``SEED`` where.
"""

from __future__ import annotations

import os
import random
import uuid
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.databases import postgres
from tests.healing.marks import FILE
from tests.http.talking import events_of, reading, run_input, types_of
from tests.server import Server, serve

KILLS = int(os.environ.get("KILLS", "200" if "TORTURE" in os.environ else "5"))
SEED = int(os.environ.get("SEED", "12"))
KINDS = ("tasks", "agent", "inner")
AGENTS = [f"{kind}=tests.healing.served:marks_{kind}" for kind in KINDS]

Event = dict[str, Any]
Message = dict[str, Any]


def held(http: httpx.Client, agent: str, thread: str) -> list[Message]:
    """What the thread holds."""
    answer = http.get(f"/api/copilotkit/threads/{thread}/messages", params={"agentId": agent})
    messages: list[Message] = answer.json()["messages"]
    return messages


def killed_after(server: Server, http: httpx.Client, agent: str, body: dict[str, Any], count: int) -> list[Event]:
    """The events until the process was killed, which is when so many had come, or the stream's end."""
    events: list[Event] = []
    with suppress(httpx.HTTPError), reading(http, f"/agui/{agent}", body) as frames:
        for frame in frames:
            events.append(orjson.loads(frame.data))
            if len(events) == count:
                server.kill()
    if server.process.poll() is None:
        server.kill()
    return events


def finished(events: list[Event]) -> Counter[str]:
    """How often a step of each name was shown as finished: ``tools #2`` is one of ``tools``, ``work/tools`` too."""
    steps = [event["stepName"] for event in events if event["type"] == "STEP_FINISHED"]
    return Counter(step.partition(" #")[0].rpartition("/")[2] for step in steps)


def check(server: Server, marks: Path, agent: str, count: int) -> None:
    """One conversation, killed after so many events."""
    thread = uuid.uuid4().hex
    body = run_input("work", thread=thread)
    [question] = body["messages"]
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as http:
        events = killed_after(server, http, agent, body, count)
        assert events[0]["type"] == "RUN_STARTED"
        server.start()
        before = marks.read_text("utf-8").splitlines() if marks.exists() else []
        shown = held(http, agent, thread)
        assert [message["id"] for message in shown if message["role"] == "user"] == [question["id"]]

        following = {"id": uuid.uuid4().hex, "role": "user", "content": "hello"}
        later = events_of(http.post(f"/agui/{agent}", json=run_input(thread=thread, messages=[following])).content)
        assert types_of(later)[-1] == "RUN_FINISHED", later[-1]
        after = held(http, agent, thread)

    mine = [line for line in marks.read_text("utf-8").splitlines() if question["id"] in line] if before else []
    assert [line for line in before if question["id"] in line] == mine  # nobody asked for more
    assert len(set(mine)) == len(mine)
    assert [message["content"] for message in after if message["role"] == "user"] == ["work", "hello"]
    assert len({message["id"] for message in after}) == len(after)
    asked = next(index for index, message in enumerate(after) if message["id"] == following["id"])
    answers = [message for message in after[:asked] if message["role"] == "assistant"]
    results = {message["toolCallId"]: message for message in after[:asked] if message["role"] == "tool"}
    calls = [call["id"] for message in answers for call in message.get("toolCalls", ())]
    assert sorted(results) == sorted(calls)  # each is answered
    done = [call for call, message in results.items() if message["content"].startswith("marked")]
    assert set(done) <= set(mine)
    steps = finished(events)
    assert len(answers) >= steps["agent"] + steps["model"]
    assert len(done) >= steps["tools"]


def kill_often(server: Server, marks: Path) -> None:
    chance = random.Random(SEED)
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as http:
        lengths = {
            agent: len(events_of(http.post(f"/agui/{agent}", json=run_input("work")).content)) for agent in KINDS
        }
    for number in range(KILLS):
        agent = KINDS[number % len(KINDS)]
        # the first event is where the least is stored
        count = 1 if number == 0 else chance.randint(1, lengths[agent])
        try:
            check(server, marks, agent, count)
        except AssertionError as error:
            error.add_note(f"{agent}, killed after event {count} of {lengths[agent]}, SEED={SEED}")
            raise


@pytest.mark.torture
@pytest.mark.timeout(60 + 20 * KILLS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_was_shown_is_there(tmp_path: Path, database: str) -> None:
    env = {FILE: str(tmp_path / "marks")}
    if database == "sqlite":
        with serve(tmp_path, *AGENTS, env=env) as server:
            kill_often(server, tmp_path / "marks")
        return
    with postgres() as url, serve(tmp_path, *AGENTS, "--db", url, env=env) as server:
        kill_often(server, tmp_path / "marks")
