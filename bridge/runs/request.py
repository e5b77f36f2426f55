"""What every client's request becomes: one internal input, one code path.

AG-UI's ``RunAgentInput``, an OpenAI body and a CopilotKit envelope are parsed at the edge, once, into a `RunRequest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.errors import InvalidRequest

Disconnect = Literal["cancel", "continue"]
"""What becomes of a run when the last client that reads it has left."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A request to run an agent on a thread.

    Messages, tools, context and resume entries are AG-UI's JSON objects; ``model_settings`` are OpenAI's parameters
    by their own names (``temperature``, ``tool_choice``, …).
    """

    agent: str
    thread_id: str
    run_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    context: list[dict[str, Any]] = field(default_factory=list)
    state: Any = None
    forwarded_props: Mapping[str, Any] = field(default_factory=dict)
    resume: list[dict[str, Any]] = field(default_factory=list)
    one_by_one: bool = False
    """``resume`` may leave interrupts out: the client asks its person about one after the other."""
    protocol_version: str | None = None
    parent_run_id: str | None = None
    model_settings: Mapping[str, Any] = field(default_factory=dict)
    principal: str = "anonymous"
    checkpoint_id: str | None = None
    fresh: bool = False
    """The thread is new: nothing is stored of it that would have to be read."""
    ephemeral: bool = False
    """Run beside the thread: start from what it holds, store nothing (suggestions, titles)."""

    @property
    def client_tools(self) -> frozenset[str]:
        """Names of the tools that the client runs itself."""
        return frozenset(str(tool["name"]) for tool in self.tools)


def checked_id(value: Any, param: str) -> str:
    """A thread's or run's id as a client may choose it: 1 to 256 characters, none of them NUL (PostgreSQL has none)."""
    if not isinstance(value, str) or not 0 < len(value) <= 256 or "\0" in value:
        raise InvalidRequest(f"'{param}' must be a string of 1 to 256 characters.", param=param)
    return value
