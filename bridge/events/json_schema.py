"""JSON Schema, as the answers to interrupts are checked against it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def misfit(value: Any, schema: Mapping[str, Any] | None) -> str | None:
    """What is wrong with a value by its schema, in a short sentence; ``None`` when it fits.

    The schema's own draft is used, 2020-12 where it names none. A schema that is itself broken, or refers to another
    document, checks nothing: the graph still reads the answer, and a person must not be kept from giving one.
    """
    if not schema:
        return None
    # slow to import, and most processes never see an interrupt
    from jsonschema import SchemaError  # noqa: PLC0415
    from jsonschema.exceptions import best_match  # noqa: PLC0415
    from jsonschema.validators import Draft202012Validator, validator_for  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
        # an empty registry: jsonschema would otherwise fetch what a schema refers to
        error = best_match(kind(dict(schema), registry=Registry()).iter_errors(value))
    except (SchemaError, Unresolvable):
        return None
    if error is None:
        return None
    where = ".".join(str(step) for step in error.absolute_path)
    text = error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]}…"
    return f"'{where}': {text}" if where else text


_LONGEST = 300


def resolve(schema: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its local ``$ref`` and its ``allOf`` of one put in, as pydantic writes an enum or a model."""
    found: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
    for _ in range(20):  # a schema may refer to itself
        parts = found.get("allOf")
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], Mapping):
            found = {**parts[0], **{key: value for key, value in found.items() if key != "allOf"}}
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#"):
            return found
        target: Any = root
        for step in reference.lstrip("#/").split("/") if reference not in ("#", "#/") else ():
            target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
        if not isinstance(target, Mapping):
            return {}
        found = {**target, **{key: value for key, value in found.items() if key != "$ref"}}
    return {}


def alternatives(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The schemas a value may fit: ``anyOf``, or a list of types, as pydantic writes an optional field; none for null.

    A string comes last: it would take whatever was meant for the others.
    """
    schema = resolve(schema, root)
    found = [schema]
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list):
            found = [one for part in schema[name] for one in alternatives(part, root)]
            break
    else:
        if isinstance(schema.get("type"), list):
            found = [{**schema, "type": kind} for kind in schema["type"]]
    found = [one for one in found if one.get("type") != "null"]
    return sorted(found, key=lambda one: one.get("type") == "string" and "enum" not in one)
