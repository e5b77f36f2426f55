"""Plain ``def`` nodes that wait a second each, all in one step: as nodes do that call an API with `requests`."""

from __future__ import annotations

import operator
import time
from typing import Annotated, Any

from langgraph.graph import START, MessagesState, StateGraph

NODES = 24
SECONDS = 1.0


class State(MessagesState):
    """How many have answered."""

    done: Annotated[int, operator.add]


def wait(state: State) -> dict[str, Any]:
    """One call of an API."""
    del state
    time.sleep(SECONDS)
    return {"done": 1}


builder = StateGraph(State)
for number in range(NODES):
    builder.add_node(f"call {number}", wait)
    builder.add_edge(START, f"call {number}")
graph = builder.compile()
