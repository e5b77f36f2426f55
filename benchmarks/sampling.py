"""A sampling profiler by processor time, cheap enough to leave the proportions alone.

``start(file)`` in the process to be measured: a thousand times a second of processor time the stack is looked at and
put under the part of the work it belongs to; the sums are written when SIGUSR1 arrives. cProfile would charge every
small function with its own cost, several times what the function costs.
"""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path
from types import FrameType

INTERVAL = 0.001

# From the innermost frame outwards, the first that matches names the part.
PARTS: tuple[tuple[str, str], ...] = (
    ("/bridge/agui/encode.py", "encode"),
    ("/bridge/openai_compat/", "encode"),
    ("/bridge/sse.py", "encode"),
    ("/bridge/agui/verify.py", "verify"),
    ("/bridge/agui/", "translate"),
    ("/bridge/log.py", "log"),
    ("/bridge/runs.py", "log"),
    ("/bridge/streaming.py", "send"),
    ("/uvicorn/", "send"),
    ("/starlette/", "send"),
    ("/bridge/", "the rest of the bridge"),
    ("/langgraph/", "graph"),
    ("/langchain_core/", "graph"),
    ("/langsmith/", "graph"),
    ("/benchmarks/graph.py", "graph"),
    ("/aiosqlite/", "checkpoint"),
)


def part_of(frame: FrameType | None) -> tuple[str, str]:
    """The part that a stack belongs to, and the innermost function."""
    leaf = f"{frame.f_code.co_filename}:{frame.f_code.co_name}" if frame is not None else "-"
    while frame is not None:
        name = frame.f_code.co_filename
        for fragment, part in PARTS:
            if fragment in name:
                return part, leaf
        frame = frame.f_back
    return "event loop", leaf


def start(file: str) -> None:
    """Sample from now on. SIGUSR1 writes ``{part: samples}`` and ``{function: samples}`` and starts anew."""
    parts: Counter[str] = Counter()
    leaves: Counter[str] = Counter()

    def sample(number: int, frame: FrameType | None) -> None:
        del number
        part, leaf = part_of(frame)
        parts[part] += 1
        leaves[f"{part} {leaf}"] += 1

    def write(number: int, frame: FrameType | None) -> None:
        del number, frame
        fresh = Path(f"{file}.new")
        fresh.write_text(json.dumps({"parts": parts, "leaves": leaves}))
        fresh.rename(file)  # a process that waits for the file finds it whole
        parts.clear()
        leaves.clear()

    signal.signal(signal.SIGPROF, sample)
    signal.signal(signal.SIGUSR1, write)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
