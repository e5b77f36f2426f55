"""The bridge mounted in Starlette, which passes its lifespan on as ``docs/embedding.md`` says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from tests.servers.application import application as bridge
from tests.servers.middlewares import FOUR


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    del app
    async with bridge.router.lifespan_context(bridge):
        yield


application = Starlette(routes=[Mount("/agents", bridge)], middleware=FOUR, lifespan=_lifespan)
