"""The process that watches files, of the two of ``bridge dev``.

A new process loads the agents while the one before goes on to serve: a file that cannot be loaded costs nothing but a
message. When the new one is ready, the one before ends its runs and its streams, legally, and goes. The socket stays
open throughout: who connects in between waits a moment, and is served by the new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bridge.commands.reloading.watched import matters
from bridge.json import JSONDecodeError, dumps, loads

Say = Callable[[str, str | None], None]
"""Writes a line for the developer, in a color."""

STEP = 50
"""Milliseconds without a change after which what changed is taken to be all of it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is served, and how.

    Attributes:
        agents: as the command was given them.
        options: of the command, as texts.
        also: files and folders that matter beside Python's.
        ending: seconds that a process may take to end, before it is killed.
    """

    agents: Sequence[str]
    options: dict[str, Any]
    also: Sequence[Path] = ()
    ending: float = 10.0


class Served:
    """A process that loads the agents, and serves them when it is its turn."""

    def __init__(self, process: asyncio.subprocess.Process, control: IO[str], status: asyncio.StreamReader) -> None:
        self._control = control
        self._status = status
        self.process = process

    @classmethod
    async def start(cls, plan: Plan, listening: socket.socket) -> Served:
        """Start one; it begins to load."""
        for_child, control = os.pipe()
        status, from_child = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bridge.commands.reloading.served"),
                *map(str, (for_child, from_child, listening.fileno())),
                pass_fds=(for_child, from_child, listening.fileno()),
            )
        finally:
            os.close(for_child)
            os.close(from_child)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(status, "rb")
        )
        served = cls(process, os.fdopen(control, "w"), reader)
        served._tell(dumps({"agents": list(plan.agents), "options": plan.options}).decode())
        return served

    async def report(self) -> dict[str, Any]:
        """What it reports next; nothing when it is gone."""
        try:
            found: dict[str, Any] = loads(await self._status.readline())
        except JSONDecodeError:
            return {}
        return found

    def go(self) -> None:
        """It is its turn."""
        self._tell("go")

    async def end(self, within: float) -> None:
        """It ends, legally; killed where it takes too long."""
        self._tell("end")
        try:
            async with asyncio.timeout(within):
                await self.process.wait()
        except TimeoutError:
            await self.kill()
        finally:
            self._forget()

    async def kill(self) -> None:
        """It has nothing to lose."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        self._forget()

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            self._control.close()

    def _tell(self, line: str) -> None:
        try:
            self._control.write(line + "\n")
            self._control.flush()
        except (OSError, ValueError):  # it is gone; its end is noticed where it is waited for
            pass


class Supervisor:
    """Serves until it is stopped, and serves anew when a file changes.

    Args:
        plan: what to serve.
        listening: the socket, bound and not yet listening.
        say: for the developer.
        serving: called each time agents are served, with their names, and whether it is the first time.
    """

    def __init__(
        self, plan: Plan, listening: socket.socket, say: Say, serving: Callable[[list[str], bool], None]
    ) -> None:
        self._plan = plan
        self._listening = listening
        self._say = say
        self._serving = serving
        self._here = Path.cwd()
        self._roots = {self._here, *(path.resolve() for path in plan.also)}
        self._more_roots = asyncio.Event()
        self._current: Served | None = None
        self._next: Served | None = None
        self._replacing: asyncio.Task[None] | None = None
        self._watches: set[asyncio.Task[None]] = set()
        self._first = True

    async def run(self) -> None:
        """Until SIGINT or SIGTERM."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        watching = asyncio.create_task(self._watch())
        stopping = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait((watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
        finally:
            current, self._current = self._current, None
            for task in (watching, stopping, self._replacing, *self._watches):
                if task is not None:
                    task.cancel()
            if self._next is not None:
                await self._next.kill()
            if current is not None:
                await current.end(self._plan.ending)

    async def _watch(self) -> None:
        from watchfiles import Change, awatch  # noqa: PLC0415 - the command has seen that it is there

        self._replacing = asyncio.create_task(self._replace())
        while True:
            self._more_roots.clear()
            changes = awatch(
                *sorted(self._roots),
                watch_filter=lambda kind, path: matters(path, self._plan.also, added=kind == Change.added),
                stop_event=self._more_roots,
                step=STEP,
                ignore_permission_denied=True,
            )
            async for changed in changes:
                names = sorted({self._name(path) for _, path in changed})
                shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
                self._say(f"{shown} changed: reloading.", None)
                if self._replacing is not None:  # it loads what is old already
                    self._replacing.cancel()
                    await asyncio.gather(self._replacing, return_exceptions=True)
                self._replacing = asyncio.create_task(self._replace())

    def _name(self, path: str) -> str:
        changed = Path(path)
        return str(changed.relative_to(self._here) if changed.is_relative_to(self._here) else changed)

    async def _replace(self) -> None:
        """Load, and serve what was loaded in place of what is served now."""
        new = self._next = await Served.start(self._plan, self._listening)
        try:
            report = await new.report()
            self._watch_too(report)
            if "failed" in report or not report:
                await new.end(self._plan.ending)
                self._failed(report)
                return
        except asyncio.CancelledError:
            await new.kill()
            raise
        switching = asyncio.create_task(self._switch(new))
        try:
            await asyncio.shield(switching)
        except asyncio.CancelledError:
            await switching
            raise

    def _failed(self, report: dict[str, Any]) -> None:
        why = report.get("failed", "The agents could not be loaded: the process that loads them ended.")
        self._say(f"Error: {why}", "red")
        if place := report.get("place"):
            self._say(f"  {place}", "red")
        still = "What was served before goes on. " if self._current is not None else ""
        self._say(f"{still}Waiting for a change.", "yellow")

    def _watch_too(self, report: dict[str, Any]) -> None:
        more = {Path(folder) for folder in report.get("folders", ())} - self._roots
        if more:
            self._roots |= more
            self._more_roots.set()

    async def _switch(self, new: Served) -> None:
        before, self._current = self._current, None
        if before is not None:
            await before.end(self._plan.ending)
        new.go()
        self._current, self._next = new, None
        report = await new.report()
        if "serving" in report:
            self._serving(report["serving"], self._first)
            self._first = False
        watch = asyncio.create_task(self._notice_the_end_of(new))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    async def _notice_the_end_of(self, served: Served) -> None:
        ended = await served.process.wait()
        await served.end(0)
        if self._current is served:
            self._current = None
            self._say(f"The server ended (exit status {ended}). Waiting for a change.", "yellow")
