"""``bridge draw``: a graph as a picture. Nothing leaves the machine: Mermaid's own code runs in this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bridge.agents.pictures import NoPicture, rendered
from bridge.commands.targets import complete_target, load, load_one, names_here

FORMATS = ("mmd", "svg", "png")


@click.command()
@click.argument("agent", shell_complete=complete_target)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="A file; -: standard output.  [default: -]"
)
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Default: what the file's name ends in, else mmd.")
def draw(agent: str, output: str | None, kind: str | None) -> None:
    """Draw a graph with its subgraphs: as Mermaid, or into a file that ends in .svg, .png or .mmd.

    AGENT is module:attr, a path/to/file.py:attr, or a name in the langgraph.json here.
    """
    drawn = _drawn(agent, one=output is not None or kind is not None)
    to_stdout = output is None or output == "-"
    kind = kind or ("mmd" if to_stdout else _kind_of(str(output)))
    picture = "\n".join(drawn).encode() + b"\n" if kind == "mmd" else _rendered(drawn[0], kind)
    if to_stdout:
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()
        return
    try:
        Path(str(output)).write_bytes(picture)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from None


def _drawn(agent: str, *, one: bool) -> list[str]:
    """The Mermaid of the agents that are named; ``one``: of exactly one."""
    if one or agent in names_here():
        return [mermaid_of(*load_one(agent))]
    return [mermaid_of(name, graph) for name, graph in load((agent,)).items()]


def mermaid_of(name: str, graph: Any) -> str:
    """A graph as Mermaid's text. Raises ``click.ClickException`` for what has no drawing."""
    get_graph: Any = getattr(graph, "get_graph", None)
    if get_graph is None:
        raise click.ClickException(f"Agent '{name}' ({type(graph).__name__}) is no LangGraph graph: it has no drawing.")
    from bridge.agents.loading import LoadError  # noqa: PLC0415 - a graph is there: it is loaded

    try:
        text: str = _with_safe_ids(get_graph(xray=True)).draw_mermaid()
    except LoadError as error:  # of a factory: it names the agent
        raise click.ClickException(str(error)) from error
    except Exception as error:  # a graph that is elsewhere
        raise click.ClickException(f"Agent '{name}' cannot be drawn: {' '.join(str(error).split())}") from error
    return text


_WORDS = frozenset(("class", "classDef", "end", "flowchart", "graph", "interpolate", "linkStyle", "style", "subgraph"))
"""Words of Mermaid's own. A node that is called so cannot be drawn; its name can."""


def _with_safe_ids(drawable: Any) -> Any:
    """The drawing, its nodes' ids none of Mermaid's words: a space stands before them, which LangChain escapes."""

    def safe(identity: str) -> str:
        return f" {identity}" if identity in _WORDS else identity

    nodes = {safe(key): node._replace(id=safe(node.id)) for key, node in drawable.nodes.items()}
    edges = [edge._replace(source=safe(edge.source), target=safe(edge.target)) for edge in drawable.edges]
    return type(drawable)(nodes, edges)


def _kind_of(output: str) -> str:
    ending = Path(output).suffix.removeprefix(".").lower()
    kind = {"mermaid": "mmd"}.get(ending, ending)
    if kind not in FORMATS:
        raise click.BadParameter(
            f"'{output}' must end in .svg, .png or .mmd; or say --format.", param_hint="'--output'"
        )
    return kind


def _rendered(mermaid: str, kind: Any) -> bytes:
    try:
        return rendered(mermaid, kind)
    except NoPicture as error:
        without = "" if "cannot draw" in str(error) else " Without it there is Mermaid's text: -o graph.mmd."
        raise click.ClickException(f"{error}{without}") from error
