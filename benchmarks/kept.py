"""A graph that keeps whatever a body may bring, and a probe in the event loop that runs it.

The probe listens on a port of its own (``BENCH_PROBE``) from its own thread, so that it takes nothing of the server. It
begins with the graph's first run. Each line that it is sent is answered by one line of JSON, the worst of the times
between two turns of the loop since the line before, in milliseconds: ``wall`` by the clock, ``cpu`` by the processor
time of the whole process (which a busy machine disturbs less), ``loop`` by that of the loop's own thread; ``at`` is
where the loop was in the longest pause that a thread saw.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
import time
import traceback
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

EVERY = 0.001
SEEN = 0.02  # seconds of a pause after which the thread looks where the loop is


def _latest(before: Any, given: Any) -> Any:
    del before
    return given


class Kept(MessagesState):
    """Messages, and whatever the client calls its state."""

    data: Annotated[Any, _latest]


async def answer(state: Kept) -> dict[str, Any]:
    """The one node: a word, at once."""
    del state
    probe.start()
    return {"messages": [AIMessage("да")]}


class Probe:
    """A timer in the loop that notes how late it is."""

    def __init__(self) -> None:
        self.worst: dict[str, Any] = {}
        self._started = False
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.worst = {"wall": 0.0, "cpu": 0.0, "loop": 0.0, "at": ""}

    def start(self) -> None:
        """In the loop that is watched; once."""
        if self._started:
            return
        self._started = True
        self._loop, self._ident = asyncio.get_running_loop(), threading.get_ident()
        self._now = self._read()
        self._turn()
        for work in (self._look, self._serve):
            threading.Thread(target=work, daemon=True).start()

    @staticmethod
    def _read() -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), time.thread_time()

    def _turn(self) -> None:
        now = self._read()
        for name, before, after in zip(("wall", "cpu", "loop"), self._now, now, strict=True):
            self.worst[name] = max(self.worst[name], (after - before) * 1000)
        self._now = now
        self._loop.call_later(EVERY, self._turn)

    def _look(self) -> None:
        seen = 0.0
        while True:
            time.sleep(SEEN / 2)
            late = time.perf_counter() - self._now[0]
            if late > max(SEEN, seen) and (frame := sys._current_frames().get(self._ident)):
                seen = late
                stack = traceback.extract_stack(frame)[-14:]
                self.worst["at"] = " < ".join(
                    f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno} {one.name}" for one in reversed(stack)
                )
            elif not self.worst["at"]:
                seen = 0.0

    def _serve(self) -> None:
        with socket.create_server(("127.0.0.1", int(os.environ["BENCH_PROBE"]))) as listening:
            while True:
                connection, _ = listening.accept()
                with connection, connection.makefile("rwb") as lines:
                    for _ in lines:
                        worst = self.worst
                        self.forget()
                        lines.write(json.dumps(worst).encode() + b"\n")
                        lines.flush()


probe = Probe()
builder = StateGraph(Kept).add_node(answer).add_edge(START, "answer")
graph = builder.compile()
