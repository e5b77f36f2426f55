"""What each model call of a run is given, for a developer who looks at it; attached only where somebody does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage

from bridge.agents.langgraph.jsonable import jsonable
from bridge.events.model_calls import ModelCall

_SECRET = ("key", "secret", "password", "credential", "header", "authorization")
"""What a parameter's name has in it that is shown to nobody."""


class ModelInputs(BaseCallbackHandler):
    """Notes each call as it begins: ``note`` is called with a `ModelCall`."""

    run_inline = True  # in the order of the calls

    def __init__(self, note: Callable[[ModelCall], None]) -> None:
        self._note = note

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A model begins."""
        del serialized, run_id
        parameters = dict(kwargs.get("invocation_params") or {})
        tools = parameters.pop("tools", None) or []
        segments = [part.split(":") for part in str((metadata or {}).get("langgraph_checkpoint_ns", "")).split("|")]
        named = [part for part in segments if part[0] and not part[0].isdigit()]
        model = parameters.get("model") or parameters.get("model_name") or (metadata or {}).get("ls_model_name") or ""
        self._note(
            {
                "path": "/".join(part[0] for part in named),
                "task": named[-1][1] if named and len(named[-1]) > 1 else None,
                "model": str(model),
                "messages": [_message(message) for batch in messages for message in batch],
                "tools": [_tool(tool) for tool in tools],
                "parameters": _parameters(parameters),
            }
        )


def _message(message: BaseMessage) -> dict[str, Any]:
    shown: dict[str, Any] = {"role": message.type, "content": jsonable(message.content)}
    for name, given in (("toolCalls", "tool_calls"), ("toolCallId", "tool_call_id"), ("name", "name")):
        value = getattr(message, given, None)
        if value:
            shown[name] = jsonable(value)
    return shown


def _tool(tool: Any) -> dict[str, Any]:
    described = tool.get("function", tool) if isinstance(tool, Mapping) else {"name": str(tool)}
    shown: dict[str, Any] = jsonable(dict(described) if isinstance(described, Mapping) else {"name": str(described)})
    return shown


def _parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = jsonable(
        {
            name: value
            for name, value in parameters.items()
            if value is not None and not any(word in name.lower() for word in _SECRET)
        }
    )
    return shown


def model_inputs(note: Callable[[ModelCall], None] | None) -> list[ModelInputs]:
    """The callback for who wants to know; none for nobody."""
    return [] if note is None else [ModelInputs(note)]
