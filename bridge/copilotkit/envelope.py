"""Who is calling one endpoint, by the body. Pure.

A CopilotKit page in single-endpoint mode sends ``{"method", "params", "body"}``; one of before 1.50 sends GraphQL;
anything else is an OpenAI body, or ``{"message": "…"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import InvalidRequest

METHODS = ("info", "agent/run", "agent/connect", "agent/stop", "agent/suggest", "resource/request")
"""``resource/request`` carries an operation on threads: ``params`` hold its REST ``path`` and ``httpMethod``."""

GRAPHQL_HEADER = "x-copilotkit-runtime-client-gql-version"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of the runtime."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    def param(self, name: str) -> str:
        """A parameter. Raises `InvalidRequest` when it is missing."""
        value = self.params.get(name)
        if not isinstance(value, str) or not value:
            raise InvalidRequest(f"'params.{name}' is missing.", param=f"params.{name}")
        return value


def read_call(body: Mapping[str, Any]) -> Call | None:
    """The call in an envelope; ``None`` for a body that is none. Raises `InvalidRequest` for an unknown method."""
    method = body.get("method")
    if not isinstance(method, str) or "messages" in body or "message" in body:
        return None
    if method not in METHODS:
        raise InvalidRequest(f"'{method}' is not one of: {', '.join(METHODS)}.", param="method")
    params, inner = body.get("params"), body.get("body")
    return Call(method, params if isinstance(params, Mapping) else {}, inner if isinstance(inner, Mapping) else {})


def is_graphql(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether this is CopilotKit up to 1.10, which chats over GraphQL."""
    return GRAPHQL_HEADER in headers or (isinstance(body.get("query"), str) and "messages" not in body)
