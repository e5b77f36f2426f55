"""Graphs whose state is the point: its kinds, its odd values, events of the graph's own, and errors everywhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
import operator
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, TypedDict
from uuid import UUID

from ag_ui.core import ActivitySnapshotEvent
from langchain_core.messages import AIMessageChunk, AnyMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.config import get_stream_writer
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from pydantic import BaseModel, Field

from tests.agui.graphs.speech import chain, replying
from tests.agui.harness import Case
from tests.agui.models import Scripted, Turn, say

Saver = BaseCheckpointSaver[Any]


class Pipeline(MessagesState, total=False):
    """A dict state."""

    stage: str
    board: dict[str, Any]
    log: Annotated[list[str], operator.add]
    _secret: str


class Papers(TypedDict, total=False):
    """Names and shapes that remind of messages and are none."""

    messages: list[str]
    papers: list[dict[str, Any]]


class Lead(BaseModel):
    """A model inside a state."""

    name: str
    score: Decimal = Decimal("0.5")


class Modelled(BaseModel):
    """A pydantic state."""

    messages: Annotated[list[AnyMessage], add_messages] = Field(default_factory=list)
    lead: Lead | None = None
    stage: str = "new"


@dataclasses.dataclass
class Classy:
    """A dataclass state."""

    messages: Annotated[list[AnyMessage], add_messages] = dataclasses.field(default_factory=list)
    stage: str = "new"
    lead: Lead | None = None


class Stage(Enum):
    """Values that JSON does not know."""

    WON = "won"


class Odd(MessagesState, total=False):
    """Any value at all."""

    value: Any


ODD: dict[str, Any] = {
    "when": dt.datetime(2025, 3, 1, 12, 30, tzinfo=dt.UTC),
    "price": Decimal("10.50"),
    "tags": {"b", "a"},
    "pair": (1, 2),
    "raw": b"\x00\xff",
    "nan": float("nan"),
    "id": UUID(int=7),
    "stage": Stage.WON,
    "lead": Lead(name="А"),
    "long": dt.timedelta(minutes=1),
    "ключ": {1: "один", None: "ничто"},
}


async def _stage(state: Any) -> dict[str, Any]:
    return {"stage": "won", "log": ["выиграна"], "board": {"new": [1, 2], "won": [3]}, "_secret": "ключ"}


async def _unstage(state: Any) -> dict[str, Any]:
    return {"stage": "lost", "log": ["проиграна"], "board": {"new": [1, 2, 4], "won": []}}


async def _lead(state: Any) -> dict[str, Any]:
    return {"lead": Lead(name="А"), "stage": "won"}


async def _odd(state: Any) -> dict[str, Any]:
    return {"value": ODD}


async def _evened(state: Any) -> dict[str, Any]:
    return {"value": {**ODD, "tags": {"c"}}}


async def _reply(state: Any) -> dict[str, Any]:
    return {"messages": [("assistant", "Изменено.")]}


async def _custom(state: Any) -> dict[str, Any]:
    write = get_stream_writer()
    write("просто текст")
    write({"progress": 0.5})
    write({"name": "figures", "value": {"ctr": 0.031}})
    write({"type": "CUSTOM", "name": "chart", "value": [1, 2]})
    write({"type": "CUSTOM", "name": "broken"})
    write({"type": "RUN_FINISHED", "threadId": "не", "runId": "твоё"})
    write(Lead(name="А"))
    return {}


async def _own_state(state: Any) -> dict[str, Any]:
    write = get_stream_writer()
    write({"type": "STATE_SNAPSHOT", "snapshot": {"stage": "свой снимок"}})
    write({"type": "STATE_DELTA", "delta": [{"op": "replace", "path": "/stage", "value": "правка"}]})
    return {"stage": "won"}


async def _activity(state: Any) -> dict[str, Any]:
    write = get_stream_writer()
    write(ActivitySnapshotEvent(message_id="act-1", activity_type="search", content={"found": 0}))
    write(
        {
            "type": "ACTIVITY_DELTA",
            "messageId": "act-1",
            "activityType": "search",
            "patch": [{"op": "replace", "path": "/found", "value": 3}],
        }
    )
    return {}


async def _papers(state: Any) -> dict[str, Any]:
    return {"messages": ["не", "разговор"], "papers": [{"type": "article", "content": "О рынке"}]}


async def _raises(state: Any) -> dict[str, Any]:
    raise ValueError("a secret of the node")


def _router_raises(saver: Saver) -> Any:
    def route(state: Any) -> str:
        raise KeyError("no way")

    graph: Any = StateGraph(MessagesState)
    graph.add_node("agent", replying(say("Куда?")))
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", route, [END])
    return graph.compile(checkpointer=saver)


def _endless(saver: Saver) -> Any:
    graph: Any = StateGraph(MessagesState)
    graph.add_node("agent", replying(say("Ещё ", "раз. ")))
    graph.add_edge(START, "agent")
    graph.add_edge("agent", "agent")
    return graph.compile(checkpointer=saver)


def _in_subgraph(saver: Saver) -> Any:
    inner: Any = chain(("agent", replying(say("Внутри."))), ("broken", _raises))(None)  # type: ignore[arg-type] # no saver
    return chain(("sales", inner))(saver)


def _in_parallel(saver: Saver) -> Any:
    graph: Any = StateGraph(MessagesState)
    graph.add_node("talks", replying(say("Говорю ", "дальше.")))
    graph.add_node("broken", _raises)
    graph.add_edge(START, "talks")
    graph.add_edge(START, "broken")
    return graph.compile(checkpointer=saver)


def _model_fails(turn: Turn) -> Callable[[Saver], Any]:
    return chain(("agent", replying(turn)))


def _retries(saver: Saver) -> Any:
    """A model that breaks off in mid-sentence and is asked again by its node."""
    model = Scripted(turns=[[AIMessageChunk(content="Обор"), ConnectionError()], say("Со второго раза.")])

    async def node(state: Any) -> dict[str, Any]:
        try:
            answer = await model.ainvoke("?")
        except ConnectionError:
            answer = await model.ainvoke("?")
        return {"messages": [answer]}

    return chain(("agent", node))(saver)


CASES = [
    Case("a dict state", chain(("a", _stage), ("b", _unstage), ("c", _reply), schema=Pipeline)),
    Case("a pydantic state", chain(("a", _lead), ("b", _reply), schema=Modelled)),
    Case("a dataclass state", chain(("a", _lead), ("b", _reply), schema=Classy)),
    Case("values that are not JSON", chain(("a", _odd), ("b", _evened), schema=Odd)),
    Case(
        "a state with an allow-list",
        chain(("a", _stage), ("b", _unstage), schema=Pipeline),
        options={"state_allow": ["stage"]},
    ),
    Case("a state that only looks like messages", chain(("a", _papers), schema=Papers), [{"messages": []}]),
    Case("custom events", chain(("a", _custom))),
    Case(
        "a state that the graph sends itself",
        chain(("a", _own_state), ("b", _reply), schema=Pipeline),
        own_state=True,
    ),
    Case("activities", chain(("a", _activity), ("b", _reply))),
    Case("error in a node", chain(("agent", replying(say("Сейчас."))), ("broken", _raises)), error=ValueError),
    Case("error in the first node", chain(("broken", _raises)), error=ValueError),
    Case("error in an edge", _router_raises, error=KeyError),
    Case("error in a subgraph", _in_subgraph, error=ValueError),
    Case("error beside a talking node", _in_parallel, error=ValueError),
    Case("error before the first token", _model_fails([ConnectionError()]), error=ConnectionError),
    Case("error in mid-sentence", _model_fails([*say("Нача", "ло"), ConnectionError()]), error=ConnectionError),
    Case("error of input", chain(("a", _reply)), [{"messages": [{"role": "nobody"}]}], error=Exception),
    Case("an endless loop", _endless, error=GraphRecursionError, config={"recursion_limit": 3}),
    Case("a model that breaks off and is asked again", _retries, same_messages=False),
]
