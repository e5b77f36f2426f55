"""What a factory is to be given, by its signature; LangGraph's own reading is in tests/langgraph_dev."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph_sdk.runtime import ServerRuntime

from bridge.agents.langgraph.factories.shape import FactoryShapeError, Shape, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping as NotThere


@dataclass
class Context:
    language: str = "en"


def nothing() -> Any: ...
def config(config: RunnableConfig) -> Any: ...
def bare(anything): ...  # type: ignore[no-untyped-def]  # as people write them
def with_default(config: RunnableConfig | None = None) -> Any: ...
def runtime(server: ServerRuntime[Any]) -> Any: ...
def of_context(server: ServerRuntime[Context]) -> Any: ...
def optional(server: ServerRuntime[Any] | None = None) -> Any: ...
def annotated(server: Annotated[ServerRuntime[Any], "the server's"]) -> Any: ...
def both(config: RunnableConfig, runtime: ServerRuntime[Any]) -> Any: ...
def swapped(runtime: ServerRuntime[Any], anything: dict[str, Any]) -> Any: ...
def graphs(runtime: Runtime[Context]) -> Any: ...
def bare_graphs(runtime: Runtime, config: RunnableConfig) -> Any: ...
def more(config: RunnableConfig, *, model: str = "small", **others: Any) -> Any: ...
def only_defaults(model: str = "small", size: int = 3) -> Any: ...
def default_config(model: str = "small", config: RunnableConfig | None = None) -> Any: ...
def unreadable(config: RunnableConfig, runtime: ServerRuntime[Any]) -> NotThere[str, Any] | None: ...
def rest(*args: Any, **kwargs: Any) -> Any: ...


class Made:
    def __init__(self, config: RunnableConfig, runtime: ServerRuntime[Any]) -> None: ...


class Called:
    def __call__(self, runtime: ServerRuntime[Any]) -> Any: ...


class Methods:
    def make(self, config: RunnableConfig) -> Any: ...


def worded(word: str, config: RunnableConfig) -> Any: ...


@pytest.mark.parametrize(
    ("factory", "shape"),
    [
        (nothing, Shape()),
        (config, Shape("config")),
        (bare, Shape("anything")),
        (with_default, Shape("config")),
        (runtime, Shape(None, "server")),
        (of_context, Shape(None, "server")),
        (optional, Shape(None, "server")),
        (annotated, Shape(None, "server")),
        (both, Shape("config", "runtime")),
        (swapped, Shape("anything", "runtime")),
        (graphs, Shape(None, "runtime", "langgraph")),
        (bare_graphs, Shape("config", "runtime", "langgraph")),
        (more, Shape("config")),
        (only_defaults, Shape()),
        (default_config, Shape("config")),
        (unreadable, Shape("config", "runtime")),
        (rest, Shape()),
        (Made, Shape("config", "runtime")),
        (Called(), Shape(None, "runtime")),
        (Methods().make, Shape("config")),
        (functools.partial(worded, "word"), Shape("config")),
        (functools.partial(worded, word="word"), Shape("config")),
    ],
)
def test_shape(factory: Callable[..., Any], shape: Shape) -> None:
    assert shape_of(factory) == shape


def three(one: Any, two: Any, three: Any) -> Any: ...
def two(one: Any, two: Any) -> Any: ...
def two_runtimes(one: ServerRuntime[Any], two: Runtime[Any]) -> Any: ...


@pytest.mark.parametrize("factory", [three, two, two_runtimes])
def test_what_nobody_could_call(factory: Callable[..., Any]) -> None:
    with pytest.raises(FactoryShapeError, match="wants one, two"):
        shape_of(factory)


def test_arguments() -> None:
    assert Shape("config", "runtime").arguments("the config", lambda kind: f"{kind}'s") == {
        "config": "the config",
        "runtime": "server's",
    }
    assert Shape().arguments("the config", lambda kind: f"{kind}'s") == {}
