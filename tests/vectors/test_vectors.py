"""Every stage against the shared vectors, and the vectors against the graphs they come from."""

from __future__ import annotations

import pytest

from bridge.events.event import model
from bridge.events.verify import Verifier
from tests.vectors import HERE, Vector, chunks_of, completion_of, events_of, load
from tests.vectors.make import SOURCES, Source, make

VECTORS = [pytest.param(vector, id=vector["name"]) for vector in load()]


@pytest.mark.parametrize("vector", VECTORS)
def test_parts_become_events(vector: Vector) -> None:
    assert events_of(vector) == vector["events"]


@pytest.mark.parametrize("vector", VECTORS)
def test_events_become_chunks(vector: Vector) -> None:
    assert chunks_of(vector) == vector["chunks"]


@pytest.mark.parametrize("vector", VECTORS)
def test_chunks_fold_into_a_completion(vector: Vector) -> None:
    assert completion_of(vector) == vector["completion"]


@pytest.mark.parametrize("vector", VECTORS)
def test_events_are_a_legal_stream_of_official_events(vector: Vector) -> None:
    verifier = Verifier()
    for event in vector["events"]:
        verifier.feed(event)
        model(event)
    verifier.finish()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.file)
async def test_the_graph_still_gives_the_file(source: Source) -> None:
    """After a change on purpose: ``python -m tests.vectors.make``, and read the difference."""
    assert await make(source) == (HERE / f"{source.file}.json").read_text(encoding="utf-8")


def test_every_file_has_a_source() -> None:
    assert {path.stem for path in HERE.glob("*.json")} == {source.file for source in SOURCES}
