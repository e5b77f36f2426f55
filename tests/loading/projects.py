"""Projects that tests write: files, and a ``langgraph.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from bridge.agents.loading import load_agents

GRAPH = '''"""A graph."""
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

builder = StateGraph(MessagesState)
builder.add_node("answer", lambda state: {"messages": [AIMessage("Привет")]})
builder.add_edge(START, "answer")
graph = builder.compile()
'''


class Project:
    """A folder with the files of a LangGraph project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str = GRAPH) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def manifest(self, **said: Any) -> Path:
        path = self.folder / "langgraph.json"
        path.write_bytes(orjson.dumps(said))
        return path

    def load(self, *targets: str) -> dict[str, Any]:
        return load_agents(targets, self.folder)
