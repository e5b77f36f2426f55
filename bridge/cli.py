"""The command ``bridge``: ``serve`` and ``draw``."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
from pathlib import Path
from typing import Any

import click
import uvicorn

from bridge.agents.loading import LoadError, load_agents, load_object
from bridge.app import create_app
from bridge.observe import logging as logs
from bridge.service import Bridge
from bridge.settings import Settings
from bridge.storage.opening import agent_database_url
from bridge.web.threads import Workers

_DEFAULTS = Settings()
_WORKERS = 64  # threads, made when they are needed: plain functions mostly wait


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="agent-bridge")
def main() -> None:
    """LangGraph agents for every chat client people already have."""


@main.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...")
@click.option("--host", default="127.0.0.1", show_default=True, envvar="BRIDGE_HOST")
@click.option("--port", default=8000, show_default=True, type=int, envvar="BRIDGE_PORT")
@click.option(
    "--db", default=_DEFAULTS.db, show_default=True, envvar="BRIDGE_DB", help="SQLite path or PostgreSQL URL."
)
@click.option("--api-key", "api_keys", multiple=True, envvar="BRIDGE_API_KEYS", help="May be given several times.")
@click.option("--cors-origin", "cors_origins", multiple=True, envvar="BRIDGE_CORS_ORIGINS", help="Default: any.")
@click.option("--cors-credentials", is_flag=True, envvar="BRIDGE_CORS_CREDENTIALS", help="Allow cookies.")
@click.option(
    "--disconnect",
    type=click.Choice(["cancel", "continue"]),
    default=_DEFAULTS.disconnect,
    show_default=True,
    envvar="BRIDGE_DISCONNECT",
    help="What becomes of a run when its client leaves.",
)
@click.option(
    "--disconnect-grace",
    default=_DEFAULTS.disconnect_grace,
    show_default=True,
    envvar="BRIDGE_DISCONNECT_GRACE",
    help="Seconds in which a client may come back before its run counts as left.",
)
@click.option(
    "--stop-timeout",
    default=_DEFAULTS.stop_timeout,
    show_default=True,
    envvar="BRIDGE_STOP_TIMEOUT",
    help="Seconds that an agent may take to stop, before its run ends without it.",
)
@click.option(
    "--keep-alive", default=_DEFAULTS.keep_alive, show_default=True, envvar="BRIDGE_KEEP_ALIVE", help="Seconds."
)
@click.option("--run-timeout", type=float, envvar="BRIDGE_RUN_TIMEOUT", help="Seconds; default: no limit.")
@click.option(
    "--shutdown-grace",
    default=_DEFAULTS.shutdown_grace,
    show_default=True,
    envvar="BRIDGE_SHUTDOWN_GRACE",
    help="Seconds that running streams may go on after SIGTERM.",
)
@click.option("--hide", "hidden", multiple=True, envvar="BRIDGE_HIDE", help="A node or tag that must not be heard.")
@click.option(
    "--state-key", "state_allow", multiple=True, envvar="BRIDGE_STATE_KEYS", help="State shown; default: all."
)
@click.option(
    "--client-key",
    "client_keys",
    multiple=True,
    envvar="BRIDGE_CLIENT_KEYS",
    help="What clients may write; default: all.",
)
@click.option(
    "--client-history",
    type=click.Choice(["trust", "drop", "refuse"]),
    default=_DEFAULTS.client_history,
    show_default=True,
    envvar="BRIDGE_CLIENT_HISTORY",
    help="Answers and results that a client sends and its thread does not hold.",
)
@click.option(
    "--durability", multiple=True, envvar="BRIDGE_DURABILITY", help="sync, async, exit; for one agent: name=sync."
)
@click.option(
    "--serializer-type",
    "serializer_types",
    multiple=True,
    envvar="BRIDGE_SERIALIZER_TYPES",
    help="module:Class that checkpoints may hold; with any, no other types are read.",
)
@click.option("--context", envvar="BRIDGE_CONTEXT", help="module:function that gives runtime.context for a request.")
@click.option("--store", envvar="BRIDGE_STORE", help="module:attr, a LangGraph store for graphs without one.")
@click.option("--log-json", is_flag=True, envvar="BRIDGE_LOG_JSON")
def serve(
    agents: tuple[str, ...], host: str, port: int, context: str | None, store: str | None, **options: Any
) -> None:
    """Serve agents: module:attr, name=module:attr or a langgraph.json (default: the one here)."""
    options["state_allow"] = options["state_allow"] or None
    options["client_keys"] = options["client_keys"] or None
    options["cors_origins"] = options["cors_origins"] or _DEFAULTS.cors_origins
    try:
        settings = Settings(**options)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    logs.configure(as_json=settings.log_json)
    # where agents may keep their own data; they read it when they first need it
    os.environ.setdefault("AGENT_DATABASE_URL", agent_database_url(settings.db))
    app = create_app(
        _load(agents),
        settings,
        context=None if context is None else _object(context),
        store=None if store is None else _object(store),
    )
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_grace) + 5,
        server_header=False,
    )
    _Server(config, app.state.bridge).run()


@main.command()
@click.argument("agent")
def draw(agent: str) -> None:
    """Print the graph as Mermaid."""
    for graph in _load((agent,)).values():
        click.echo(graph.get_graph(xray=True).draw_mermaid())


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
    time went into the collector. Measured with 50 streams: 133 to 103 µs of processor time a token.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class _Server(uvicorn.Server):
    """Ends the runs before it waits for the connections: a stream closes when its run does, and legally."""

    def __init__(self, config: uvicorn.Config, bridge: Bridge) -> None:
        super().__init__(config)
        self._bridge = bridge
        self._workers = Workers(_WORKERS)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say where."""
        asyncio.get_running_loop().set_default_executor(self._workers)
        try:
            await self._bridge.open()
        except Exception as error:
            click.echo(f"Error: {self._bridge.settings.db} cannot be opened: {' '.join(str(error).split())}", err=True)
            sys.exit(1)
        await super().startup(sockets)
        _calm_garbage_collector()
        for server in self.servers:
            for listening in server.sockets:
                name, port = listening.getsockname()[:2]
                click.echo(f"Serving {', '.join(self._bridge.names)} on http://{name}:{port}", err=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what runs, then stop."""
        ending = asyncio.create_task(self._bridge.end_runs())
        await super().shutdown(sockets)
        await ending
        if self._bridge.runs.abandoned or self._workers.busy:
            # an agent that does not stop would keep the process for as long as it likes; all of ours is stored
            logging.shutdown()
            os._exit(0)


if __name__ == "__main__":
    main()
