"""What the application gives a graph for one request: ``create_app(context=…)``."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from bridge.runs.request import Principal, RunRequest


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """What the application's function decides by.

    Attributes:
        agent, principal, thread_id, run_id: of the run.
        headers: the HTTP request's, by lower-case name.
        forwarded_props: what the client sent for the graph: claims of a stranger.
        connection: the whole of the request, as Starlette has it.
        caller: who calls, with claims and scopes; ``principal`` is its name.
    """

    agent: str
    principal: str
    thread_id: str
    run_id: str
    headers: Mapping[str, str]
    forwarded_props: Mapping[str, Any]
    connection: HTTPConnection | None
    caller: Principal


ContextFunction = Callable[[ContextRequest], Any | Awaitable[Any]]
"""``runtime.context`` of a run: a mapping, or an object of the graph's ``context_schema``. Plain or async."""

_CONNECTION: ContextVar[HTTPConnection | None] = ContextVar("connection", default=None)


def serving(connection: HTTPConnection) -> None:
    """This task serves this request."""
    _CONNECTION.set(connection)


def connection() -> HTTPConnection | None:
    """The request that this task serves."""
    return _CONNECTION.get()


class Contexts:
    """Asks the application's function."""

    def __init__(self, function: ContextFunction) -> None:
        self._function = function

    async def of(self, request: RunRequest) -> Any:
        """What the function gives for the run that the request being served wants."""
        connection = _CONNECTION.get()
        given = self._function(
            ContextRequest(
                agent=request.agent,
                principal=request.principal,
                thread_id=request.thread_id,
                run_id=request.run_id,
                headers=connection.headers if connection is not None else {},
                forwarded_props=request.forwarded_props,
                connection=connection,
                caller=request.who,
            )
        )
        return await given if inspect.isawaitable(given) else given
