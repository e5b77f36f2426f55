"""``bridge prune``: delete old conversations."""

from __future__ import annotations

from typing import Any

import click

from bridge.commands.database import in_storage
from bridge.options import read_options, setting_options
from bridge.service import retention_of
from bridge.settings import Settings
from bridge.storage.retention import prune_once


@click.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...")
@setting_options(Settings, "db", "retention_days", "retention_count", "retention_listed")
@click.option("--dry-run", is_flag=True, help="Only print what would be deleted.")
def prune(agents: tuple[str, ...], dry_run: bool, **options: Any) -> None:
    """Delete old one-off threads, and what deleted ones have left; with --retention-listed the listed ones too.

    Where a graph has a checkpointer of its own, name all AGENTs as for serve, in the same order: it is pruned as well.
    """
    settings = read_options(Settings, options)
    retention = retention_of(settings)
    if not retention.limits:
        raise click.UsageError("Say how long threads are kept: --retention-days, --retention-count, or both.")
    pruned = in_storage(
        settings.db, agents, lambda storage, bound: prune_once(storage, retention, bound, dry_run=dry_run)
    )
    word = "would be deleted" if dry_run else "deleted"
    click.echo(f"{len(pruned.threads)} threads {word}, and what is left of {pruned.leftovers} deleted ones.")
