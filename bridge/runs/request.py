"""What every client's request becomes: one internal input, one code path.

AG-UI's ``RunAgentInput``, an OpenAI body and a CopilotKit envelope are parsed at the edge, once, into a `RunRequest`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from bridge.errors import InvalidRequest
from bridge.events.model_calls import ModelCall

ClientHistory = Literal["trust", "drop", "refuse"]
"""What becomes of a client's assistant and tool messages that its thread does not hold."""

Disconnect = Literal["cancel", "continue"]
"""What becomes of a run when the last client that reads it has left."""

ShownAs = Literal["hide", "show", "details", "reasoning"]
"""How an OpenAI chat sees the tools that the agent runs itself; ``show``: as its client folds them best."""

ANONYMOUS = "anonymous"
"""The principal of everybody, where neither keys nor an application say who calls."""

Right = Literal["run", "read", "manage"]
"""What a caller may do: ``run`` agents and stop them, ``read`` threads and runs, ``manage`` threads (rename, archive,
delete)."""

RIGHTS: frozenset[Right] = frozenset(("run", "read", "manage"))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls.

    Attributes:
        name: stays the same for one caller: threads and runs belong to it.
        claims: what else is known of the caller, for the graph (roles, a tenant). Nothing of it is stored or logged.
        scopes: what the caller may do.
    """

    name: str
    claims: Mapping[str, Any] = field(default_factory=dict)
    scopes: AbstractSet[Right] = RIGHTS


STORED = "bridge:"
"""How every `ThreadKey.stored_id` begins."""


class ThreadKey(NamedTuple):
    """A conversation: whose it is, which agent's, and the id that its client gave it.

    The id alone says nothing: two principals may both call a thread ``my-first``.
    """

    principal: str
    agent: str
    thread_id: str

    @property
    def stored_id(self) -> str:
        """What the conversation is stored under: 71 ASCII characters, made from all three names, never from an index.

        A hash (SHA-256), so that the id is short whatever the names hold. Each name is hashed with its length before
        it: ``("a", "bc")`` and ``("ab", "c")`` differ.
        """
        return _stored_id(self)


@lru_cache(1024)
def _stored_id(key: ThreadKey) -> str:
    digest = hashlib.sha256()
    for name in key:
        written = name.encode("utf-8", "surrogatepass")
        digest.update(len(written).to_bytes(8))
        digest.update(written)
    return STORED + digest.hexdigest()


class RunKey(NamedTuple):
    """A run: whose it is, which agent's, and the id that its client gave it."""

    principal: str
    agent: str
    run_id: str


def _always() -> bool:
    return True


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
    principal: str = ANONYMOUS
    caller: Principal | None = None
    """The principal with its claims, where the request came from a caller; ``principal`` is its name."""
    checkpoint_id: str | None = None
    instructions: list[dict[str, Any]] | None = None
    """System and developer messages that are in force for this run, in place of those of earlier runs; ``None``:
    they are not replaced, and ``messages`` may have some."""
    fresh: bool = False
    """The thread is new: nothing is stored of it that would have to be read."""
    ephemeral: bool = False
    """Run beside the thread: start from what it holds, store nothing (suggestions, titles)."""
    client_history: ClientHistory | None = None
    """``None``: as the server's settings have it."""
    runtime_context: Any = None
    """What the application's function gave for the graph's ``runtime.context`` (`bridge.create_app`, ``context``)."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Ids of stored messages that clients know under another id -> that id; see `bridge.agents.base.Agent.read`."""
    model_called: Callable[[ModelCall], None] | None = None
    """Who wants to know what the run's models are given; ``None``: nobody."""
    holds: Callable[[], bool] = _always
    """Whether this run still holds its thread. A run that was given up holds it no longer, and must not store."""

    @property
    def client_tools(self) -> frozenset[str]:
        """Names of the tools that the client runs itself."""
        return frozenset(str(tool["name"]) for tool in self.tools)

    @property
    def thread(self) -> ThreadKey:
        """The conversation this run is part of."""
        return ThreadKey(self.principal, self.agent, self.thread_id)

    @property
    def who(self) -> Principal:
        """Who calls, with claims and scopes; a principal of the name alone where the request came from no caller."""
        return self.caller or Principal(self.principal)

    @property
    def key(self) -> RunKey:
        """The run's own name."""
        return RunKey(self.principal, self.agent, self.run_id)

    def without_content(self) -> RunRequest:
        """What is left to know of a request when its run is over: names, not what was sent (megabytes, at times)."""
        return replace(
            self,
            messages=[],
            tools=[],
            context=[],
            state=None,
            forwarded_props={},
            resume=[],
            model_settings={},
            runtime_context=None,
            instructions=None,
            caller=None,
            model_called=None,
        )


def checked_id(value: Any, param: str) -> str:
    """A thread's or run's id as a client may choose it: 1 to 256 characters, none of them NUL (PostgreSQL has none)."""
    if not isinstance(value, str) or not 0 < len(value) <= 256 or "\0" in value:
        raise InvalidRequest(f"'{param}' must be a string of 1 to 256 characters.", param=param)
    return value


def checked_tool_choice(value: Any, param: str) -> Any:
    """OpenAI's ``tool_choice``: a word, or an object whose ``function``, where it has one, has a name."""
    function = value.get("function", _NAMED) if isinstance(value, Mapping) else _NAMED
    named = isinstance(function, Mapping) and isinstance(function.get("name"), str)
    if not isinstance(value, str | Mapping) or not named:
        raise InvalidRequest(f"'{param}' must be a string or {{'function': {{'name': …}}}}.", param=param)
    return value


_NAMED: Mapping[str, Any] = {"name": ""}
