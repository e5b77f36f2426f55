"""Any interleaving of what people do leaves a history that a strict provider accepts.

``make test`` tries a few; ``make torture`` many (``TORTURE`` is how many examples).
"""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import Settings, create_app
from tests.healing.graphs import KINDS, repeating, reply
from tests.healing.windows import WINDOWS
from tests.strict import Strict

EXAMPLES = int(os.environ.get("TORTURE", "12"))

MODELS = {kind: Strict(reply=reply) for kind in KINDS} | {"ids that repeat": Strict(reply=repeating)}
AGENTS = {kind: f"agent-{number}" for number, kind in enumerate(MODELS)}


@dataclass(frozen=True)
class Step:
    """One thing that a person does in one window."""

    window: str
    text: str
    ending: Any = "finish"
    which: str = ""


ASKED = ["hello", "look", "confirm", "confirm confirm", "look confirm", "fail", "look fail"]
LEFT = ["wait", "look wait", "wait confirm", "look wait confirm"]

windows = st.sampled_from(sorted(WINDOWS))
steps = st.one_of(
    st.builds(Step, windows, st.sampled_from(ASKED)),
    st.builds(Step, windows, st.sampled_from(LEFT), st.sampled_from(["stop", "leave"])),
    st.builds(Step, windows, st.just("yes"), st.just("finish"), st.sampled_from(["all", "first", "late"])),
)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client of a server in a thread of this process, which serves every make of graph."""
    graphs = {AGENTS[kind]: KINDS.get(kind, KINDS["a task a call"])(model) for kind, model in MODELS.items()}
    config = uvicorn.Config(
        create_app(graphs, Settings(db=":memory:")), host="127.0.0.1", port=0, log_config=None, lifespan="on"
    )
    server = uvicorn.Server(config)
    started = threading.Event()

    async def serve() -> None:
        serving = asyncio.ensure_future(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        started.set()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(30)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.mark.torture
@pytest.mark.timeout(7200 if EXAMPLES > 100 else 120)
@given(kind=st.sampled_from(sorted(MODELS)), done=st.lists(steps, min_size=2, max_size=8))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="TORTURE" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_interleaving_wedges_a_thread(http: httpx.Client, kind: str, done: list[Step]) -> None:
    thread = uuid.uuid4().hex
    opened = {name: window(http, AGENTS[kind], thread) for name, window in WINDOWS.items()}
    model = MODELS[kind]
    model.refused.clear()
    for step in done:
        window = opened[step.window]
        fault = window.answer(step.text, step.which) if step.which else window.say(step.text, step.ending)
        assert model.refused == []
        # a tool that raised is asked for again where its question was the last one that has no answer
        assert fault is None or "LookupError" in fault, (step, fault)
    for name in {step.window for step in done}:
        assert opened[name].say("hello") is None
    assert model.refused == []
