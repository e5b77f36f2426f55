"""The application that every server here serves: ``tests.servers.application:application``.

``BRIDGE_DB`` is its database, ``TEST_DIARY`` the file in which the agents write what happened to them.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bridge import Settings, create_app
from bridge.agents.base import Description, ThreadState
from bridge.events.event import Event
from bridge.runs.request import RunRequest, ThreadKey
from tests.http.graphs import teller

WORDS = ("один ", "два ", "три ")


class Pacer:
    """Says a word when it is asked for it: ``words NAME`` is a run of three words, ``next NAME`` lets one more go.

    So a client that has a word can be sure that the next one was not sent, and no test depends on time.
    """

    def __init__(self) -> None:
        self._steps: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(0))

    def describe(self) -> Description:
        """What it is."""
        return Description("pacer", "Says a word when it is asked for it.")

    async def run(self, request: RunRequest) -> AsyncIterator[Event]:
        """Three words, or one step."""
        asked, _, name = str(request.messages[-1]["content"]).partition(" ")
        message = {"messageId": f"{request.run_id}:words"}
        yield {"type": "TEXT_MESSAGE_START", "role": "assistant", **message}
        if asked == "next":
            self._steps[name].release()
            yield {"type": "TEXT_MESSAGE_CONTENT", "delta": "ok", **message}
        else:
            for word in WORDS:
                yield {"type": "TEXT_MESSAGE_CONTENT", "delta": word, **message}
                await self._steps[name].acquire()
        yield {"type": "TEXT_MESSAGE_END", **message}

    async def read(
        self, thread: ThreadKey, aliases: Mapping[str, str], *, checkpoint_id: str | None = None, held: bool = False
    ) -> ThreadState:
        """It remembers nothing."""
        del thread, aliases, checkpoint_id, held
        return ThreadState()

    async def forget(self, thread: ThreadKey) -> None:
        """It remembers nothing."""


pacer = Pacer()
agents: dict[str, Any] = {"teller": teller, "pacer": pacer}
application = create_app(
    agents,
    Settings(
        db=os.environ.get("BRIDGE_DB", ":memory:"),
        keep_alive=0.2,
        disconnect_grace=1.0,
        shutdown_grace=0.5,
        max_body_bytes=1024 * 1024,
    ),
)
