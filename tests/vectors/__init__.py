"""Shared vectors: one JSON file holds LangGraph's parts, AG-UI's events and OpenAI's chunks of one run.

``python -m tests.vectors.make`` writes them from real graphs; every stage's tests read the same files, and they double
as documentation. Keys: ``name``, ``about``, ``request`` (what the client said of itself: ``client_tools``,
``protocol_version``, ``hidden``, ``state_allow``), ``parts`` (as a remote graph sends them, less what nobody reads),
``error`` (what the graph raised after them, or null), ``events``, ``chunks``, ``completion``.
"""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import orjson

from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.errors import BridgeError
from bridge.events.event import Event
from bridge.openai_compat import AguiToChunks, fold

HERE = Path(__file__).parent

Vector = dict[str, Any]


def load() -> list[Vector]:
    """All vectors, by file name."""
    return [orjson.loads(path.read_bytes()) for path in sorted(HERE.glob("*.json"))]


def events_of(vector: Vector) -> list[Event]:
    """Stage one: the parts, translated."""
    translator = LangGraphToAgui("thread-1", "run-1", **vector["request"])
    events = translator.start()
    for part in vector["parts"]:
        events += translator.feed(part)
    if vector["error"] is None:
        return events + translator.finish()
    return events + translator.fail(getattr(builtins, vector["error"])())


def chunks_of(vector: Vector) -> list[dict[str, Any]]:
    """Stage two: the events, translated, with the usage chunk at the end."""
    client_tools = vector["request"].get("client_tools", ())
    translator = AguiToChunks(id="chatcmpl-run-1", model="sales", created=1767225600, client_tools=client_tools)
    chunks = [translator.feed(event) for event in vector["events"]]
    return chunks if vector["error"] else chunks + translator.finish(include_usage=True)


def completion_of(vector: Vector) -> dict[str, Any]:
    """Stage three: the chunks, folded; or the error they end in."""
    try:
        return fold(vector["chunks"])
    except BridgeError as error:
        return error.envelope()
