"""Write the vectors from real graphs: ``python -m tests.vectors.make``. Look at the difference before you commit it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from tests.agui.graphs import CASES
from tests.agui.harness import record, remote
from tests.vectors import HERE, Vector, chunks_of, completion_of, events_of

METADATA = ("langgraph_node", "langgraph_checkpoint_ns", "ls_provider", "ls_model_name", "tags")
NAMES = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")


@dataclass(frozen=True)
class Source:
    """A vector's file name, the graph case it comes from, the run of that case, and who listens."""

    file: str
    case: str
    about: str
    run: int = 1
    protocol_version: str | None = "1.0"


SOURCES = [
    Source("text", "text in one node", "The plain case: tokens, one message, one id from the first token to the end."),
    Source(
        "several_nodes",
        "text in several nodes",
        "Each node's message is one of its own; OpenAI sees a paragraph break.",
    ),
    Source(
        "server_tool",
        "a streamed call",
        "The graph runs the tool: AG-UI sees call and result, OpenAI neither, or its client would try to run it.",
    ),
    Source(
        "parallel_calls",
        "parallel calls, interleaved",
        "Two calls whose pieces come mixed; only the first piece of each has its id.",
    ),
    Source(
        "client_tool",
        "the client's tool, answered in the next run",
        "The request declared the tool: the run ends with the call pending.",
    ),
    Source(
        "mixed_tools",
        "server and client tools in one message",
        "One message calls both: the graph's call is run, the client's is left pending.",
    ),
    Source(
        "reasoning", "reasoning in blocks", "A model that thinks first: a reasoning message of its own, then the text."
    ),
    Source("subgraph", "a subgraph", "A subgraph's steps and state are seen while it works."),
    Source(
        "interrupt", "interrupt in a tool", "A person must approve: the run ends with the question, in its last event."
    ),
    Source("resumed", "interrupt in a tool", "The same thread, after the approval: nothing is emitted twice.", run=2),
    Source(
        "interrupt_old_client",
        "interrupt in a node",
        "The same to a client before AG-UI 1.0: CUSTOM on_interrupt, and a plain finish.",
        protocol_version=None,
    ),
    Source("usage", "usage over several models", "Summed by provider and model on AG-UI, in all on OpenAI."),
    Source("error", "error in mid-sentence", "What was open is closed, then the error; its text stays on the server."),
    Source("hidden_node", "a node that must not be heard", "A router's JSON is not part of the answer."),
]


async def make(source: Source) -> str:
    """One vector, as the text of its file."""
    case = next(case for case in CASES if case.name == source.case)
    recording = await record(replace(case, inputs=case.inputs[: source.run]), InMemorySaver())
    run = recording.runs[-1]
    request = {"protocol_version": source.protocol_version, **case.options}
    vector: Vector = {
        "name": source.case,
        "about": source.about,
        "request": request,
        "parts": named([short(remote(part)) for part in run.parts]),
        "error": type(run.error).__name__ if run.error else None,
    }
    vector["events"] = events_of(vector)
    vector["chunks"] = chunks_of(vector)
    vector["completion"] = completion_of(vector)
    return text(vector)


def short(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part without what no stage reads."""
    data = part["data"]
    match part["type"]:
        case "messages":
            message, metadata = data
            data = [message, {key: metadata[key] for key in METADATA if metadata.get(key)}]
        case "tasks":
            data = {key: value for key, value in data.items() if key not in ("input", "metadata")}
    shortened: dict[str, Any] = {"type": part["type"], "ns": part["ns"], "data": _lean(data)}
    if part.get("interrupts"):
        shortened["interrupts"] = _lean(part["interrupts"])
    return shortened


def _lean(value: Any) -> Any:
    """Messages without their empty fields."""
    if isinstance(value, list):
        return [_lean(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "content" in value and "type" in value:
        return {key: _lean(item) for key, item in value.items() if key == "content" or item not in (None, [], {}, "")}
    return {key: _lean(item) for key, item in value.items()}


def named(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts with short names for the random ids, in the order of their appearance."""
    names: dict[str, str] = {}
    written = json.dumps(parts, ensure_ascii=False)
    renamed = NAMES.sub(lambda found: names.setdefault(found[0], f"id{len(names) + 1}"), written)
    loaded: list[dict[str, Any]] = json.loads(renamed)
    return loaded


def text(vector: Vector) -> str:
    """JSON for people: one line for each part, event and chunk."""
    lines: list[str] = []
    for key, value in vector.items():
        if isinstance(value, list):
            items = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            lines.append(f'  "{key}": [\n{items}\n  ]')
        else:
            lines.append(f'  "{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


async def main() -> None:
    """Write them all."""
    for source in SOURCES:
        (HERE / f"{source.file}.json").write_text(await make(source), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
