"""What a model was given, as JSON for people who look at it."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict  # pydantic wants it before Python 3.12


class ModelCall(TypedDict):
    """What a model was given. It has prompts in it: nothing of it is logged.

    ``path``: the node's, as `bridge.agents.structure.Node` has it. ``task``: the task's id.
    ``messages``: ``role``, ``content``, ``toolCalls``, ``toolCallId``, ``name``. ``tools``: ``name``,
    ``description``, ``parameters``. ``parameters``: the model's own, without what may be a key.
    """

    path: str
    task: str | None
    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    parameters: dict[str, Any]
