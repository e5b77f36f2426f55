"""``bridge key``: make an API key."""

from __future__ import annotations

import click

from bridge.runs.request import RIGHTS
from bridge.web.keys import new_key


@click.command()
@click.argument("name", default="")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(sorted(RIGHTS)), help="Default: all.")
def key(name: str, scopes: tuple[str, ...]) -> None:
    """Make an API key for NAME: its line for --api-key-file on standard output, the key itself on standard error."""
    made, line = new_key(name)
    click.echo(" ".join([line, *scopes]))
    click.echo(f"The key, shown this once: {made}", err=True)
