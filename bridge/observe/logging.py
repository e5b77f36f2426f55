"""Structured logs: one line an event, with the request's id, as text or as JSON."""

from __future__ import annotations

import contextvars
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from bridge.json import dumps
from bridge.observe.observer import Blocked, Observer, RunRecord

logger = logging.getLogger("bridge.runs")

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")
"""The id of the request being served; it stands in every answer's ``X-Request-Id`` and in every log line."""

_FIELDS = ("run_id", "thread_id", "ms")

# Control characters (line ends and ANSI's ESC among them), the separators that some readers take for line ends, and
# what turns the direction of a text: a client that chooses a path, an id or a name could forge a line with them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escaped(text: str) -> str:
    """A text on one line, in which nothing is at work: ``\\n``, ``\\x1b`` and the like as they are written."""
    return _UNSAFE.sub(lambda found: repr(found[0])[1:-1], text)


def indented(traceback: str) -> str:
    """A traceback below its line. An exception's text may have lines: none of them looks like one of the log."""
    return "\n".join(f"  | {escaped(line)}" for line in traceback.split("\n"))


class _Line(logging.Formatter):
    """``time level logger [request] message key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        extra = "".join(f" {name}={_quoted(value)}" for name, value in _extra(record).items())
        message = escaped(record.getMessage())
        text = f"{at} {record.levelname.lower()} {record.name} [{request_id.get()[:8]}] {message}{extra}"
        return f"{text}\n{indented(self.formatException(record.exc_info))}" if record.exc_info else text


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": request_id.get(),
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # what is left of `_UNSAFE` after JSON's own escapes
        return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", dumps(line).decode())


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}


def _quoted(value: Any) -> str:
    """A value that ends where it seems to: an id may have spaces and ``=`` in it."""
    text = escaped(str(value))
    return dumps(text).decode() if " " in text or "=" in text or '"' in text else text


def configure(*, as_json: bool, level: str = "INFO") -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Line())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("httpx", "httpx2", "aiosqlite", "openai", "httpcore", "httpcore2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class LogObserver(Observer):
    """Writes what went wrong, and how long a run took."""

    def run_ended(self, run: RunRecord) -> None:
        """Log the agent, the outcome and how long the run took, in milliseconds."""
        took = round(((run.ended_at or run.started_at) - run.started_at) * 1000, 1)
        logger.info("run of %s: %s", run.agent, run.outcome, extra={**_named(run), "ms": took})

    def run_failed(self, run: RunRecord, error: BaseException) -> None:
        """The traceback, which no client gets."""
        logger.error("run failed", exc_info=error, extra=_named(run))

    def fault(self, run: RunRecord, fault: str) -> None:
        """What an agent emitted and should not have."""
        logger.warning("illegal event: %s", fault, extra=_named(run))

    def loop_blocked(self, blocked: Blocked) -> None:
        """Who keeps all streams waiting."""
        who = f" by agent '{blocked.agent}'" if blocked.agent else ""
        who += f", node '{blocked.node}'" if blocked.node else ""
        at = f" ({blocked.line})" if blocked.line else ""
        logger.warning("the event loop has been blocked for %.1f s%s%s", blocked.seconds, who, at)


def _named(run: RunRecord) -> dict[str, str]:
    return {"run_id": run.run_id, "thread_id": run.thread_id}
