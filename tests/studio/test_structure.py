"""What a graph is made of, as its builder declares it."""

from __future__ import annotations

from typing import Any, Literal

from langgraph.func import entrypoint
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, Send

from bridge.agents.langgraph.structure import structure_of
from bridge.agents.pictures import mermaid_of
from bridge.agents.structure import Level, Structure
from graphs.agent import build_graph


async def step(state: MessagesState) -> dict[str, Any]:
    del state
    return {}


def arrows(level: Level) -> set[str]:
    """The edges in short: ``a > b``; conditional ones with a question mark, joins with a plus sign, labels last."""
    return {
        f"{edge['source']} {'?' if edge['conditional'] else ''}{'+' if edge['join'] else ''}> {edge['target']}"
        + (f" ({edge['label']})" if edge["label"] else "")
        for edge in level["edges"]
    }


def nodes(level: Level) -> dict[str, str]:
    """The paths and kinds of the nodes."""
    return {node["path"]: node["kind"] for node in level["nodes"]}


def unknown(structure: Structure) -> dict[str, str | None]:
    """Where something is not known -> the code that would declare it."""
    return {each["node"]: each["advice"] for each in structure["unknown"]}


def test_the_sales_agent_with_its_subgraphs() -> None:
    found = structure_of(build_graph())
    assert nodes(found["root"]) == {
        "supervisor": "node",
        "sales": "subgraph",
        "marketing": "subgraph",
        "assistant": "subgraph",
        "__start__": "start",
        "__end__": "end",
    }
    assert {"__start__ > supervisor", "supervisor ?> sales", "sales ?> marketing"} <= arrows(found["root"])
    (sales,) = [node["graph"] for node in found["root"]["nodes"] if node["id"] == "sales"]
    assert sales is not None
    assert sales["path"] == "sales"
    assert nodes(sales)["sales/tools"] == "tools"
    assert arrows(sales) == {
        "__start__ > model",
        "model ?> tools",
        "model ?> model",
        "model ?> __end__",
        "tools ?> model",
        "tools ?> __end__",
    }
    (tools,) = [node["tools"] for node in sales["nodes"] if node["id"] == "tools"]
    assert "find_deals" in tools
    assert found["unknown"] == []


def anywhere(state: MessagesState) -> str:
    return END if state["messages"] else "second"


def test_behind_a_router_without_a_path_map_every_declared_edge_stays() -> None:
    """LangGraph's own drawing loses them all, and invents others."""
    graph = StateGraph(MessagesState)
    for name in ("plan", "first", "second", "third"):
        graph.add_node(name, step)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", anywhere)
    graph.add_edge("first", "third")
    graph.add_edge("second", "third")
    graph.add_edge("third", END)
    found = structure_of(graph.compile())
    assert arrows(found["root"]) == {
        "__start__ > plan",
        "plan ?> __anywhere__",
        "first > third",
        "second > third",
        "third > __end__",
    }
    assert nodes(found["root"])["__anywhere__"] == "anywhere"
    assert unknown(found) == {"plan": "graph.add_conditional_edges('plan', anywhere, [\"…\"])"}


def test_labels_joins_and_pauses() -> None:
    graph = StateGraph(MessagesState)
    for name in ("a", "b", "c"):
        graph.add_node(name, step, defer=name == "c")
    graph.add_conditional_edges(START, lambda state: "yes", {"yes": "a", "b": "b"})
    graph.add_edge(["a", "b"], "c")
    found = structure_of(graph.compile(interrupt_before=["b"], interrupt_after="*"))["root"]
    assert arrows(found) == {"__start__ ?> a (yes)", "__start__ ?> b", "a +> c", "b +> c"}
    assert {node["id"]: (node["waits"], node["defer"]) for node in found["nodes"] if node["kind"] == "node"} == {
        "a": ("after", False),
        "b": ("both", False),
        "c": ("after", True),
    }


async def declared(state: MessagesState) -> Command[Literal["second", "__end__"]]:
    del state
    return Command(goto="second")


async def hidden(state: MessagesState) -> Command[Any]:
    del state
    return Command(goto="first")


async def updating(state: MessagesState) -> Command[Any]:
    del state
    return Command(update={})


def test_commands() -> None:
    graph = StateGraph(MessagesState)
    graph.add_node("first", declared)
    graph.add_node("second", hidden)
    graph.add_node("third", updating)
    graph.add_edge(START, "first")
    graph.add_edge(START, "third")
    found = structure_of(graph.compile())
    assert arrows(found["root"]) == {
        "__start__ > first",
        "__start__ > third",
        "first ?> second",
        "first ?> __end__",
        "second ?> __anywhere__",
    }
    assert unknown(found) == {"second": 'def second(…) -> Command[Literal["…"]]:'}


def test_a_fan_out() -> None:
    graph = StateGraph(MessagesState)
    graph.add_node("work", step)
    graph.add_conditional_edges(START, lambda state: [Send("work", {}), Send("work", {})], ["work"])
    assert arrows(structure_of(graph.compile())["root"]) == {"__start__ ?> work"}


INNER = StateGraph(MessagesState).add_node("deep", step).add_edge(START, "deep").compile()


async def calling(state: MessagesState) -> Any:
    return await INNER.ainvoke(state)


def test_a_subgraph_that_a_function_calls() -> None:
    found = structure_of(StateGraph(MessagesState).add_node("outer", calling).add_edge(START, "outer").compile())
    (outer,) = [node for node in found["root"]["nodes"] if node["id"] == "outer"]
    assert outer["kind"] == "subgraph"
    assert outer["graph"] is not None
    assert nodes(outer["graph"]) == {"outer/deep": "node", "outer/__start__": "start"}


@entrypoint()
async def functional(messages: list[Any]) -> list[Any]:
    return messages


def test_a_functional_graph_is_its_nodes() -> None:
    found = structure_of(functional)
    assert nodes(found["root"]) == {"functional": "node"}
    assert found["root"]["edges"] == []
    assert len(found["unknown"]) == 1


def test_what_is_no_graph_has_no_nodes() -> None:
    found = structure_of(object())
    assert (found["root"]["nodes"], found["root"]["edges"], found["unknown"]) == ([], [], [])


def test_there_is_an_end_to_nodes_and_to_depth() -> None:
    wide = StateGraph(MessagesState).add_edge(START, "n0")
    for number in range(2_010):
        wide.add_node(f"n{number}", step)
    found = structure_of(wide.compile())
    assert len(nodes(found["root"])) == 2_001
    assert len(found["unknown"]) == 1
    graph = INNER
    for _ in range(10):
        graph = StateGraph(MessagesState).add_node("down", graph).add_edge(START, "down").compile()
    (where,) = unknown(structure_of(graph))
    assert where == "/".join(["down"] * 8)


def test_names_are_not_code_in_mermaid() -> None:
    graph = StateGraph(MessagesState).add_node('end"] --> x["<b>', step).add_edge(START, 'end"] --> x["<b>')
    assert mermaid_of(structure_of(graph.compile())) == (
        'flowchart TD\n    n1["end#34;#93; --#62; x#91;#34;#60;b#62;"]\n    n2(["start"])\n    n2 --> n1\n'
    )
