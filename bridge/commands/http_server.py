"""The server that ``bridge serve`` and ``bridge dev`` run: agents as an application, and uvicorn around it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterable, Sequence

import click
import uvicorn
from starlette.applications import Starlette

from bridge.agents.loading import LoadError
from bridge.app import create_app
from bridge.commands.database import cannot_open
from bridge.commands.memory import Heap, calm_garbage_collector, return_large_memory
from bridge.commands.ports import is_in_use, port_in_use
from bridge.commands.targets import load, load_object
from bridge.observe.observer import Observer
from bridge.service import Bridge
from bridge.settings import ServerSettings
from bridge.storage.opening import agent_database_url
from bridge.web.callers import Callers
from bridge.web.gate import is_loopback
from bridge.web.prefix import Prefix
from bridge.web.protocol import http_protocol

logger = logging.getLogger("bridge")

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open. Longer than clients and proxies keep theirs (httpx 5, nginx 60): who
closes first is not met by a request on its way. With uvicorn's 5 seconds a POST may be lost, and nobody may repeat it.
"""


def prepared(
    agents: Iterable[str], settings: ServerSettings, *, locked: bool, observers: Sequence[Observer] = ()
) -> Starlette:
    """The application with these agents. ``locked``: there are keys. Raises ``click.ClickException``."""
    # where agents may keep their own data; they read it when they first need it
    os.environ.setdefault("AGENT_DATABASE_URL", agent_database_url(settings.db))
    at_home = is_loopback(settings.host)
    settings = settings.model_copy(
        update={
            "studio": at_home if settings.studio is None else settings.studio,
            "studio_inputs": at_home if settings.studio_inputs is None else settings.studio_inputs,
        }
    )
    # while everybody may call, pages of other sites may not; with keys these are what counts
    return create_app(
        load(agents),
        settings,
        allowed_hosts=None if locked else settings.allowed_hosts,
        observers=observers,
        context=None if settings.context is None else load_object(settings.context),
        store=None if settings.store is None else load_object(settings.store),
    )


def configured(app: Starlette, settings: ServerSettings, kind: type[Server] | None = None) -> Server:
    """The server of this application; ``kind``: a subclass of `Server`."""
    config = uvicorn.Config(
        Prefix(app, settings.root_path),
        host=settings.host,
        port=settings.port,
        http=http_protocol(settings.header_timeout, settings.max_header_size),
        ws_max_size=settings.max_body_bytes,
        timeout_keep_alive=KEEP_ALIVE,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_grace) + 5,
        server_header=False,
    )
    return (kind or Server)(config, app.state.bridge, app.state.callers)


class Server(uvicorn.Server):
    """Ends the runs before it waits for the connections: a stream closes when its run does, and legally."""

    def __init__(self, config: uvicorn.Config, bridge: Bridge, callers: Callers) -> None:
        super().__init__(config)
        self.bridge = bridge
        self._callers = callers
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and print the address."""
        try:
            await self.bridge.open()
        except LoadError as error:  # a store or a checkpointer of langgraph.json
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except Exception as error:
            click.echo(f"Error: {cannot_open(self.bridge.settings.db, error)}", err=True)
            sys.exit(1)
        if self.bridge.settings.api_key_file is not None and sys.platform != "win32":
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload_keys)
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn has logged the reason
            if sockets is None and is_in_use(self.config.host, self.config.port):
                click.echo(f"Error: {port_in_use(self.config.port)}", err=True)
            raise
        calm_garbage_collector()
        return_large_memory()
        self._watching = asyncio.create_task(Heap().watch())
        self.announce()

    def announce(self) -> None:
        """Say where it listens."""
        for server in self.servers:
            for listening in server.sockets:
                name, port = listening.getsockname()[:2]
                click.echo(f"Serving {', '.join(self.bridge.names)} on http://{name}:{port}", err=True)

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
        ending = asyncio.create_task(self.bridge.end_runs())
        if self._watching is not None:
            self._watching.cancel()
        await super().shutdown(sockets)
        await ending
        workers = self.bridge.workers
        if self.bridge.runs.abandoned or (workers is not None and workers.busy):
            # an agent that does not stop would keep the process for as long as it likes; all of ours is stored
            logging.shutdown()
            os._exit(0)
