"""The translators alone, without HTTP and without a graph: how many tokens a second go through each."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

from langchain_core.messages import AIMessageChunk

from benchmarks.contenders import Arena
from benchmarks.graph import TOKEN
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import spread
from bridge.agents.langgraph.translate import LangGraphToAgui
from bridge.agui.encode import SSEEncoder
from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.openai_compat import AguiToChunks, ChunksToAgui
from bridge.openai_compat.encode import ChunkEncoder
from bridge.openai_compat.responses import AguiToResponseEvents
from bridge.openai_compat.responses.encode import ResponseEncoder
from bridge.runs.journal import MemoryJournal

COUNT = 20_000


def parts() -> list[dict[str, Any]]:
    """What ``astream`` yields for a message of `COUNT` tokens."""
    metadata = {"langgraph_node": "answer", "langgraph_checkpoint_ns": "answer:1"}
    chunk = {"type": "messages", "ns": (), "data": (AIMessageChunk(content=TOKEN, id="m"), metadata)}
    return [chunk] * COUNT


def events() -> list[Event]:
    """The AG-UI events of that message: RUN_STARTED, the message's start, then `COUNT` tokens."""
    start = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"}
    token = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": TOKEN}
    return [{"type": "RUN_STARTED", "threadId": "t", "runId": "r"}, start, *[token] * COUNT]


def chunks(*, extension: bool) -> AguiToChunks:
    return AguiToChunks(id="chatcmpl-r", model="tokens", created=1, extension=extension)


def translate() -> None:
    translator = LangGraphToAgui("t", "r")
    translator.start()
    for part in PARTS:
        translator.feed(part)


def verify() -> None:
    verifier = Verifier(strict=False)
    for event in EVENTS:
        verifier.feed(event)


def keep() -> None:
    log = MemoryJournal()
    for event in EVENTS:
        log.append([event])
        log.after(log.last - 1)


def encode() -> None:
    encoder = SSEEncoder(numbered=True)
    for number, event in enumerate(EVENTS):
        encoder.encode_all([event], number)


def to_chunks(*, extension: bool) -> None:
    translator = chunks(extension=extension)
    for event in EVENTS:
        translator.feed(event)


def encode_chunks(*, extension: bool) -> None:
    encoder = ChunkEncoder(chunks(extension=extension))
    for number, event in enumerate(EVENTS):
        encoder.encode_all([event], number)


def encode_responses() -> None:
    response = {"id": "resp_r", "object": "response", "created_at": 1, "status": "in_progress", "model": "tokens"}
    encoder = ResponseEncoder(AguiToResponseEvents(response))
    for number, event in enumerate(EVENTS):
        encoder.encode_all([event], number)


def from_chunks(given: list[dict[str, Any]]) -> None:
    translator = ChunksToAgui()
    for chunk in given:
        translator.feed(chunk)


PARTS = parts()
EVENTS = events()


def measure(arena: Arena, scale: Scale) -> list[Table]:
    del arena
    plain = list(map(chunks(extension=False).feed, EVENTS))
    extended = list(map(chunks(extension=True).feed, EVENTS))
    work: dict[str, Callable[[], object]] = {
        "LangGraphToAgui: part → event": translate,
        "Verifier, counting: event → event": verify,
        "MemoryJournal: append, and read at its head": keep,
        "SSEEncoder: event → frame": encode,
        "AguiToChunks: event → chunk": lambda: to_chunks(extension=False),
        "AguiToChunks with the extension": lambda: to_chunks(extension=True),
        "ChunkEncoder: event → frame": lambda: encode_chunks(extension=False),
        "ChunkEncoder with the extension": lambda: encode_chunks(extension=True),
        "ResponseEncoder: event → frames": encode_responses,
        "ChunksToAgui: chunk → events": lambda: from_chunks(plain),
        "ChunksToAgui with the extension": lambda: from_chunks(extended),
    }
    table = Table("translators", "The translators alone", ("", "events per second", "µs per event"))
    times: dict[str, list[float]] = {}
    for _ in range(scale.rounds):
        for name, run in work.items():
            begun = process_time()
            run()
            times.setdefault(name, []).append((process_time() - begun) / COUNT)
    for name, seconds in times.items():
        table.add(name, spread([1 / each for each in seconds]), spread([each * 1e6 for each in seconds]))
    return [table]
