"""Processes that are measured or that measure: start, wait until they answer, rest, read their figures, stop."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class DidNotStart(RuntimeError):
    """A server that ended, or did not listen in time; the message is the end of its log."""


class DidNotAnswer(RuntimeError):
    """A measuring process that ended, or was ended long past its deadline; the message is the end of its log."""


def free_port() -> int:
    """A loopback port that is free now. The servers here cannot all be handed a socket that is bound already."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A child process, in the project's root, that is ended with `stop`."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT, pipes: bool = False
    ) -> None:
        # the file is the process's as long as it lives
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        pipe = subprocess.PIPE if pipes else self._log
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
            stdout=pipe,
            stderr=self._log,
        )

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """One line of JSON there, one back: a minute after the job's ``deadline`` at the latest, or it is ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        answers, _, _ = select.select([self.process.stdout], [], [], job["deadline"] + 60)
        line = self.process.stdout.readline() if answers else b""
        if not line:
            log = self.log()
            self.stop()
            raise DidNotAnswer(log or "no answer in time")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def wait_for(self, port: int, timeout: float = 60) -> None:
        """Until something listens on the port."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.over:
                raise DidNotStart(self.log())
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise DidNotStart(f"nothing listens after {timeout:.0f} s; {self.log()}")

    def log(self) -> str:
        """The end of what it wrote."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-2000:]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far, of all its threads: in nanoseconds, where ``stat`` has ticks of 10 ms."""
        times = [
            int(path.read_text().split()[0]) for path in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        ]
        return sum(times) / 1e9

    @property
    def memory(self) -> int:
        """Resident bytes now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let it run for a while. Otherwise it rests, so that its idle loops do not disturb the others."""
        self.process.send_signal(signal.SIGCONT)
        time.sleep(0.02)  # it catches up with its timers, and is not measured waking up
        try:
            yield
        finally:
            self.rest()

    def rest(self) -> None:
        """Suspend it until `awake`."""
        if not self.over:
            self.process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        """End it, whatever it is doing, and wait. More than once does nothing more."""
        if not self.over:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()
