"""A store and a checkpointer of the project's own. A server may import this file under a name of its own, and twice:
what is known of them by all is in the environment.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore


class KeptSaver(InMemorySaver):
    """It says that it was used."""

    async def aput(self, *args: Any, **kwargs: Any) -> Any:
        os.environ["PARITY_SAVED"] = "yes"
        return await super().aput(*args, **kwargs)


class KeptStore(InMemoryStore):
    """It is known by its name."""


@asynccontextmanager
async def saving() -> AsyncIterator[InMemorySaver]:
    yield KeptSaver()


async def keeping() -> InMemoryStore:
    return KeptStore()
