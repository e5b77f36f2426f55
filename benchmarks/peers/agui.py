"""ag-ui-langgraph behind FastAPI, as its README shows it: as it comes, and with its raw events off."""

from __future__ import annotations

from ag_ui_langgraph import LangGraphAgent, add_langgraph_fastapi_endpoint
from fastapi import FastAPI
from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.graph import builder

# it reads the thread's state before and after each run, so it needs a checkpointer: the cheapest
graph = builder.compile(checkpointer=InMemorySaver())

app = FastAPI()
add_langgraph_fastapi_endpoint(app, LangGraphAgent(name="tokens", graph=graph), "/default")
add_langgraph_fastapi_endpoint(app, LangGraphAgent(name="tokens", graph=graph, emit_raw_events=False), "/lean")
