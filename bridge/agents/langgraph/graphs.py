"""What can be run, and what it is that cannot. Pure."""

from __future__ import annotations

import inspect
from typing import Any

from langgraph.graph import StateGraph

WANTED = "a compiled graph, a StateGraph, or a function that returns one"


def is_graph(value: Any) -> bool:
    """Whether this is a graph that can be run: LangGraph's, compiled, or one with the same methods (a remote one)."""
    return not inspect.isclass(value) and hasattr(value, "astream") and hasattr(value, "aget_state")


def is_builder(value: Any) -> bool:
    """Whether this is a graph that is not compiled."""
    return isinstance(value, StateGraph)


def is_factory(value: Any) -> bool:
    """Whether this may be a function that makes graphs; a class is one where its objects are, or give, graphs."""
    if inspect.isclass(value):
        return (
            issubclass(value, StateGraph) or any(hasattr(value, name) for name in _GIVING) or "__new__" in vars(value)
        )
    return callable(value) and not is_graph(value)


_GIVING = ("aget_state", "__aenter__", "__enter__", "__await__")


def compiled(value: Any) -> Any:
    """The graph, compiled; ``None`` where the value is none."""
    if is_builder(value):
        return value.compile()
    return value if is_graph(value) else None


def is_entered(value: Any) -> bool:
    """Whether this is a context manager, of either kind: what a call of a factory gives, and not the factory."""
    return not inspect.isclass(value) and any(hasattr(value, name) for name in ("__aenter__", "__enter__"))


def kind_of(value: Any) -> str:
    """What a value is, for a person: ``a function``, ``a list``, ``an async generator``."""
    if value is None:
        return "None"
    if inspect.isasyncgen(value) or inspect.isgenerator(value):
        return "an async generator" if inspect.isasyncgen(value) else "a generator"
    if is_graph(value):
        return "a compiled graph"
    if is_builder(value):
        return "a StateGraph"
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    if inspect.isroutine(value):
        return "a function"
    if inspect.iscoroutine(value):
        return "a coroutine"
    if is_entered(value):
        return "a context manager"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def advice_for(value: Any) -> str:
    """What to do about a value that a factory gave and that is no graph; empty where nothing can be said."""
    if inspect.isasyncgen(value):
        return "; put @contextlib.asynccontextmanager above the factory"
    if inspect.isgenerator(value):
        return "; put @contextlib.contextmanager above the factory"
    return ""
