"""``bridge check``: what the bridge will do with an agent, before anybody talks with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from bridge.commands.targets import complete_target, load, load_one, names_here
from bridge.commands.terminal import has_colors

if TYPE_CHECKING:
    from bridge.agents.langgraph.examination import Examination


@click.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...", shell_complete=complete_target)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.pass_context
def check(ctx: click.Context, agents: tuple[str, ...], strict: bool) -> None:
    """Load agents, draw them, and say what the bridge will do with them, and what is unsafe. No model is called.

    AGENT is as for serve, or a name in the langgraph.json here (default: all in it). The exit status is 1 where an
    agent cannot be loaded or has an error, else 0.
    """
    wrong = False
    for name, graph in _given(agents):
        wrong = _checked(name, graph, strict=strict) or wrong
    if wrong:
        ctx.exit(1)


def _given(agents: tuple[str, ...]) -> list[tuple[str, Any]]:
    if agents and set(agents) <= set(names_here()):
        return [load_one(name) for name in agents]
    return list(load(agents).items())


def _checked(name: str, graph: Any, *, strict: bool) -> bool:
    """Print what there is to say; whether something is wrong."""
    from bridge.agents.loading import LoadError  # noqa: PLC0415 - --help needs no LangGraph

    click.echo(_in(name, "cyan"))
    try:
        found = _examined(graph)
    except LoadError as error:  # a factory
        click.echo(f"  {_in('error: ', 'red')}{error}")
        return True
    if found is None:
        click.echo(f"  {type(graph).__name__}: no LangGraph graph; nothing is known of it before it runs.")
        return False
    for line in found.drawing:
        click.echo(f"    {line}")
    for subject, text in found.facts:
        click.echo(f"  {subject}: {text}")
    for finding in found.findings:
        click.echo("  " + _in(f"{finding.level}: ", "red" if finding.level == "error" else "yellow") + finding.text)
    errors = sum(finding.level == "error" for finding in found.findings)
    warnings = len(found.findings) - errors
    click.echo(f"  {_counted(errors, 'error')}, {_counted(warnings, 'warning')}.")
    return bool(errors or (strict and warnings))


def _examined(graph: Any) -> Examination | None:
    """What is found; ``None`` for what is no graph. Raises `LoadError` for a factory that fails."""
    from bridge.agents.langgraph.examination import examine  # noqa: PLC0415 - --help needs no LangGraph
    from bridge.agents.langgraph.project import ProjectGraph  # noqa: PLC0415

    if isinstance(graph, ProjectGraph):
        return graph.look(examine)
    return examine(graph) if hasattr(graph, "nodes") else None


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _in(text: str, color: str) -> str:
    return click.style(text, fg=color) if has_colors(sys.stdout) else text
