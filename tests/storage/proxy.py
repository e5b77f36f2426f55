"""A TCP proxy on loopback before a database: a test cuts the line, and lets it be whole again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import make_url


@dataclass
class Proxy:
    """Passes bytes on while the line is ``whole``; else it closes who comes.

    Attributes:
        direct: the database's URL.
        url: the same by way of this proxy; nothing that blocks the event loop may use it.
        refused: how many have come while the line was cut.
    """

    direct: str
    url: str = ""
    whole: bool = True
    refused: int = 0
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """All connections break, and nobody gets a new one: the server is gone."""
        self.whole = False
        for writer in self._lines:
            writer.transport.abort()

    def mend(self) -> None:
        """New connections are made again."""
        self.whole = True

    def hold(self) -> None:
        """Connections stay, and nothing comes through them."""
        self._flowing.clear()

    def release(self) -> None:
        """What was held comes through."""
        self._flowing.set()

    async def close(self) -> None:
        """Cut for good."""
        self.cut()
        self.release()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_for_refusals(self, count: int) -> None:
        """Until so many more have been refused."""
        wanted = self.refused + count
        async with self._changed:
            await self._changed.wait_for(lambda: self.refused >= wanted)

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if not self.whole:
            writer.transport.abort()
            async with self._changed:
                self.refused += 1
                self._changed.notify_all()
            return
        target = make_url(self.direct)
        there, onward = await asyncio.open_connection(target.host, target.port or 5432)
        mine = {writer, onward}
        self._lines |= mine
        try:
            await asyncio.gather(self._pass_on(reader, onward), self._pass_on(there, writer))
        finally:
            self._lines -= mine
            for each in mine:
                each.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def proxy(url: str) -> AsyncIterator[Proxy]:
    """A proxy before the database of this URL, until the block ends."""
    made = Proxy(url)
    made.release()
    server = await asyncio.start_server(made.serve_one, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    made.url = make_url(url).set(host=host, port=port).render_as_string(hide_password=False)
    try:
        yield made
    finally:
        server.close()
        await made.close()
