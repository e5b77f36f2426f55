"""Every form that LangGraph's server takes of a graph. Each answers with what it was given, as JSON."""

import asyncio
import functools
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import interrupt
from langgraph_sdk.runtime import ServerRuntime

Say = Callable[[MessagesState, Runtime[Any]], Any]

LOG: list[str] = []
"""What factories did, in order."""


def speaking(say: Say, context_schema: Any = None, name: str = "answer") -> StateGraph[Any, Any, Any, Any]:
    """A graph of one node that says what ``say`` gives."""

    async def answer(state: MessagesState, runtime: Runtime[Any]) -> dict[str, Any]:
        said = say(state, runtime)
        said = await said if asyncio.iscoroutine(said) else said
        return {"messages": [AIMessage(json.dumps(said))]}

    built = StateGraph(MessagesState, context_schema=context_schema)
    built.add_node(name, answer)
    built.add_edge(START, name)
    return built


def _asked(state: MessagesState) -> str:
    return str(state["messages"][-1].content)


builder = speaking(lambda state, runtime: "builder")
plain = speaking(lambda state, runtime: len(state["messages"])).compile()


def _of(config: Any) -> Any:
    """What of a config is the same on every server."""
    wanted = ("flavor", "graph_id", "thread_id", "run_id", "assistant_id", "__is_for_execution__")
    configurable = config["configurable"]
    found = {name: configurable.get(name) for name in wanted}
    for name in ("thread_id", "run_id", "assistant_id"):
        found[name] = None if found[name] is None else len(str(found[name]))
    return found


def no_argument() -> Any:
    return speaking(lambda state, runtime: "no argument").compile()


async def no_argument_async() -> Any:
    await asyncio.sleep(0)
    return speaking(lambda state, runtime: "no argument, async")


def with_config(config: RunnableConfig) -> Any:
    given = _of(config)
    return speaking(lambda state, runtime: given).compile()


async def with_config_async(anything):  # type: ignore[no-untyped-def]  # a parameter needs no annotation
    given = _of(anything)
    return speaking(lambda state, runtime: given).compile()


def _logged(say: str, asked: str) -> Any:
    if asked == "log":
        return [line for line in LOG if line.startswith(say)]
    if asked == "fail":
        raise ValueError("the node was asked to fail")
    return say


@contextmanager
def manager(config: RunnableConfig) -> Iterator[Any]:
    if config["configurable"].get("__is_for_execution__"):
        LOG.append("manager opens")
    try:
        yield speaking(lambda state, runtime: _logged("manager", _asked(state))).compile()
    except ValueError as error:
        LOG.append(f"manager sees {type(error).__name__}")
        raise
    finally:
        if config["configurable"].get("__is_for_execution__"):
            LOG.append("manager closes")


@asynccontextmanager
async def manager_async(runtime: ServerRuntime) -> AsyncIterator[Any]:
    if runtime.execution_runtime is not None:
        LOG.append("async opens")
    try:
        yield speaking(lambda state, runtime: _logged("async", _asked(state)))
    finally:
        await asyncio.sleep(0)
        if runtime.execution_runtime is not None:
            LOG.append("async closes")


class Managed:
    """A class whose objects are context managers."""

    def __init__(self, config: RunnableConfig) -> None:
        self.config = config

    async def __aenter__(self) -> Any:
        flavor = self.config["configurable"].get("flavor")
        return speaking(lambda state, runtime: ["managed", flavor]).compile()

    async def __aexit__(self, *exception: object) -> None:
        return None


class _Callable:
    def __call__(self, config: RunnableConfig) -> Any:
        flavor = config["configurable"].get("flavor")
        return speaking(lambda state, runtime: ["object", flavor]).compile()


callable_object = _Callable()


def _with_word(config: RunnableConfig, word: str) -> Any:
    return speaking(lambda state, runtime: [word, config["configurable"].get("flavor")])


partial = functools.partial(lambda word, config: _with_word(config, word), "partial")


@dataclass
class Context:
    """What a caller may say of itself."""

    language: str = "en"
    level: int = 1


def _of_runtime(runtime: Any) -> Any:
    execution = runtime.execution_runtime
    context = execution.context if execution is not None else None
    return {
        "access": runtime.access_context,
        "user": None if runtime.user is None else runtime.user.identity,
        "store": runtime.store is not None,
        "context": context if context is None or isinstance(context, dict) else type(context).__name__,
    }


def with_runtime(runtime: ServerRuntime) -> Any:
    given = _of_runtime(runtime)
    return speaking(lambda state, runtime: given, Context).compile()


async def with_both(config: RunnableConfig, runtime: ServerRuntime[Context]) -> Any:
    given = {**_of_runtime(runtime), "flavor": config["configurable"].get("flavor")}
    return speaking(lambda state, runtime: given, Context).compile()


def with_both_swapped(runtime: Annotated[ServerRuntime, "the server's"], config: RunnableConfig) -> Any:
    given = {"access": runtime.access_context, "flavor": config["configurable"].get("flavor")}
    return speaking(lambda state, runtime: given, Context).compile()


def looks_up_config() -> Any:
    flavor = get_config()["configurable"].get("flavor")
    return speaking(lambda state, runtime: flavor).compile()


_CALLS = {"threads.create_run": 0}


def per_run(config: RunnableConfig, runtime: ServerRuntime) -> Any:
    """A graph of its own for each run: the node's name is the run's."""
    if runtime.execution_runtime is not None:
        _CALLS["threads.create_run"] += 1
    number, flavor = _CALLS["threads.create_run"], config["configurable"].get("flavor", "plain")
    return speaking(lambda state, runtime: [number, flavor], name=f"answer_{flavor}")


async def asks(config: RunnableConfig) -> Any:
    """Its node has the name that the config gives: another graph could not resume it."""
    flavor = config["configurable"].get("flavor", "plain")

    def say(state: MessagesState, runtime: Runtime[Any]) -> Any:
        return [flavor, interrupt({"question": f"{flavor}?"})]

    return speaking(say, name=f"ask_{flavor}")


def own_checkpointer() -> Any:
    """A checkpointer for each call: kept, it would forget every turn."""
    return speaking(lambda state, runtime: len(state["messages"])).compile(checkpointer=InMemorySaver())


async def _remember(state: MessagesState, runtime: Runtime[Any]) -> Any:
    store, asked = runtime.store, _asked(state)
    assert store is not None
    if asked.startswith("keep "):
        await store.aput(("notes",), asked, {"text": asked.removeprefix("keep ")})
        return "kept"
    found = await store.asearch(("notes",), query=asked, limit=1)
    return [(item.value["text"], item.score is not None) for item in found]


def own_store() -> Any:
    return speaking(_remember).compile(store=InMemoryStore())


with_store = speaking(_remember).compile()

with_context = speaking(
    lambda state, runtime: None if runtime.context is None else [runtime.context.language, runtime.context.level],
    Context,
).compile()

_ENV = {name: os.environ.get(name) for name in ("PARITY_PLAIN", "PARITY_QUOTED", "PARITY_BUILT", "PARITY_EMPTY")}
_ENV["PARITY_SHELL"] = os.environ.get("PARITY_SHELL")

with_env = speaking(lambda state, runtime: _ENV).compile()


def with_dependency() -> Any:
    from parity_helper import WORD  # type: ignore[import-not-found]  # langgraph.json names its folder  # noqa: PLC0415

    return speaking(lambda state, runtime: WORD).compile()


def failing(config: RunnableConfig) -> Any:
    if config["configurable"].get("flavor") == "bad":
        raise KeyError("the factory was asked to fail")
    return speaking(lambda state, runtime: "good").compile()


def not_a_graph(config: RunnableConfig) -> Any:
    return 7 if config["configurable"].get("flavor") == "bad" else speaking(lambda state, runtime: "good")


@asynccontextmanager
async def failing_end(config: RunnableConfig) -> AsyncIterator[Any]:
    yield speaking(lambda state, runtime: len(state["messages"])).compile()
    if config["configurable"].get("flavor") == "bad":
        raise RuntimeError("the factory failed when it was closed")


@asynccontextmanager
async def hiding(config: RunnableConfig) -> AsyncIterator[Any]:
    """It swallows what its graph raises."""
    try:
        yield speaking(lambda state, runtime: _logged("hiding", _asked(state)))
    except ValueError:
        LOG.append("hiding hides")


async def plain_generator() -> AsyncIterator[Any]:
    yield plain


def gives_a_runnable() -> Any:
    return RunnableLambda(lambda given: given)
