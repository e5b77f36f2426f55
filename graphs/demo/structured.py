"""An answer as the JSON that ``response_format`` asks for. A set of rules has no more to say than its text.

The text goes into the first field that holds text, numbers are those of the text, and what nothing is known of is null,
empty or the first that is allowed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,15})?")
_DEEPEST = 12  # a schema may refer to itself
_MOST = 1_000  # values: a schema of a line may ask for billions


def as_asked(text: str, response_format: object) -> str:
    """The text, or a JSON object that holds it."""
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": Mapping() as schema}}:
            made = _Filling(text, schema).value(schema, 0)
        case {"type": "json_schema"} | {"type": "json_object"}:
            made = {"answer": text}
        case _:
            return text
    return json.dumps(made, ensure_ascii=False)


class _Filling:
    def __init__(self, text: str, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MOST
        self._texts: Iterator[str] = iter((text,))
        self._numbers = (float(found[0].replace(",", ".")) for found in _NUMBER.finditer(text))

    def value(self, schema: Any, depth: int) -> Any:
        """A value that the schema allows; null where it is nested too deep, or one of too many."""
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return None
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return schema["enum"][0]
        if isinstance(reference := schema.get("$ref"), str):
            return self.value(self._named(reference), depth + 1)
        for name in ("anyOf", "oneOf", "allOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                return self.value(schema[name][0], depth + 1)
        kind = schema.get("type")
        kind = next((each for each in kind if each != "null"), "null") if isinstance(kind, list) and kind else kind
        match kind:
            case "object":
                fields = schema.get("properties")
                held = fields if isinstance(fields, Mapping) else {}
                return {name: self.value(field, depth + 1) for name, field in held.items() if self._left > 0}
            case "array":
                fewest = schema.get("minItems")
                count = min(fewest, max(0, self._left)) if isinstance(fewest, int) else 0
                return [self.value(schema.get("items"), depth + 1) for _ in range(count)]
            case "string":
                return next(self._texts, "")
            case "integer":
                return int(next(self._numbers, 0))
            case "number":
                return next(self._numbers, 0)
            case "boolean":
                return False
            case _:
                return None

    def _named(self, reference: str) -> Any:
        found: Any = self._root
        for name in filter(None, reference.removeprefix("#").split("/")):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found
