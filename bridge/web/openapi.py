"""``/openapi.json``, made from the dialects' operations and their types, which the page ``/docs`` shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.web.dialect import Dialect, Operation
from bridge.web.http import JSON

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)}")

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


def describe(dialects: Sequence[Dialect]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all operations."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, Any] = {}
    for dialect in dialects:
        for operation in dialect.operations:
            path = paths.setdefault(operation.address, {})
            path[operation.method.lower()] = _operation(dialect, operation, schemas)
    keys = {name: {"type": "apiKey", "in": "header", "name": name} for name in ("X-API-Key", "api-key")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "The bridge", "version": version("agent-bridge")},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}, **keys},
        },
        # any of these, or none where the server has no keys
        "security": [{"bearer": []}, *({name: []} for name in keys), {}],
    }


def _operation(dialect: Dialect, operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer = _schema(operation.gives, "serialization", schemas)
    media = "text/event-stream" if operation.streams else "application/json"
    error = {"application/json": {"schema": {"$ref": _REF.format(model="Error")}}}
    if dialect.name == "copilotkit":  # a page that asks for a stream shows an error's body as it is
        error["text/plain"] = {"schema": {"type": "string"}}
    described: dict[str, Any] = {
        "tags": [dialect.name],
        "summary": operation.summary,
        "operationId": f"{operation.method} {operation.address}",
        "responses": {
            "200": {"description": "The answer.", "content": {media: {"schema": answer}}},
            "4XX": {"description": "The request is at fault.", "content": error},
            "5XX": {"description": "The run, or the server, is at fault.", "content": error},
        },
    }
    parameters = [
        *((name, "path") for name in _PARAMETER.findall(operation.address)),
        *((name, "query") for name in operation.query),
    ]
    if parameters:
        described["parameters"] = [
            {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
            for name, place in parameters
        ]
    if operation.takes is not None:
        schema = _schema(operation.takes, "validation", schemas)
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if operation.right is not None:
        described["x-scope"] = operation.right
    return described


def _schema(kind: Any, mode: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a type; what it refers to goes into ``schemas``."""
    if kind is None:
        return {}
    schema = TypeAdapter(kind).json_schema(by_alias=True, mode=mode, ref_template=_REF)
    for name, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(name, definition)
    return schema


def routes(dialects: Sequence[Dialect]) -> list[Route]:
    """``/openapi.json``; it asks for no key: what is served is no secret."""
    made: list[Mapping[str, Any]] = []

    async def read_description(request: Request) -> Response:
        """The description, made when it is first asked for: it takes a few hundred milliseconds."""
        if not made:
            made.append(describe(dialects))
        at = request.scope.get("root_path", "")
        return JSON({**made[0], "servers": [{"url": at or "/"}]})

    return [Route(path, read_description, methods=["GET"]) for path in ("/openapi.json", "/openapi.json/")]
