"""Work on the database of conversations, with no server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import click

from bridge.commands.targets import load
from bridge.settings import Settings
from bridge.storage.base import Storage
from bridge.storage.binding import BoundAgent, bound, opened
from bridge.storage.opening import open_storage, without_password
from bridge.storage.scoping import settle

Result = TypeVar("Result")


def in_storage(
    db: str, agents: tuple[str, ...], work: Callable[[Storage, dict[str, BoundAgent]], Coroutine[Any, Any, Result]]
) -> Result:
    """Open the storage, bind the agents to it, and do some work."""

    async def within() -> Result:
        async with open_storage(db) as storage, AsyncExitStack() as stack:
            served = await opened(graphs, stack)
            found = {name: bound(name, given, storage, Settings()) for name, given in served.items()}
            await settle(storage.index, found)
            return await work(storage, found)

    graphs = load(agents) if agents else {}
    try:
        return asyncio.run(within())
    except Exception as error:
        raise click.ClickException(cannot_open(db, error)) from None


def cannot_open(db: str, error: Exception) -> str:
    """Why, in one line without the password."""
    return f"{without_password(db)} cannot be opened: {without_password(db, ' '.join(str(error).split()))}"
