"""The bridge mounted in FastAPI, by somebody who does not pass the lifespan on: the first request opens the storage."""

from __future__ import annotations

from fastapi import FastAPI

from tests.servers.application import application as bridge
from tests.servers.middlewares import FOUR

application = FastAPI(middleware=FOUR)
application.mount("/agents", bridge)
