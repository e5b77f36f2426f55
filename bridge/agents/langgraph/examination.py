"""What the bridge will do with a graph, and what is unsafe in it, by its structure alone: nothing is run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langgraph.channels import LastValue
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from bridge.agents.langgraph.asking import asks
from bridge.agents.langgraph.entrypoints import is_entrypoint
from bridge.agents.langgraph.state_keys import input_keys, visible_keys, walled_keys
from bridge.agents.langgraph.storable import unstorable
from bridge.agents.langgraph.structure import structure_of

OF_CLIENTS: Mapping[str, str] = {
    "interrupt": "OpenAI clients get the agent's questions as calls of a tool of this name",
    "copilotkitSuggest": "CopilotKit pages have a tool of this name for suggestions",
}
"""Tool names that clients know already, and what for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What may go wrong. ``error``: it will, for somebody; ``warning``: it costs something, or may be meant."""

    level: Literal["error", "warning"]
    text: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found.

    Attributes:
        drawing: a line for each node, with the nodes that may follow; subgraphs indented.
        facts: what the bridge does with it: a subject (``state``, ``tools``), and a sentence.
        findings: what is unsafe.
    """

    drawing: list[str]
    facts: list[tuple[str, str]]
    findings: list[Finding]


def examine(graph: Any) -> Examination:
    """Look at a compiled graph, or at a functional one (``@entrypoint``)."""
    found = Examination([], [], [])
    found.drawing.extend(_drawn(graph, ""))
    if is_entrypoint(graph):
        found.facts.append(("messages", "an entrypoint: its conversation is what it saves for its next turn"))
    else:
        _state(graph, found)
    _tools(graph, found)
    _interrupts(graph, found)
    _memory(graph, found)
    _nodes(graph, found)
    _ends(graph, found)
    return found


# The drawing


def _drawn(graph: Any, indent: str) -> Iterator[str]:
    follow = _edges(graph)
    for name, node in (getattr(graph, "nodes", None) or {}).items():
        after = ", ".join(sorted(follow.get(name, ()), key=lambda one: (one == "__end__", one)))
        yield f"{indent}{name}" + (f" → {after}" if after else "")
        bound = getattr(node, "bound", None)
        if getattr(bound, "nodes", None) and bound is not graph:
            yield from _drawn(bound, indent + "    ")


def _edges(graph: Any) -> dict[str, set[str]]:
    builder = getattr(graph, "builder", None)
    follow: dict[str, set[str]] = {}
    for start, end in getattr(builder, "edges", ()):
        follow.setdefault(start, set()).add(end)
    for starts, end in getattr(builder, "waiting_edges", ()):
        for start in starts:
            follow.setdefault(start, set()).add(end)
    for start, branches in getattr(builder, "branches", {}).items():
        for branch in branches.values():
            follow.setdefault(start, set()).update((getattr(branch, "ends", None) or {}).values())
    for name, node in getattr(builder, "nodes", {}).items():
        ends = getattr(node, "ends", None) or ()
        follow.setdefault(name, set()).update(ends)
    return follow


# The state


def _state(graph: Any, found: Examination) -> None:
    channels = _channels(graph)
    visible, writable = visible_keys(graph, None), input_keys(graph)
    shown = sorted(key for key in channels if visible is None or key in visible)
    found.facts.append(("state", f"clients see {_listed(shown)}"))
    found.facts.append(("state", f"clients may write {_listed(sorted(writable.writable if writable else ()))}"))
    if hidden := sorted(walled_keys(graph)):
        found.facts.append(("state", f"never leaves the server: {_listed(hidden)} (not in the output schema)"))
    _messages(graph, channels, found)
    for key, channel in channels.items():
        if key != "messages" and (kind := unstorable(getattr(channel, "typ", Any))):
            found.findings.append(
                Finding(
                    "error",
                    f"state key '{key}' holds {kind}, which is no JSON and cannot be stored: "
                    "keep it outside the state (in the context, or in a closure)",
                )
            )


def _channels(graph: Any) -> dict[str, Any]:
    channels: Mapping[str, Any] = getattr(getattr(graph, "builder", None), "channels", {})
    return {key: channel for key, channel in channels.items() if not key.startswith(("__", "branch:"))}


def _messages(graph: Any, channels: Mapping[str, Any], found: Examination) -> None:
    keys, visible = input_keys(graph), visible_keys(graph, None)
    if "messages" not in channels:
        found.findings.append(
            Finding("warning", "there is no state key 'messages': what a person writes in a chat does not reach it")
        )
        return
    if isinstance(channels["messages"], LastValue):
        found.findings.append(
            Finding(
                "error",
                "'messages' has no reducer: every turn replaces the conversation; "
                "write messages: Annotated[list[AnyMessage], add_messages]",
            )
        )
    else:
        found.facts.append(("messages", "kept in the thread; a turn adds to them"))
    if keys is not None and "messages" not in keys:
        found.findings.append(Finding("warning", "the input schema has no 'messages': a chat is refused"))
    if visible is not None and "messages" not in visible:
        found.findings.append(
            Finding("warning", "the output schema has no 'messages': a reopened conversation is empty")
        )


# Tools


def _tools(graph: Any, found: Examination) -> None:
    tools = dict(_tools_of(graph))
    if tools:
        found.facts.append(("tools", f"run on the server, shown to clients: {_listed(sorted(tools))}"))
    for name in sorted(tools):
        if name in OF_CLIENTS:
            found.findings.append(Finding("error", f"the tool '{name}' has a name that is taken: {OF_CLIENTS[name]}"))
    plain = sorted(name for name, tool in tools.items() if getattr(tool, "coroutine", None) is None)
    if plain:
        found.findings.append(Finding("warning", f"plain def tools, each in a thread while it works: {_listed(plain)}"))


def _tools_of(graph: Any) -> Iterator[tuple[str, Any]]:
    for _, bound in _nodes_of(graph):
        yield from (getattr(bound, "tools_by_name", None) or {}).items()


# Interrupts


def _interrupts(graph: Any, found: Examination) -> None:
    asking = sorted({name for name, bound in _nodes_of(graph) if any(map(asks, _functions_of(bound)))})
    if asking:
        found.facts.append(("interrupts", f"asked in every client, and answered there: {_listed(asking)}"))
    for when, names in (("before", "interrupt_before_nodes"), ("after", "interrupt_after_nodes")):
        if nodes := getattr(graph, names, None):
            shown = "every node" if nodes == "*" else _listed(sorted(nodes))
            found.facts.append(("interrupts", f"pauses {when} {shown}, until somebody says to go on"))
    if not any(subject == "interrupts" for subject, _ in found.facts):
        found.facts.append(("interrupts", "none were found in its code"))


def _functions_of(bound: Any) -> Iterator[Any]:
    for name in ("func", "afunc"):
        yield getattr(bound, name, None)
    for tool in (getattr(bound, "tools_by_name", None) or {}).values():
        yield getattr(tool, "func", None)
        yield getattr(tool, "coroutine", None)


# Memory and nodes


def _memory(graph: Any, found: Examination) -> None:
    own = getattr(graph, "checkpointer", None)
    if isinstance(own, InMemorySaver):
        found.findings.append(
            Finding(
                "warning",
                "its own checkpointer keeps conversations in memory, and a restart forgets them: "
                "compile it without one, and the bridge's database keeps them",
            )
        )
    elif isinstance(own, BaseCheckpointSaver):
        found.findings.append(
            Finding(
                "warning",
                f"conversations are in its own checkpointer ({type(own).__name__}), not in --db: "
                "name this agent to bridge prune and bridge adopt",
            )
        )
    else:
        found.facts.append(("memory", "conversations are kept in the bridge's database"))
    if getattr(graph, "store", None) is not None:
        found.facts.append(("memory", f"a store of its own ({type(graph.store).__name__})"))
    schema = getattr(graph, "context_schema", None)
    if schema is not None:
        found.facts.append(
            ("context", f"{getattr(schema, '__name__', schema)}: by --context, or from what a client sends")
        )


def _nodes(graph: Any, found: Examination) -> None:
    plain = sorted({name for name, bound in _nodes_of(graph) if _is_plain(bound)})
    if plain:
        found.findings.append(
            Finding("warning", f"plain def nodes, each in a thread while it works (--threads): {_listed(plain)}")
        )


def _ends(graph: Any, found: Examination) -> None:
    for unknown in structure_of(graph)["unknown"]:
        if unknown["advice"] is not None:
            found.findings.append(
                Finding(
                    "warning",
                    f"no drawing knows what follows '{unknown['node']}': {unknown['what']}; write {unknown['advice']}",
                )
            )


def _is_plain(bound: Any) -> bool:
    function, in_loop = getattr(bound, "func", None), getattr(bound, "afunc", None)
    if not callable(function) or hasattr(bound, "tools_by_name"):
        return False
    # LangGraph wraps a plain function for the event loop: `partial(run_in_executor, None, function)`
    return in_loop is None or function in getattr(in_loop, "args", ())


def _nodes_of(graph: Any) -> Iterator[tuple[str, Any]]:
    """The nodes of a graph and of its subgraphs, and what each runs."""
    for name, node in (getattr(graph, "nodes", None) or {}).items():
        bound = getattr(node, "bound", None)
        if name == "__start__":
            continue
        if getattr(bound, "nodes", None) and bound is not graph:
            yield from _nodes_of(bound)
        else:
            yield str(name), bound


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) if names else "nothing"
