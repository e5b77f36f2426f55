"""``bridge dev``: serve agents while somebody writes them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any

import click

import bridge
from bridge.commands.ports import is_in_use, port_in_use
from bridge.commands.reloading.supervisor import Plan, Supervisor
from bridge.commands.targets import MANIFEST, complete_target, load
from bridge.commands.terminal import has_colors
from bridge.fields import variable_of
from bridge.options import check_access, read_options, setting_options
from bridge.settings import ServerSettings
from bridge.studio.page.build import NotBuilt, build
from bridge.studio.page.files import is_built

_FIXED = {"host": "127.0.0.1", "reveal_errors": True}
"""What ``bridge dev`` is: for one person on one machine, who wants to see what went wrong."""

_USUAL = {"shutdown_grace": "0", "stop_timeout": "1"}
"""Where neither an option nor a variable says otherwise: nobody wants to wait for an answer of the code before."""

_LEFT_OUT = {*_FIXED, "no_auth", "log_json"}


@click.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...", shell_complete=complete_target)
@click.option(
    "--open/--no-open", "opens", default=True, help="Open the browser, where there is a display.  [default: on]"
)
@click.option(
    "--watch",
    "also",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path, resolve_path=True),
    help="A file, or a folder with all that is in it, whose change reloads too. May be given again.",
)
@setting_options(ServerSettings, *(name for name in ServerSettings.model_fields if name not in _LEFT_OUT))
def dev(agents: tuple[str, ...], opens: bool, also: tuple[Path, ...], **options: Any) -> None:
    """Serve agents while you write them, on this machine alone: every saved .py file reloads them.

    Conversations stay. Clients see errors in full. AGENT is as for serve.
    """
    if sys.platform == "win32":
        raise click.ClickException("bridge dev needs Linux or macOS (WSL is one). On Windows: bridge serve.")
    if importlib.util.find_spec("watchfiles") is None:
        raise click.ClickException(
            "bridge dev watches files with the package watchfiles, which is not installed: pip install watchfiles. "
            "Without it: bridge serve --reveal-errors."
        )
    given = {name: value for name, value in options.items() if value not in (None, (), False)}
    fields = ServerSettings.model_fields
    usual = {name: value for name, value in _USUAL.items() if variable_of(name, fields[name]) not in os.environ}
    chosen = {**usual, **given, **_FIXED}
    settings = read_options(ServerSettings, chosen)
    check_access(settings)
    if not agents and not Path(MANIFEST).exists():
        load(())  # which says what to do
    listening = _bound(settings.host, settings.port)
    at = f"http://{settings.host}:{listening.getsockname()[1]}"
    plan = Plan(agents, chosen, also, ending=settings.shutdown_grace + settings.stop_timeout + 5)
    if settings.db == ":memory:":
        _say("The database is in memory: a reload forgets the conversations.", "yellow")

    built = settings.studio is not False and _studio()

    def serving(names: list[str], first: bool) -> None:
        _say(f"{'Serving' if first else 'Reloaded'}: {', '.join(names)} on {at}", "green")
        if first and built:
            _say(f"Studio: {at}/studio", None)
        if first and opens and has_display():
            # a browser that is started in this terminal may stay as long as it likes
            threading.Thread(target=webbrowser.open, args=(at,), daemon=True).start()

    with listening:
        asyncio.run(Supervisor(plan, listening, _say, serving).run())


def _studio() -> bool:
    """Whether the studio's page is there. In a checkout it is built where it is not current."""
    try:
        build(Path(bridge.__file__).parents[1])
    except NotBuilt as why:
        _say(f"{why} Everything else works without it.", "yellow")
    return is_built()


def _bound(host: str, port: int) -> socket.socket:
    """A socket on this address, not yet listening: until something is served, connections are refused."""
    if port and is_in_use(host, port):
        raise click.ClickException(port_in_use(port))
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise click.ClickException(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
    return listening


def has_display() -> bool:
    """Whether a browser would have a window to open in: not over SSH, in a container, or in CI."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(text: str, color: str | None) -> None:
    colors = has_colors(sys.stderr)
    click.echo(click.style(text, fg=color) if colors and color else text, err=True, color=colors)
