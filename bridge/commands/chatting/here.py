"""An agent in this process: no server, no port; the same runs, and the same database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ag_ui.core import PROTOCOL_VERSION

from bridge.commands.chatting.talk import Held, Refused, new_id, user_message
from bridge.commands.database import cannot_open
from bridge.errors import BridgeError
from bridge.events.event import Event
from bridge.events.messages import first_words
from bridge.runs.request import ANONYMOUS, RunRequest, ThreadKey
from bridge.runs.run import Run
from bridge.service import Bridge
from bridge.settings import Settings

_PIECE = 1 << 16  # bytes of a journal that are read at once


class Here:
    """See `bridge.commands.chatting.talk.Talk`."""

    def __init__(self, agent: str, graph: Any, thread_id: str, settings: Settings) -> None:
        self.agent = agent
        self.thread_id = thread_id
        self.bridge = Bridge({agent: graph}, settings, signals=False)  # Ctrl-C stops the answer
        self._run: Run | None = None

    async def open(self) -> Held:
        """Open the database, and read the thread."""
        try:
            await self.bridge.open()
        except Exception as error:
            raise Refused(cannot_open(self.bridge.settings.db, error)) from error
        try:
            found = await self.bridge.read(ThreadKey(ANONYMOUS, self.agent, self.thread_id))
        except BridgeError as error:
            raise Refused(error.message) from error
        return Held(found.messages, found.interrupts)

    async def run(self, text: str | None, resume: list[dict[str, Any]]) -> AsyncIterator[Event]:
        """Start a run, and follow its journal."""
        messages = user_message(text)
        request = RunRequest(
            agent=self.agent,
            thread_id=self.thread_id,
            run_id=new_id(),
            messages=messages,
            resume=resume,
            protocol_version=PROTOCOL_VERSION,
        )
        try:
            self._run = run = await self.bridge.start(request, title=first_words(messages), disconnect="continue")
        except BridgeError as error:
            raise Refused(error.message) from error
        reader, number = run.join(), 0
        try:
            while True:
                over = run.journal.closed
                events = await run.journal.read(number, _PIECE)
                for event in events:
                    yield event
                number += len(events)
                reader.advance(number)
                if over and not events:
                    break
                if not events:
                    await run.journal.next_change()
        finally:
            reader.leave()

    async def stop(self) -> None:
        """Stop the run; an agent that does not stop is left to itself."""
        if self._run is not None:
            await self._run.stop()

    async def close(self) -> None:
        """End what runs, and close the database."""
        await self.bridge.close()

    @property
    def busy(self) -> bool:
        """Whether something of an agent is still at work that nobody can stop."""
        workers = self.bridge.workers
        return bool(self.bridge.runs.abandoned or (workers is not None and workers.busy))
