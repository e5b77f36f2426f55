"""The process that serves, of the two of ``bridge dev``: it loads the agents, waits for its turn, and serves.

It is given three descriptors: `control`, on which lines come (the plan, ``go``, and at its end ``end`` or nothing more:
then it ends too, however the other process ended); `status`, on which it reports; and the socket to serve on.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click

from bridge.commands.http_server import Server, configured, prepared
from bridge.commands.reloading import run_log
from bridge.commands.reloading.faults import place_of
from bridge.commands.reloading.watched import folders_of_imports
from bridge.json import dumps, loads
from bridge.options import check_access, read_options
from bridge.settings import ServerSettings


class Control:
    """The lines that the other process writes. A descriptor: to close a file waits for the thread that reads it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read = b""

    def line(self) -> bytes:
        """The next line; nothing at the end."""
        while b"\n" not in self._read:
            found = os.read(self._descriptor, 65536)
            if not found:
                return b""
            self._read += found
        line, _, self._read = self._read.partition(b"\n")
        return line


def serve(control: Control, status: int, listening: socket.socket) -> int:
    """Serve once it is this process's turn; the exit status."""
    plan = loads(control.line())
    settings = read_options(ServerSettings, plan["options"])
    run_log.configure()
    here = Path.cwd()
    try:
        app = prepared(plan["agents"], settings, locked=check_access(settings), observers=[run_log.RunLines()])
    except click.ClickException as error:
        _report(status, failed=error.format_message(), place=place_of(error, here), folders=_folders(here))
        return 1
    _report(status, folders=_folders(here))
    if control.line() != b"go":
        return 0

    class Served(Server):
        def announce(self) -> None:
            _report(status, serving=self.bridge.names)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            # Ctrl-C reaches both processes, and the other one says "end" as well: to uvicorn that is a second Ctrl-C,
            # at which it closes no stream. Should this one not end in time, the other one kills it.
            del sig, frame
            self.should_exit = True

    server = configured(app, settings, Served)
    threading.Thread(target=_end_with, args=(control, server), daemon=True).start()
    server.run(sockets=[listening])
    return 0


def _folders(here: Path) -> list[str]:
    return [str(folder) for folder in folders_of_imports(here)]


def _report(status: int, **what: Any) -> None:
    left = memoryview(dumps(what) + b"\n")
    with contextlib.suppress(BrokenPipeError):  # the other process is gone, and this one ends at its next line
        while left:
            left = left[os.write(status, left) :]


def _end_with(control: Control, server: Server) -> None:
    control.line()
    server.should_exit = True


def main(control: int, status: int, listening: int) -> None:
    """Serve on what the other process gave."""
    ended = 130
    # Ctrl-C reaches both processes; the other one says what there is to say
    with contextlib.suppress(KeyboardInterrupt), socket.socket(fileno=listening) as bound:
        ended = serve(Control(control), status, bound)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(ended)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
