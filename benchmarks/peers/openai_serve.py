"""langgraph-openai-serve, as its README shows it."""

from __future__ import annotations

from fastapi import FastAPI
from langgraph_openai_serve import GraphConfig, GraphRegistry, LanggraphOpenaiServe

from benchmarks.graph import graph

app = FastAPI()
registry = GraphRegistry(graphs={"tokens": GraphConfig(graph=graph, description="Tokens, as many as asked for.")})
LanggraphOpenaiServe(registry=registry, app=app).bind_openai_api()
