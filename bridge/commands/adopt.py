"""``bridge adopt``: give one principal's conversations to another."""

from __future__ import annotations

from typing import Any

import click

from bridge.commands.database import in_storage
from bridge.options import read_options, setting_options
from bridge.settings import Settings
from bridge.storage.adoption import adopt_all


@click.command()
@click.argument("old")
@click.argument("new")
@click.argument("agents", nargs=-1, metavar="[AGENT]...")
@setting_options(Settings, "db")
def adopt(old: str, new: str, agents: tuple[str, ...], **options: Any) -> None:
    """Give all threads of the principal OLD to NEW: 'anonymous', a key's name, or an unnamed key's digest.

    Where a graph has a checkpointer of its own, name all AGENTs as for serve, in the same order. While this runs, the
    servers should not.
    """
    db = read_options(Settings, options).db
    adopted = in_storage(db, agents, lambda storage, bound: adopt_all(storage, old, new, bound))
    click.echo(f"{len(adopted.moved)} threads are {new}'s now.")
    for thread, why in adopted.kept:
        click.echo(f"{old} keeps the thread '{thread.thread_id}' of agent '{thread.agent}': {why}.", err=True)
