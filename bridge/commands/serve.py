"""``bridge serve``: serve agents over HTTP."""

from __future__ import annotations

from typing import Any

import click

from bridge.commands.http_server import configured, prepared
from bridge.observe import logging as logs
from bridge.options import check_access, read_options, setting_options
from bridge.settings import ServerSettings


@click.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...")
@setting_options(ServerSettings)
def serve(agents: tuple[str, ...], **options: Any) -> None:
    """Serve agents: module:attr, name=module:attr or a langgraph.json (default: the one here)."""
    settings = read_options(ServerSettings, options)
    locked = check_access(settings)
    logs.configure(as_json=settings.log_json)
    configured(prepared(agents, settings, locked=locked), settings).run()
