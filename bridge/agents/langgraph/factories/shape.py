"""What a graph factory wants to be given, by its signature. Pure.

LangGraph's server passes a factory the run's config, its own `ServerRuntime`, both, or nothing
(``langgraph_api/_factory_utils.py``, version 0.16.7): the runtime is known by its annotation, and what else there is
is the config. Here a factory may have more parameters, if these have defaults, and may ask for LangGraph's `Runtime`.
"""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime, _ExecutionRuntime, _ReadRuntime

RuntimeKind = Literal["server", "langgraph"]
"""LangGraph's `ServerRuntime`, or its `Runtime`."""

_NAMES = {
    "ServerRuntime": ServerRuntime,
    "Runtime": Runtime,
    "RunnableConfig": RunnableConfig,
    "Config": RunnableConfig,
}
"""What annotations that are text may name without importing it at run time."""

_NAMED = re.compile(r"\b(Server)?Runtime\b")


class FactoryShapeError(TypeError):
    """No server could know what to give this factory; the message says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of a factory's parameters that are passed; ``None``: it has no such one."""

    config: str | None = None
    runtime: str | None = None
    kind: RuntimeKind = "server"

    def arguments(self, config: Any, runtime: Callable[[RuntimeKind], Any]) -> dict[str, Any]:
        """The keyword arguments of a call."""
        given = {} if self.config is None else {self.config: config}
        return given if self.runtime is None else {**given, self.runtime: runtime(self.kind)}


def shape_of(factory: Callable[..., Any]) -> Shape:
    """What this factory is to be given. Raises `FactoryShapeError`."""
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        return Shape()  # of C code; it is called without arguments
    hints = _hints(factory)
    fixed = factory.keywords if isinstance(factory, functools.partial) else {}
    named = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) and parameter.name not in fixed
    ]
    runtimes = {
        parameter.name: kind
        for parameter in named
        if (kind := _runtime_kind(hints.get(parameter.name, parameter.annotation))) is not None
    }
    others = [parameter for parameter in named if parameter.name not in runtimes]
    wanted = [parameter for parameter in others if parameter.default is parameter.empty]
    if len(runtimes) > 1 or len(wanted) > 1:
        raise FactoryShapeError(
            f"wants {', '.join(parameter.name for parameter in named)}, and a factory is given a config "
            "(RunnableConfig) and a runtime, which is known by its annotation (ServerRuntime)"
        )
    config = wanted[0].name if wanted else next((each.name for each in others if _is_config(each, hints)), None)
    if config is None and len(others) == 1 and len(named) == 1:
        config = others[0].name
    runtime, kind = next(iter(runtimes.items()), (None, "server"))
    return Shape(config, runtime, "langgraph" if kind == "langgraph" else "server")


def _hints(factory: Callable[..., Any]) -> dict[str, Any]:
    function: Any = factory.func if isinstance(factory, functools.partial) else factory
    if inspect.isclass(function):
        function = function.__init__
    elif not inspect.isroutine(function):
        function = type(function).__call__
    try:
        return typing.get_type_hints(function, localns=_NAMES, include_extras=True)
    except Exception:  # a name that is there for type checkers alone
        return {}


def _runtime_kind(annotation: Any) -> RuntimeKind | None:
    if isinstance(annotation, str):
        found = _NAMED.search(annotation)
        return None if found is None else "server" if found[1] else "langgraph"
    if annotation is ServerRuntime:
        return "server"
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, _ExecutionRuntime | _ReadRuntime):
            return "server"
        return "langgraph" if issubclass(annotation, Runtime) else None
    origin = get_origin(annotation)
    if origin is None:
        return None
    of_origin = _runtime_kind(origin) if origin is ServerRuntime or isinstance(origin, type) else None
    if of_origin is not None:
        return of_origin
    return next((kind for each in get_args(annotation) if (kind := _runtime_kind(each)) is not None), None)


def _is_config(parameter: inspect.Parameter, hints: dict[str, Any]) -> bool:
    annotation = hints.get(parameter.name, parameter.annotation)
    return parameter.name == "config" or annotation is RunnableConfig or "RunnableConfig" in str(annotation)
