"""Random legal streams, and one step away from them, for Hypothesis."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.agui import streams as table
from tests.agui.streams import Event

IDS = ("a", "b")
OWNERS: tuple[str | None, ...] = (None, "s1", "s2")


@st.composite
def legal_streams(draw: st.DrawFn) -> list[Event]:
    """A legal stream of one or two runs, whose entities interleave and belong to different agents."""
    events: list[Event] = []
    for number in range(draw(st.integers(1, 2))):
        run = f"r{number}"
        events += [table.start(run), *draw(_run()), draw(st.sampled_from([table.end(run), table.ERROR]))]
    return events


@st.composite
def _run(draw: st.DrawFn) -> list[Event]:
    """Threads of events, each legal alone, with ids of their own, shuffled together."""
    makers = draw(st.lists(st.sampled_from(_MAKERS), max_size=6))
    lines = [make(f"{index}{draw(st.sampled_from(IDS))}", draw(st.integers(0, 2))) for index, make in enumerate(makers)]
    events: list[Event] = []
    for line in lines:
        owner = draw(st.sampled_from(OWNERS))
        if owner is not None and line[0]["type"] != "SUBAGENT_STARTED":
            line[:] = [event | {"subagentRunId": owner} for event in line]
    while any(lines):
        line = draw(st.sampled_from([line for line in lines if line]))
        events.append(line.pop(0))
    return events


def _text(name: str, length: int) -> list[Event]:
    return [table.text("START", name), *[table.text("CONTENT", name)] * length, table.text("END", name)]


def _call(name: str, length: int) -> list[Event]:
    opened = [table.call("START", name), *[table.call("ARGS", name)] * length, table.call("END", name)]
    return [*opened, table.result(f"{name}-result", name)]


def _thought(name: str, length: int) -> list[Event]:
    thoughts = [table.thought("START", name), *[table.thought("CONTENT", name)] * length, table.thought("END", name)]
    return [table.span("START", name), *thoughts, table.span("END", name)]


def _step(name: str, length: int) -> list[Event]:
    return [table.step("STARTED", name), table.step("FINISHED", name)] * (length + 1)


def _subagent(name: str, length: int) -> list[Event]:
    return [table.sub("STARTED", name), table.sub("ERROR" if length else "FINISHED", name)]


def _activity(name: str, length: int) -> list[Event]:
    events = [table.activity(), *[table.activity("DELTA")] * length]
    return [event | {"messageId": f"activity-{name}"} for event in events]


def _chunk(name: str, length: int) -> list[Event]:
    return [table.chunk("TEXT_MESSAGE", messageId=name, delta="да")] * (length + 1)


_MAKERS: list[Callable[[str, int], list[Event]]] = [_text, _call, _thought, _step, _subagent, _activity, _chunk]


@st.composite
def mutated_streams(draw: st.DrawFn) -> list[Event]:
    """A legal stream with one to three faults, or what may be one: dropped, repeated, moved, renamed, given away."""
    events = draw(legal_streams())
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(events) - 1))
        match draw(st.sampled_from(["drop", "repeat", "move", "rename", "retag", "null"])):
            case "drop" if len(events) > 1:
                del events[place]
            case "repeat":
                events.insert(draw(st.integers(0, len(events))), events[place])
            case "move":
                events.insert(draw(st.integers(0, len(events) - 1)), events.pop(place))
            case "rename":
                other = draw(st.sampled_from(events))
                if ("activityType" in other) != ("activityType" in events[place]):
                    continue  # an id for both is refused by the client's reducer, with a warning, not by its verifier
                shared = [
                    key for key in ("messageId", "toolCallId", "stepName") if key in events[place] and key in other
                ]
                events[place] = events[place] | {key: other[key] for key in shared}
            case "retag" if not events[place]["type"].startswith("RUN_"):
                events[place] = events[place] | {"subagentRunId": draw(st.sampled_from(["s1", "s2"]))}
            case "null" if not events[place]["type"].startswith("RUN_"):
                events[place] = events[place] | {"subagentRunId": None}
            case _:
                pass
    return events
