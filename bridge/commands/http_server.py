"""The server that ``bridge serve`` and ``bridge dev`` run: agents as an application, and uvicorn around it."""

from __future__ import annotations

import asyncio
import ctypes
import gc
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
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=int(settings.shutdown_grace) + 5,
        server_header=False,
    )
    return (kind or Server)(config, app.state.bridge, app.state.callers)


def _calm_garbage_collector() -> None:
    """What was made until now stays: never look through it again, and look less often through the rest.

    Tokens are short-lived and without cycles, yet each one allocates; with Python's defaults a fifth of a busy server's
    time goes into the collector (benchmarks/RESULTS.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _return_large_memory() -> None:
    """What was large is the system's again once it is free, where the C library is glibc.

    glibc otherwise takes the largest block that was freed (up to 32 MB) for a size to keep: after a request of 8 MB,
    the next ones are cut from the heap, and a small block that stays between them keeps all of it (mallopt(3),
    M_MMAP_THRESHOLD).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


_M_MMAP_THRESHOLD = -3  # malloc.h
_LARGE = 256 * 1024


class Server(uvicorn.Server):
    """Ends the runs before it waits for the connections: a stream closes when its run does, and legally."""

    def __init__(self, config: uvicorn.Config, bridge: Bridge, callers: Callers) -> None:
        super().__init__(config)
        self.bridge = bridge
        self._callers = callers

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
        _calm_garbage_collector()
        _return_large_memory()
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
        await super().shutdown(sockets)
        await ending
        workers = self.bridge.workers
        if self.bridge.runs.abandoned or (workers is not None and workers.busy):
            # an agent that does not stop would keep the process for as long as it likes; all of ours is stored
            logging.shutdown()
            os._exit(0)
