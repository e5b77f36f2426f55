"""The command ``bridge``: ``serve``, ``draw``, ``key``, ``prune`` and ``adopt``."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import click
import uvicorn

from bridge.agents.loading import LoadError, load_agents, load_object
from bridge.app import create_app
from bridge.observe import logging as logs
from bridge.options import check_access, read_options, setting_options
from bridge.runs.request import RIGHTS
from bridge.service import Bridge, retention_of
from bridge.settings import ServerSettings, Settings
from bridge.storage.adoption import adopt_all
from bridge.storage.base import Storage
from bridge.storage.binding import BoundAgent, bound, opened
from bridge.storage.opening import agent_database_url, open_storage, without_password
from bridge.storage.retention import prune_once
from bridge.storage.scoping import settle
from bridge.web.callers import Callers
from bridge.web.keys import new_key
from bridge.web.prefix import Prefix
from bridge.web.protocol import http_protocol

logger = logging.getLogger("bridge")

Result = TypeVar("Result")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="agent-bridge")
def main() -> None:
    """LangGraph agents for every chat client people already have."""


@main.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...")
@setting_options(ServerSettings)
def serve(agents: tuple[str, ...], **options: Any) -> None:
    """Serve agents: module:attr, name=module:attr or a langgraph.json (default: the one here)."""
    settings = read_options(ServerSettings, options)
    locked = check_access(settings)
    logs.configure(as_json=settings.log_json)
    # where agents may keep their own data; they read it when they first need it
    os.environ.setdefault("AGENT_DATABASE_URL", agent_database_url(settings.db))
    # while everybody may call, pages of other sites may not; with keys these are what counts
    app = create_app(
        _load(agents),
        settings,
        allowed_hosts=None if locked else settings.allowed_hosts,
        context=None if settings.context is None else _object(settings.context),
        store=None if settings.store is None else _object(settings.store),
    )
    config = uvicorn.Config(
        Prefix(app, settings.root_path),
        host=settings.host,
        port=settings.port,
        http=http_protocol(settings.header_timeout, settings.max_header_size),
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_grace) + 5,
        server_header=False,
    )
    _Server(config, app.state.bridge, app.state.callers).run()


@main.command()
@click.argument("agent")
def draw(agent: str) -> None:
    """Print the graph as Mermaid."""
    for graph in _load((agent,)).values():
        try:
            click.echo(graph.get_graph(xray=True).draw_mermaid())
        except LoadError as error:
            raise click.ClickException(str(error)) from error


@main.command()
@click.argument("name", default="")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(sorted(RIGHTS)), help="Default: all.")
def key(name: str, scopes: tuple[str, ...]) -> None:
    """Make an API key for NAME: its line for --api-key-file on standard output, the key itself on standard error."""
    made, line = new_key(name)
    click.echo(" ".join([line, *scopes]))
    click.echo(f"The key, shown this once: {made}", err=True)


@main.command()
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
    pruned = _in_storage(
        settings.db, agents, lambda storage, bound: prune_once(storage, retention, bound, dry_run=dry_run)
    )
    word = "would be deleted" if dry_run else "deleted"
    click.echo(f"{len(pruned.threads)} threads {word}, and what is left of {pruned.leftovers} deleted ones.")


@main.command()
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
    adopted = _in_storage(db, agents, lambda storage, bound: adopt_all(storage, old, new, bound))
    click.echo(f"{len(adopted.moved)} threads are {new}'s now.")
    for key, why in adopted.kept:
        click.echo(f"{old} keeps the thread '{key.thread_id}' of agent '{key.agent}': {why}.", err=True)


def _in_storage(
    db: str, agents: tuple[str, ...], work: Callable[[Storage, dict[str, BoundAgent]], Coroutine[Any, Any, Result]]
) -> Result:
    """Open the storage, bind the agents to it, and do some work."""

    async def within() -> Result:
        async with open_storage(db) as storage, AsyncExitStack() as stack:
            served = await opened(graphs, stack)
            agents = {name: bound(name, given, storage, Settings()) for name, given in served.items()}
            await settle(storage.index, agents)
            return await work(storage, agents)

    graphs = _load(agents) if agents else {}
    try:
        return asyncio.run(within())
    except Exception as error:
        raise click.ClickException(_cannot_open(db, error)) from None


def _cannot_open(db: str, error: Exception) -> str:
    """Why, in one line without the password."""
    return f"{without_password(db)} cannot be opened: {without_password(db, ' '.join(str(error).split()))}"


def _load(agents: tuple[str, ...]) -> dict[str, Any]:
    try:
        return load_agents(agents, Path.cwd())
    except LoadError as error:
        raise click.ClickException(str(error)) from error


def _object(place: str) -> Any:
    try:
        return load_object(place, Path.cwd())
    except LoadError as error:
        raise click.ClickException(str(error)) from error


def _calm_garbage_collector() -> None:
    """What was made until now stays: never look through it again, and look less often through the rest.

    Tokens are short-lived and without cycles, yet each one allocates; with Python's defaults a fifth of a busy server's
    time goes into the collector (benchmarks/RESULTS.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class _Server(uvicorn.Server):
    """Ends the runs before it waits for the connections: a stream closes when its run does, and legally."""

    def __init__(self, config: uvicorn.Config, bridge: Bridge, callers: Callers) -> None:
        super().__init__(config)
        self._bridge = bridge
        self._callers = callers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and print the address."""
        try:
            await self._bridge.open()
        except LoadError as error:  # a store or a checkpointer of langgraph.json
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except Exception as error:
            click.echo(f"Error: {_cannot_open(self._bridge.settings.db, error)}", err=True)
            sys.exit(1)
        if self._bridge.settings.api_key_file is not None and sys.platform != "win32":
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload_keys)
        await super().startup(sockets)
        _calm_garbage_collector()
        for server in self.servers:
            for listening in server.sockets:
                name, port = listening.getsockname()[:2]
                click.echo(f"Serving {', '.join(self._bridge.names)} on http://{name}:{port}", err=True)

    def _reload_keys(self) -> None:
        """SIGHUP: read the file of keys again; where it cannot be read, those from before stay."""
        try:
            self._callers.reload()
        except (OSError, ValueError) as error:
            logger.error("the API keys were not read again: %s", error)
        else:
            logger.info("the API keys were read again")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what runs, then stop."""
        ending = asyncio.create_task(self._bridge.end_runs())
        await super().shutdown(sockets)
        await ending
        workers = self._bridge.workers
        if self._bridge.runs.abandoned or (workers is not None and workers.busy):
            # an agent that does not stop would keep the process for as long as it likes; all of ours is stored
            logging.shutdown()
            os._exit(0)


if __name__ == "__main__":
    main()
