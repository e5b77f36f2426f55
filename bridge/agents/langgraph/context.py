"""What a graph is given beside its input: ``config["configurable"]``, ``runtime.context``. Pure.

Nothing of it gets into a prompt by itself. What a client sends in ``forwardedProps`` (CopilotKit's ``properties``) goes
into the keys of the graph's input, and into ``configurable``, as ag-ui-langgraph does: by its own name and in snake
case, where the server itself does not use the name.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ValidationError

from bridge.errors import InvalidRequest
from bridge.runs.request import Principal, RunRequest

_RESERVED = frozenset(
    {
        *("thread_id", "principal", "client_tools", "client_context", "model_settings"),
        *("run_id", "graph_id", "assistant_id", "user_id", "messages"),
        *("tools", "copilotkit", "ag-ui"),
    }
)
"""Names that a client's ``forwardedProps`` never write: the server's own, and who calls."""

_OF_THE_BRIDGE = frozenset({"command", "disconnect", "toolChoice", "tool_choice", "config", "context", "durability"})
"""``forwardedProps`` that are meant for the bridge, or hold others."""


def server_context(request: RunRequest) -> dict[str, Any]:
    """What a graph may read in ``config["configurable"]``, of the server's own.

    ``client_tools`` are OpenAI function tools that the client runs, ``client_context`` what the app shares
    (``description``, ``value``), ``model_settings`` OpenAI's parameters, ``principal`` who calls.
    """
    return {
        "client_tools": [{"type": "function", "function": function_of(tool)} for tool in request.tools],
        "client_context": request.context,
        "model_settings": dict(request.model_settings),
        "principal": request.principal,
        "claims": dict(request.who.claims),
    }


def function_of(tool: Mapping[str, Any]) -> dict[str, Any]:
    """An AG-UI tool as an OpenAI function."""
    parameters = tool.get("parameters") or {"type": "object", "properties": {}}
    return {"name": tool["name"], "description": tool.get("description") or "", "parameters": parameters}


def client_values(request: RunRequest, allow: Collection[str] | None = None) -> dict[str, Any]:
    """What a client sent in ``forwardedProps`` for the graph, by each name that it may have there.

    ``allow``: a setting, the names that clients may write; ``None``: all that are not the server's. LangGraph's own
    clients send ``config.configurable`` and ``context``; these are read too.
    """
    props = request.forwarded_props
    config = props.get("config")
    nested = [config.get("configurable") if isinstance(config, Mapping) else None, props.get("context")]
    sent = [*(values for values in nested if isinstance(values, Mapping)), props]
    found: dict[str, Any] = {}
    for values in sent:
        for name, value in values.items():
            if name in _OF_THE_BRIDGE:
                continue
            found |= {each: value for each in (name, snake_case(name)) if may_write(each, allow)}
    return found


def may_write(name: str, allow: Collection[str] | None) -> bool:
    """Whether a client may write this name: it is not the server's own, and a setting allows it."""
    reserved = name in _RESERVED or name.startswith(("_", "checkpoint", "langgraph_", "lc_", "ls_"))
    return not reserved and (allow is None or name in allow)


def snake_case(name: str) -> str:
    """``tenantId`` -> ``tenant_id``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def configurable(request: RunRequest, graph: Any, allow: Collection[str] | None = None) -> dict[str, Any]:
    """``config["configurable"]`` for a run: the client's values below the graph's own and the server's."""
    bound = (getattr(graph, "config", None) or {}).get("configurable") or {}
    sent = {name: value for name, value in client_values(request, allow).items() if name not in bound}
    return {**sent, **server_context(request), "thread_id": request.thread_id}


def run_context(request: RunRequest, graph: Any, allow: Collection[str] | None = None) -> Any:
    """``runtime.context`` for a run; ``None``: LangGraph is given none.

    What the application's function gave is all of it (`bridge.create_app`, ``context``). Without such a function the
    client's values are taken for the fields that ``context_schema`` has. Its defaults stand for what nobody gave. A
    field whose type is `Principal` holds who calls, where the application gave nothing for it; no client writes it.
    Raises `InvalidRequest` where the values of a client do not fit.
    """
    schema = getattr(graph, "context_schema", None)
    given = request.runtime_context
    if schema is None or (given is not None and not isinstance(given, Mapping)):
        return given
    callers = caller_fields(schema)
    if given is None:
        sent = client_values(request, allow)
        values = {name: value for name, value in sent.items() if name not in callers}
    else:
        values = dict(given)
    values = dict.fromkeys(callers, request.who) | values
    fields = _fields(schema)
    if fields is not None:
        values = {name: value for name, value in values.items() if name in fields}
    if not (dataclasses.is_dataclass(schema) or _is_model(schema)):
        return values  # a TypedDict
    try:
        return schema(**values)
    except (TypeError, ValidationError) as error:
        if given is not None:
            raise
        if values.keys() <= callers:
            return None  # a field that has no default, and nobody gave it
        raise InvalidRequest("The values for the agent's context do not fit it.", param="forwardedProps") from error


@lru_cache(maxsize=256)
def caller_fields(schema: Any) -> frozenset[str]:
    """The fields of a ``context_schema`` that are a `Principal`, or one or ``None``."""
    try:
        hints = get_type_hints(schema)
    except Exception:  # a name that is there for type checkers alone
        return frozenset()
    return frozenset(name for name, hint in hints.items() if hint is Principal or Principal in get_args(hint))


def _is_model(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, BaseModel)


def _fields(schema: Any) -> frozenset[str] | None:
    if dataclasses.is_dataclass(schema):
        return frozenset(field.name for field in dataclasses.fields(schema) if field.init)
    if _is_model(schema):
        return frozenset(schema.model_fields)
    names = getattr(schema, "__annotations__", None)
    return frozenset(names) if names else None
