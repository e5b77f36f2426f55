"""The command ``bridge``: ``serve`` and ``draw``."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from pathlib import Path
from typing import Any

import click
import uvicorn

from bridge.agents.loading import LoadError, load_agents
from bridge.app import create_app
from bridge.observe import logging as logs
from bridge.service import Bridge
from bridge.settings import Settings
from bridge.storage.opening import agent_database_url

_DEFAULTS = Settings()


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
    "--keep-alive", default=_DEFAULTS.keep_alive, show_default=True, envvar="BRIDGE_KEEP_ALIVE", help="Seconds."
)
@click.option("--run-timeout", type=float, envvar="BRIDGE_RUN_TIMEOUT", help="Seconds; default: no limit.")
@click.option(
    "--recursion-limit",
    default=_DEFAULTS.recursion_limit,
    show_default=True,
    type=click.IntRange(min=1),
    envvar="BRIDGE_RECURSION_LIMIT",
    help="Steps of a run; a graph's own lower limit wins.",
)
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
@click.option("--log-json", is_flag=True, envvar="BRIDGE_LOG_JSON")
def serve(agents: tuple[str, ...], host: str, port: int, **options: Any) -> None:
    """Serve agents: module:attr, name=module:attr or a langgraph.json (default: the one here)."""
    options["state_allow"] = options["state_allow"] or None
    options["cors_origins"] = options["cors_origins"] or _DEFAULTS.cors_origins
    settings = Settings(**options)
    logs.configure(as_json=settings.log_json)
    # where agents may keep their own data; they read it when they first need it
    os.environ.setdefault("AGENT_DATABASE_URL", agent_database_url(settings.db))
    app = create_app(_load(agents), settings)
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

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say where."""
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


if __name__ == "__main__":
    main()
