"""Which agent and node a stack belongs to. Pure; for `bridge.observe.lag`."""

from __future__ import annotations

from types import FrameType
from typing import Any

from bridge.agents.langgraph.callbacks import Progress


def place_of(frame: FrameType | None) -> tuple[str | None, str | None]:
    """The agent and the node, of the innermost graph, that this frame is called from; ``None`` where there is none.

    LangGraph and LangChain hand a node's config down, which has its name and the run's callbacks. An agent that is no
    graph runs within its run's task.
    """
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("langgraph.", "langchain_core.")):
            config = frame.f_locals.get("config")
            node = (config.get("metadata") or {}).get("langgraph_node") if isinstance(config, dict) else None
            if node is not None:
                return _agent_of(config), node
        elif module == "bridge.runs.run" and frame.f_code.co_name == "_follow":
            return frame.f_locals["self"].record.agent, None
        frame = frame.f_back
    return None, None


def _agent_of(config: Any) -> str | None:
    callbacks = (config or {}).get("callbacks")
    handlers = callbacks if isinstance(callbacks, list) else getattr(callbacks, "handlers", None) or ()
    return next((handler.agent for handler in handlers if isinstance(handler, Progress)), None)
