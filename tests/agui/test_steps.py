"""`StepNames` and `Paths`: thousands of tasks at once, and what they are called."""

from __future__ import annotations

import operator
import time
from typing import Annotated, Any, TypedDict

from hypothesis import given
from hypothesis import strategies as st
from langgraph.graph import START, StateGraph
from langgraph.types import Send

from bridge.agents.langgraph.paths import Paths
from bridge.agents.langgraph.steps import StepNames, place_of
from bridge.agents.langgraph.translate import STREAM_MODES, LangGraphToAgui
from bridge.events.event import model

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(["a", "b"]), st.sampled_from([(), ("s:1",), ("s:2", "t:1")])),
        st.tuples(st.just("close"), st.integers(0, 30), st.none()),
    ),
    max_size=40,
)  # fmt: skip


@given(STEPS)
def test_names_are_the_lowest_that_are_free(steps: list[Any]) -> None:
    names = StepNames()
    opened: dict[str, str] = {}
    for number, (verb, what, ns) in enumerate(steps):
        if verb == "close":
            if opened:
                task = list(opened)[what % len(opened)]
                assert names.close(task) == opened.pop(task)
            continue
        expected = what
        if expected in opened.values():
            path = "/".join([*(step.partition(":")[0] for step in ns), what])
            expected = next(
                name
                for name in (path if count == 1 else f"{path} #{count}" for count in range(1, 99))
                if name not in opened.values()
            )
        opened[str(number)] = names.open(str(number), ns, what)
        assert opened[str(number)] == expected
    assert names.close("none") is None


def test_a_node_may_be_called_like_a_number() -> None:
    names = StepNames()
    opened = [names.open(str(number), ("s:1",), name) for number, name in enumerate(["a", "s/a", "s/a #2", "a", "a"])]
    assert opened == ["a", "s/a", "s/a #2", "s/a #3", "s/a #4"]
    assert names.close("2") == "s/a #2"
    assert names.close("3") == "s/a #3"
    assert names.open("9", ("s:1",), "a") not in ("a", "s/a", "s/a #4")


def test_what_lies_under_a_path_is_forgotten_with_it() -> None:
    paths: Paths[int] = Paths()
    for number, path in enumerate([("a", "b"), ("a",), ("c",), ("a", "b", "d"), ("ab",)]):
        paths.set(path, number)
    assert paths.outermost_first() == [1, 2, 4, 0, 3]
    paths.remove_under(("a", "b"))
    assert paths.outermost_first() == [1, 2, 4]
    paths.remove_under(("a",))
    paths.remove_under(("nothing",))
    assert paths.outermost_first() == [2, 4]
    assert ("a",) not in paths
    paths.set(("a", "b"), 7)
    assert paths.get(("a", "b")) == 7


def test_a_step_says_where_its_node_is() -> None:
    assert place_of("7", (), "model") == {"task": "7", "parent": None, "path": "model", "call": 1}
    inner = place_of("9", ("par:7", "1", "deep:8"), "model")
    assert inner == {"task": "9", "parent": "8", "path": "par/deep/model", "call": 2}


async def test_both_ends_of_a_step_say_so_and_when() -> None:
    class Two(TypedDict, total=False):
        done: Annotated[list[int], operator.add]

    def one(state: Two) -> Two:
        return {"done": [1]}

    inner: Any = StateGraph(Two).add_node("one", one).add_edge(START, "one").compile()

    async def twice(state: Two) -> Two:
        await inner.ainvoke({})
        await inner.ainvoke({})
        return {"done": [2]}

    graph: Any = StateGraph(Two).add_node("twice", twice).add_edge(START, "twice").compile()
    stream = graph.astream({}, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2")
    parts = [part async for part in stream]
    clock = iter(range(1, 99))
    translator = LangGraphToAgui("t", "r", clock=lambda: next(clock))
    steps = [event for part in parts for event in translator.feed(part) if event["type"].startswith("STEP")]
    assert [event["timestamp"] for event in steps] == [1000, 2000, 3000, 4000, 5000, 6000]
    assert [(event["metadata"]["path"], event["metadata"]["call"]) for event in steps] == [
        ("twice", 1),
        *[("twice/one", 1)] * 2,
        *[("twice/one", 2)] * 2,
        ("twice", 1),
    ]
    assert {event["metadata"]["parent"] for event in steps[1:5]} == {steps[0]["metadata"]["task"]}
    assert steps[0]["metadata"] == steps[-1]["metadata"]
    for event in steps:
        assert model(event).model_dump(exclude_none=True, by_alias=True)["metadata"] == event["metadata"]
    old = LangGraphToAgui("t", "r", protocol_version=None, clock=lambda: 1.0)
    before = [event for part in parts for event in old.feed(part) if event["type"].startswith("STEP")]
    assert [set(event) for event in before] == [{"type", "stepName"}] * 6


def test_a_step_that_is_closed_for_its_run_says_so_too() -> None:
    translator = LangGraphToAgui("t", "r")
    [begun] = translator.feed({"type": "tasks", "ns": (), "data": {"id": "1", "name": "model", "input": {}}})
    closed = translator.cancel()[0]
    assert (closed["type"], closed["metadata"]) == ("STEP_FINISHED", begun["metadata"])


class State(TypedDict, total=False):
    done: Annotated[list[int], operator.add]


class Item(TypedDict):
    number: int


def fan_out(state: State) -> list[Send]:
    return [Send("work", {"number": number}) for number in range(2000)]


def work(item: Item) -> State:
    return {"done": [item["number"]]}


async def test_two_thousand_parallel_tasks() -> None:
    """Feeding the parts takes time linear in the tasks."""
    builder: Any = StateGraph(State)
    graph = builder.add_node("work", work).add_conditional_edges(START, fan_out, ["work"]).compile()
    stream = graph.astream({}, stream_mode=list(STREAM_MODES), subgraphs=True, version="v2")
    parts = [part async for part in stream]

    translator = LangGraphToAgui("t", "r")
    begun = time.perf_counter()
    events = [event for part in parts for event in translator.feed(part)]
    took = time.perf_counter() - begun
    started = [event["stepName"] for event in events if event["type"] == "STEP_STARTED"]
    assert len(set(started)) == 2000
    assert started[:3] == ["work", "work #2", "work #3"]
    assert sorted(started) == sorted(event["stepName"] for event in events if event["type"] == "STEP_FINISHED")
    assert took < 1.0


async def test_two_thousand_subgraphs_at_work() -> None:
    """The same for subgraphs, whose states lie over their parent's."""
    events = 0
    translator = LangGraphToAgui("t", "r", state_keys=["done"])
    translator.feed({"type": "values", "ns": (), "data": {"done": []}})
    begun = time.perf_counter()
    for number in range(2000):
        ns = (f"work:{number}",)
        translator.feed({"type": "tasks", "ns": (), "data": {"id": str(number), "name": "work", "input": {}}})
        for _ in range(2):
            events += len(translator.feed({"type": "values", "ns": ns, "data": {"done": []}}))
    for number in range(2000):
        task = {"id": str(number), "name": "work", "result": {}}
        translator.feed({"type": "tasks", "ns": (), "data": task})
    assert time.perf_counter() - begun < 2.0
    assert events == 0
