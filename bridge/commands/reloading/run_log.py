"""The log of ``bridge dev``: for a person, one line a run, in color on a terminal."""

from __future__ import annotations

import logging
import sys
from datetime import datetime

import click

from bridge.commands.terminal import has_colors
from bridge.observe.logging import escaped, indented
from bridge.observe.observer import Observer, RunRecord

logger = logging.getLogger("bridge.dev")

_COLORS = {"success": "green", "interrupt": "yellow", "cancelled": "yellow"}
_LEVELS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


class RunLines(Observer):
    """Writes one line when a run is over: agent, thread, seconds, tokens, how it ended."""

    def run_ended(self, run: RunRecord) -> None:
        """Log it."""
        logger.info("%s", run.agent, extra={"run": run})


def run_line(run: RunRecord) -> list[tuple[str, str | None]]:
    """The parts of a run's line, and the color of each."""
    took = (run.ended_at or run.started_at) - run.started_at
    thread = escaped(run.thread_id)
    parts: list[tuple[str, str | None]] = [
        (escaped(run.agent), "cyan"),
        (f"thread {thread if len(thread) <= 40 else thread[:39] + '…'}", None),
        (f"{took:.1f} s" if took >= 1 else f"{took:.2f} s", None),
    ]
    tokens = sum(int(entry.get("totalTokens") or 0) for entry in run.usage)
    parts.append((f"{tokens} tokens" if tokens else "tokens unknown", None))
    outcome = run.outcome or "lost"
    return [*parts, (outcome, _COLORS.get(outcome, "red"))]


class Lines(logging.Formatter):
    """``time  what happened``, the time this machine's."""

    def __init__(self, *, colors: bool) -> None:
        super().__init__()
        self._colors = colors

    def format(self, record: logging.LogRecord) -> str:
        """A line; below an error its traceback."""
        at = self._in(datetime.fromtimestamp(record.created).strftime("%H:%M:%S"), "bright_black")
        run = getattr(record, "run", None)
        if isinstance(run, RunRecord):
            return f"{at}  " + "  ".join(self._in(text, color) for text, color in run_line(run))
        level = self._in(record.levelname.lower(), _LEVELS.get(record.levelname, "bright_black"))
        line = f"{at}  {level}  {escaped(record.getMessage())}"
        return f"{line}\n{indented(self.formatException(record.exc_info))}" if record.exc_info else line

    def _in(self, text: str, color: str | None) -> str:
        return click.style(text, fg=color) if self._colors and color else text


def _is_news(record: logging.LogRecord) -> bool:
    """Less is read more: without the server's own line of a run, requests that went well, uvicorn's start and end."""
    if record.levelno >= logging.WARNING:
        return True
    if record.name.startswith("uvicorn") or (record.name == "bridge.runs" and hasattr(record, "ms")):
        return False
    status = record.args[-1] if record.name == "bridge.http" and isinstance(record.args, tuple) else 500
    return not isinstance(status, int) or status >= 400


def configure() -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(colors=has_colors(sys.stderr)))
    handler.addFilter(_is_news)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "aiosqlite", "openai", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
