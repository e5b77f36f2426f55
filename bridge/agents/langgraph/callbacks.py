"""What LangGraph's stream modes do not report, through LangChain's callbacks.

- A tool's result when the tool has it. Its node returns the results of all its tools when the slowest is done. It is
  written to the graph's own stream, as a ``custom`` part of a type that nobody else writes.
- A tool that is about to run with half its arguments, because the answer that called it was cut: it is refused here. In
  a subgraph nobody else could: its steps wait for no reader of the stream.
- A node's failed attempt, before the next one (``RetryPolicy``): what its model streamed is not continued. A node that
  failed has no stream to write to; its place is kept in `Progress.failed` for the reader of the next part.
- A chunk before anybody joins it to another: the node, the checkpoint and the client find a call's name in it once
  (`bridge.agents.langgraph.call_names`). It is the one callback that is called for every token, and for those of
  models with tools alone.
- A message that a node returns and whose stream ended in its middle: it is stored with a mark (`mark_broken`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import ToolMessage
from langchain_core.runnables.config import merge_configs
from langgraph.config import get_stream_writer
from langgraph.errors import GraphBubbleUp

from bridge.agents.langgraph.call_names import CallNames
from bridge.agents.langgraph.dispatched import DispatchedToStream
from bridge.agents.langgraph.ends import cut_calls, mark_broken
from bridge.errors import UpstreamFailure


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool has its result; ``metadata`` is that of the node it runs in."""

    message: ToolMessage
    metadata: dict[str, Any]


class Progress(DispatchedToStream):
    """The callbacks of one run. One handler for all: LangChain goes through the handlers for every token.

    Attributes:
        agent: whose run it is.
        failed: the checkpoint namespaces of nodes that failed, and may run again.
    """

    ignore_chain = False
    ignore_agent = False  # of tools, too
    ignore_llm = True  # but while a model with tools answers: see `on_chat_model_start`
    ignore_chat_model = False

    def __init__(self, agent: str = "") -> None:
        self.agent = agent
        self.failed: list[str] = []
        self._tools: dict[UUID, dict[str, Any]] = {}
        self._nodes: dict[UUID, str] = {}
        self._half_calls: dict[str, str] = {}
        self._names: dict[UUID, CallNames] = {}  # of the models with tools that are answering

    def on_chat_model_start(self, serialized: dict[str, Any], messages: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A model begins. Where it has tools its chunks are looked at, by `on_llm_new_token`."""
        given = kwargs.get("invocation_params")
        if given is None or _has_tools(given) or _has_tools(given.get("extra_body")):
            self._names[run_id] = CallNames()
            self.ignore_llm = False

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, run_id: UUID, **kwargs: Any) -> None:
        """A chunk, before it is joined: the names that a server repeats are taken out of it."""
        message = getattr(chunk, "message", None)  # a completion of text has none
        if message is not None and message.tool_call_chunks and run_id in self._names:
            self._names[run_id].mend(message)

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A model has answered."""
        self._answered(run_id)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model failed."""
        self._answered(run_id)

    def _answered(self, run_id: UUID) -> None:
        self._names.pop(run_id, None)
        self.ignore_llm = not self._names

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep the call's metadata, which `on_tool_end` lacks. Raises `UpstreamFailure` for a call that was cut."""
        cut = self._half_calls.get(str(kwargs.get("tool_call_id")))
        if cut is not None:
            self.raise_error = True  # LangChain swallows what callbacks raise, else
            raise UpstreamFailure(cut)
        self._tools[run_id] = metadata or {}

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool has its result. It gets its id here, as LangGraph would give it when the node returns it."""
        metadata = self._tools.pop(run_id, {})
        if isinstance(output, ToolMessage):
            output.id = output.id or str(uuid4())
            _write(ToolFinished(output.model_copy(), metadata))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool failed; its node makes a message of it, or fails."""
        self._tools.pop(run_id, None)

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: Any,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep the node's checkpoint namespace, which `on_chain_error` is not given."""
        place = (metadata or {}).get("langgraph_checkpoint_ns")
        if place and kwargs.get("name") == (metadata or {}).get("langgraph_node"):
            self._nodes[run_id] = place

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget the namespace of a node that did not fail; mark what broke off, keep which calls it made were cut."""
        if self._nodes.pop(run_id, None) is not None:
            mark_broken(outputs)
            for call_id, cut in cut_calls(outputs):
                if cut is None:
                    self._half_calls.pop(call_id, None)  # ids may repeat
                else:
                    self._half_calls[call_id] = cut

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A node failed, and may run again."""
        place = self._nodes.pop(run_id, None)
        if place is not None and not isinstance(error, GraphBubbleUp):  # an interrupt is no failure
            self.failed.append(place)

    def parts(self) -> list[dict[str, Any]]:
        """The failed attempts since the last call, as parts of the bridge's own."""
        parts = [{"type": "failed", "ns": (), "data": place} for place in self.failed]
        self.failed.clear()
        return parts


def _has_tools(given: Any) -> bool:
    """Whether a model's parameters, or what is sent beside them, have tools."""
    return isinstance(given, Mapping) and bool(given.get("tools") or given.get("functions"))


def callbacks_of(graph: Any, *handlers: BaseCallbackHandler) -> Any:
    """The ``callbacks`` of a run's config: the graph's own, and these."""
    own = (getattr(graph, "config", None) or {}).get("callbacks")
    if not own:
        return list(handlers)
    return merge_configs({"callbacks": own}, {"callbacks": list(handlers)})["callbacks"]


def _write(part: Any) -> None:
    try:
        get_stream_writer()(part)
    except RuntimeError:
        return  # outside of a node: the result is emitted when its node returns it
