"""What a graph dispatches through LangChain, in the graph's own stream.

``adispatch_custom_event`` (and CopilotKit's ``copilotkit_emit_state``, ``_message``, ``_tool_call``, ``_exit``, which
are made of it) reaches callbacks only, none of ``astream``'s modes. A callback that writes it to the run's stream
writer puts it there in its order among the tokens, for one call an event and nothing a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langgraph.config import get_stream_writer


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A dispatched event as it stands in a ``custom`` part. ``metadata`` is the run's that dispatched it."""

    name: str
    data: Any
    metadata: Mapping[str, Any] = field(default_factory=dict)


class DispatchedToStream(BaseCallbackHandler):
    """Writes dispatched events to the stream of the graph that runs."""

    run_inline = True  # not in a thread of its own: the order is that of the dispatches

    # of everything else LangChain need not even make a call
    ignore_llm = True
    ignore_retry = True
    ignore_chain = True
    ignore_agent = True
    ignore_retriever = True
    ignore_chat_model = True

    def on_custom_event(
        self,
        name: str,
        data: Any,
        *,
        run_id: Any,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """One event. Outside a graph's node (in a thread that a node made itself) there is no stream to write to."""
        del run_id, kwargs
        try:
            write = get_stream_writer()
        except (RuntimeError, KeyError):
            return
        write(Dispatched(name, data, {**(metadata or {}), "tags": tags or []}))
