"""Run a real graph, keep the parts it yields, and translate them: for every test of `LangGraphToAgui`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ag_ui.core import BaseEvent
from langchain_core.messages import BaseMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from bridge.agents.langgraph.jsonable import jsonable
from bridge.agents.langgraph.messages import messages_to_agui
from bridge.agents.langgraph.state import fields_of
from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui, snapshot
from bridge.events.event import Event, wire
from bridge.events.interrupts import Interrupt

Part = Mapping[str, Any]
Input = Any | Callable[[list[Interrupt]], Any]
ASKED = {"messages": [HumanMessage("Помоги с маркетингом", id="question")]}


@dataclass(frozen=True)
class Case:
    """A graph, what it is asked in one thread, run after run, and how it is listened to.

    ``inputs`` are what ``astream`` is given; a function is given the pending interrupts first. ``error`` is what the
    last run ends with. ``same_messages``: whether the streamed events alone, without MESSAGES_SNAPSHOT, hold all that
    the graph's ``messages`` hold; false only where something is hidden on purpose.
    ``own_state``: the graph sends clients a state of its own.
    """

    name: str
    build: Callable[[BaseCheckpointSaver[Any]], Any]
    inputs: Sequence[Input] = (ASKED,)
    options: Mapping[str, Any] = field(default_factory=dict)
    error: type[BaseException] | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    same_messages: bool = True
    own_state: bool = False


@dataclass
class Run:
    """One recorded run: the parts, and how it ended."""

    number: int
    asked: Any
    parts: list[Part]
    error: BaseException | None
    paused: list[tuple[str, str]]
    aliases: dict[str, str]
    options: Mapping[str, Any]

    def translator(self, **options: Any) -> LangGraphToAgui:
        """A fresh translator, as it was for this run."""
        given = {"aliases": self.aliases, **self.options, **options}
        return LangGraphToAgui("thread", f"run-{self.number}", **given)

    def batches(self, translator: LangGraphToAgui) -> list[list[Event]]:
        """The events of each step: start, each part, the end."""
        batches = [translator.start()] + [translator.feed(part) for part in self.parts]
        return [*batches, translator.fail(self.error) if self.error else translator.finish(self.paused)]

    def events(self, **options: Any) -> list[Event]:
        """The events of the whole run."""
        return [event for batch in self.batches(self.translator(**options)) for event in batch]


@dataclass
class Recording:
    """All runs of a case, and what the graph's checkpoint held after each of them."""

    case: Case
    runs: list[Run]
    states: list[Any]
    aliases: dict[str, str]
    reopened: Any = None


async def record(case: Case, checkpointer: BaseCheckpointSaver[Any]) -> Recording:
    """Run the case and keep everything."""
    graph = case.build(checkpointer)
    config: Any = {"configurable": {"thread_id": case.name}, "recursion_limit": 20, **case.config}
    recording = Recording(case, [], [], {})
    pending: list[Interrupt] = []
    for number, given in enumerate(case.inputs, start=1):
        asked = given(pending) if callable(given) else given
        parts, error = await _parts(graph, asked, config)
        state = await _state(graph, config)
        paused = (
            [] if error or state is None or state.interrupts else [(node, _checkpoint_id(state)) for node in state.next]
        )
        run = Run(number, asked, parts, error, paused, dict(recording.aliases), case.options)
        translator = run.translator()
        run.batches(translator)
        pending = translator.interrupts
        recording.aliases.update(translator.aliases)
        recording.runs.append(run)
        recording.states.append(state)
    return recording


async def _parts(graph: Any, asked: Any, config: Any) -> tuple[list[Part], BaseException | None]:
    parts: list[Part] = []
    try:
        async for part in graph.astream(
            asked, config, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2", durability="sync"
        ):
            parts.append(frozen(part))  # noqa: PERF401 - what came before an error must be kept
    except Exception as error:
        return parts, error
    return parts, None


async def _state(graph: Any, config: Any) -> Any:
    """The checkpoint; ``None`` where an error left none that can be read."""
    try:
        return await graph.aget_state(config)
    except ValueError:
        return None


def frozen(part: Part) -> Part:
    """The part as it is now: LangGraph goes on to mutate what it yielded."""
    if part["type"] == "messages":
        message, metadata = part["data"]
        return {**part, "data": (message.model_copy(deep=True), metadata)}  # the object tells calls apart
    return dict(part)


def _checkpoint_id(state: Any) -> str:
    return str(state.config["configurable"]["checkpoint_id"])


def resume(*values: Any) -> Callable[[list[Interrupt]], Any]:
    """An input that answers the pending interrupts in their order, by id."""
    return lambda pending: Command(resume={item["id"]: value for item, value in zip(pending, values, strict=False)})


def remote(part: Part) -> dict[str, Any]:
    """A part as a server sends it: JSON, messages as the dicts that LangChain dumps."""
    dumped: dict[str, Any] = _dump(part)
    return dumped


def _dump(value: Any) -> Any:
    match value:
        case BaseEvent():
            return wire(value)
        case BaseMessage():
            return value.model_dump(mode="json")
        case Mapping():
            return {str(key): _dump(item) for key, item in value.items()}
        case list() | tuple():
            return [_dump(item) for item in value]
        case _ if hasattr(value, "response_schema"):
            return {"id": value.id, "value": _dump(value.value)}
        case _:
            return jsonable(value)


def at_first(run: Run, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the client has when the run starts: the conversation so far, and what it sends."""
    known = {message["id"] for message in before}
    return before + [message for message in first_messages(run) if message["id"] not in known]


def first_messages(run: Run) -> list[dict[str, Any]]:
    for part in run.parts:
        if part["type"] == "values":
            return snapshot((fields_of(part["data"]) or {}).get("messages") or [], run.aliases)
        if part["type"] == "tasks":
            break  # an entrypoint: its state is its result, and comes last
    if run.error is not None or not isinstance(run.asked, dict):
        return []
    return messages_to_agui(run.asked["messages"])
