"""A real terminal for tests: a command in a pseudo-terminal, its screen, its keys, and what is left of it."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.server import ROOT

CTRL_C, CTRL_D = "\x03", "\x04"
COLOR = re.compile(r"\x1b\[[0-9;]+m")

# The terminal becomes the controlling one, so that Ctrl-C is a signal, as it is for a person.
_LAUNCH = """\
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where the tests are a shell's background job
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def environment(**more: str) -> dict[str, str]:
    """A shell's variables, without those that say how agents and the bridge behave."""
    own = ("OPENAI_", "BRIDGE_", "AGENT_", "NO_COLOR", "DISPLAY", "WAYLAND_", "BROWSER", "COLUMNS")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "TERM": "xterm-256color", "LANG": "C.UTF-8", **more}


class Terminal:
    """A running command. ``screen`` is all that it wrote, as characters."""

    def __init__(self, arguments: list[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *arguments],
            cwd=cwd,
            env=dict(env),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._bytes = b""
        self._seen = 0

    @property
    def screen(self) -> str:
        return self._bytes.decode("utf-8", "replace").replace("\r\n", "\n")

    def until(self, text: str, seconds: float = 60) -> str:
        """Wait for a text after the one that was waited for last; what was written until then, in black and white."""
        deadline = time.monotonic() + seconds
        while True:
            screen = COLOR.sub("", self.screen)
            at = screen.find(text, self._seen)
            if at >= 0:
                begun, self._seen = self._seen, at + len(text)
                return screen[begun : self._seen]
            if not self._read(deadline):
                raise AssertionError(f"{text!r} did not come:\n{screen}")

    def _read(self, deadline: float) -> bool:
        """Whether there was more to read."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            found = os.read(self._master, 65536)
        except OSError:  # the last process closed it
            return False
        self._bytes += found
        return bool(found)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def ends(self, seconds: float = 20) -> int:
        """Wait for the end; the exit status."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        try:
            return self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end:\n{self.screen}") from None

    def left(self) -> list[int]:
        """The processes of this terminal that are still there."""
        return [process for process in _processes() if _session(process) == self.process.pid]

    def close(self) -> None:
        for process in self.left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _session(process: int) -> int | None:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[3])


@contextlib.contextmanager
def terminal(cwd: Path, *arguments: str, **env: str) -> Iterator[Terminal]:
    """``bridge`` with these arguments, in a terminal."""
    started = Terminal(["-m", "bridge", *arguments], cwd, environment(**env))
    try:
        yield started
    finally:
        started.close()


def piped(
    cwd: Path, *arguments: str, typed: str = "", seconds: float = 60, **env: str
) -> subprocess.CompletedProcess[str]:
    """``bridge`` with these arguments, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "bridge", *arguments],
        cwd=cwd,
        env=environment(**env),
        input=typed,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
