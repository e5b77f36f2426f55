"""What a graph factory is given: the config and the runtime of a run, or of a look at a thread. Pure.

The names are those of LangGraph's server, so that a factory that was written for it finds them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from uuid import UUID, uuid5

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph_sdk.runtime import ServerRuntime, _ExecutionRuntime, _ReadRuntime

from bridge.agents.langgraph.factories.shape import RuntimeKind
from bridge.runs.request import ANONYMOUS, Principal

Access = Literal["threads.create_run", "threads.read", "threads.update", "assistants.read"]
"""Why a graph is wanted, in the words of `ServerRuntime.access_context`: to run it, to read a thread, to change one, to
look at it."""

RUNS: Access = "threads.create_run"
READS: Access = "threads.read"
UPDATES: Access = "threads.update"

_RUNTIME = (
    "__pregel_runtime"  # langgraph._internal._constants.CONFIG_KEY_RUNTIME: get_store() and get_runtime() look there
)
_ASSISTANTS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")  # of LangGraph's server: an assistant's id from its graph's


class Given:
    """What one call of a factory may be given.

    Args:
        agent: the agent's name.
        access: why its graph is wanted.
        configurable: ``config["configurable"]``, as the run has it.
        principal: who calls; ``None``, or the anonymous one: nobody with a name.
        context: what the run's ``runtime.context`` is made of.
    """

    def __init__(
        self,
        agent: str,
        access: Access,
        configurable: Mapping[str, Any] | None = None,
        *,
        principal: Principal | None = None,
        context: Any = None,
        store: BaseStore | None = None,
    ) -> None:
        self.access = access
        self._principal = principal
        self._context = context
        self._store = store
        self.config: RunnableConfig = ensure_config(
            {
                "configurable": {
                    **(configurable or {}),
                    "graph_id": agent,
                    "assistant_id": str(uuid5(_ASSISTANTS, agent)),
                    "__is_for_execution__": access == RUNS,
                    _RUNTIME: self.runtime("langgraph"),
                }
            }
        )

    def runtime(self, kind: RuntimeKind) -> ServerRuntime[Any] | Runtime[Any]:
        """The runtime of this kind."""
        context = copy.copy(self._context) if self.access == RUNS else None
        if kind == "langgraph":
            return Runtime(context=context, store=self._store)
        user = None if self._principal is None or self._principal.name == ANONYMOUS else Caller(self._principal)
        store: Any = self._store
        if self.access == RUNS:
            return _ExecutionRuntime(access_context=self.access, user=user, store=store, context=context)
        return _ReadRuntime(access_context=self.access, user=user, store=store)


class Caller:
    """A principal as LangGraph's server shows its callers (`langgraph_sdk.auth.types.BaseUser`)."""

    is_authenticated = True

    def __init__(self, principal: Principal) -> None:
        self._fields: dict[str, Any] = {
            **principal.claims,
            "identity": principal.name,
            "display_name": str(principal.claims.get("name") or principal.name),
            "is_authenticated": True,
            "permissions": sorted(principal.scopes),
        }

    @property
    def identity(self) -> str:
        """The principal's name."""
        return str(self._fields["identity"])

    @property
    def display_name(self) -> str:
        """Its claim ``name``, or its name."""
        return str(self._fields["display_name"])

    @property
    def permissions(self) -> list[str]:
        """Its scopes."""
        return list(self._fields["permissions"])

    def __getitem__(self, key: str) -> Any:
        return self._fields[key]

    def __contains__(self, key: object) -> bool:
        return key in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)
