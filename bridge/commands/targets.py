"""The agents that a command is given, and errors about them in one line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from bridge.json import JSONDecodeError, loads

MANIFEST = "langgraph.json"


def load(targets: Iterable[str]) -> dict[str, Any]:
    """The graphs that these targets name, by agent name. Raises ``click.ClickException``."""
    from bridge.agents.loading import LoadError, load_agents  # noqa: PLC0415 - completion and --help load no graph

    try:
        return load_agents(targets, Path.cwd())
    except LoadError as error:
        raise click.ClickException(str(error)) from error


def load_one(target: str | None) -> tuple[str, Any]:
    """One agent and its name: a target, or a name in the ``langgraph.json`` here; without one, the first in it."""
    if target is None:
        return next(iter(load(()).items()))
    if target in names_here():
        return target, load(())[target]
    found = load((target,))
    if len(found) > 1:
        raise click.UsageError(f"{target} has {len(found)} agents; name one of them: {', '.join(found)}.")
    return next(iter(found.items()))


def load_object(place: str) -> Any:
    """What ``module:attr`` names. Raises ``click.ClickException``."""
    from bridge.agents.loading import LoadError, load_object  # noqa: PLC0415

    try:
        return load_object(place, Path.cwd())
    except LoadError as error:
        raise click.ClickException(str(error)) from error


def names_here() -> list[str]:
    """The agents of the ``langgraph.json`` in this folder, by name; none where there is no such file."""
    try:
        graphs = loads(Path(MANIFEST).read_bytes()).get("graphs")
    except (OSError, JSONDecodeError, AttributeError):
        return []
    return list(graphs) if isinstance(graphs, dict) else []


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What a shell offers for an AGENT: the names of the ``langgraph.json`` here, then files."""
    del ctx, param
    named = [CompletionItem(name) for name in names_here() if name.startswith(incomplete)]
    return named or [CompletionItem(incomplete, type="file")]
