"""AG-UI events for Hypothesis, made from the models of ``ag_ui.core`` themselves.

A field that the protocol adds is generated the day it appears; nothing here names a field, but for what a run needs.
"""

from __future__ import annotations

import functools
import typing
from typing import Annotated, Any, Literal, Union

from ag_ui.core import BaseEvent, Event
from annotated_types import MinLen
from hypothesis import strategies as st
from pydantic import BaseModel

EVENT_MODELS: tuple[type[BaseEvent], ...] = typing.get_args(typing.get_args(Event)[0])

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53 - 1) | st.floats(-1e9, 1e9) | TEXT
ANY: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2), max_leaves=4
)
EXTRA_NAMES = st.sampled_from(["x", "вне протокола", "futureField", "delta_", "choices", "error"])


def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, in JSON's form."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return ANY
    if origin is Annotated:
        return of(arguments[0])
    if origin in (Union, getattr(typing, "UnionType", Union)) or str(origin) == "<class 'types.UnionType'>":
        return st.one_of([of(kind) for kind in arguments if kind is not type(None)])
    if origin is Literal:
        return st.sampled_from([getattr(value, "value", value) for value in arguments])
    if origin is list:
        return st.lists(of(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(TEXT, ANY, max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return of_model(annotation)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT,
        int: st.integers(0, 2**53 - 1),
        float: st.floats(-1e9, 1e9),
        bool: st.booleans(),
    }
    return simple[annotation]


@functools.cache
def of_field(model: type[BaseModel], name: str) -> st.SearchStrategy[Any]:
    """Values of a model's field, made when it is first drawn: models hold each other."""
    field = model.model_fields[name]
    values = of(field.annotation)
    pattern = next((rule.pattern for rule in field.metadata if getattr(rule, "pattern", None)), None)
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(exclude_categories=["Cs"]))
    shortest = next((rule.min_length for rule in field.metadata if isinstance(rule, MinLen)), 0)
    return values.filter(lambda value: len(value) >= shortest) if shortest else values


@functools.cache
def of_model(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects that fit the model: optional fields there or not, and now and then a field it does not know.

    A field that can only be one thing (``type``, ``role``) is always there: it tells the model from its neighbours.
    """
    fields = [
        (name, field.alias or name, field.is_required() or typing.get_origin(field.annotation) is Literal)
        for name, field in model.model_fields.items()
    ]

    unknown = EXTRA_NAMES.filter(lambda name: name not in {alias for _, alias, _ in fields})

    @st.composite
    def build(draw: st.DrawFn) -> dict[str, Any]:
        # most optional fields are absent, as on the wire; each is there often enough
        chosen = draw(st.integers(0, 2 ** len(fields) - 1)) & draw(st.integers(0, 2 ** len(fields) - 1))
        wanted = [entry for number, entry in enumerate(fields) if entry[2] or chosen >> number & 1]
        chosen_fields = {alias: draw(of_field(model, name)) for name, alias, _ in wanted}
        return {draw(unknown): draw(ANY), **chosen_fields} if chosen == 0 and draw(st.booleans()) else chosen_fields

    return build()


def events(*models: type[BaseEvent]) -> st.SearchStrategy[BaseEvent]:
    """Events of these types (default: all 31), as models."""
    return st.sampled_from(models or EVENT_MODELS).flatmap(_event)


@functools.cache
def _event(model: type[BaseEvent]) -> st.SearchStrategy[BaseEvent]:
    return of_model(model).map(model.model_validate)
