"""Which functions call LangGraph's ``interrupt``, by their code and that of the functions they name. Pure."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

_LIMIT = 500
"""Functions that are looked at, for one node or tool."""

_NOT_THEIRS = ("langchain_core", "langgraph", "langsmith", "pydantic", "pydantic_core", "builtins")
"""Packages whose functions are not followed: an agent's question is in its own code, or in a middleware."""


def asks(function: Any) -> bool:
    """Whether this function, or one that it names, calls ``interrupt``. What is found at run time alone is not seen."""
    waiting, seen = [function], set[int]()
    while waiting and len(seen) < _LIMIT:
        one = waiting.pop()
        one = getattr(one, "__func__", one)
        if id(one) in seen or not isinstance(one, types.FunctionType):
            continue
        seen.add(id(one))
        for named in _named(one):
            if _is_interrupt(named):
                return True
            if str(getattr(named, "__module__", "")).partition(".")[0] not in _NOT_THEIRS:
                waiting.append(named)
    return False


def _is_interrupt(value: Any) -> bool:
    return getattr(value, "__module__", "") == "langgraph.types" and getattr(value, "__name__", "") == "interrupt"


def _named(function: types.FunctionType) -> Iterator[Any]:
    """What a function's code can name: globals, attributes of modules and classes among them, what it closes over."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not yet filled
            continue
    for code in _codes(function.__code__):
        for name in code.co_names:
            value = function.__globals__.get(name)
            yield value
            if isinstance(value, types.ModuleType | type):
                yield from (vars(value).get(attribute) for attribute in code.co_names)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)
