"""What people have in front of everything else: four common middlewares around the bridge, mounted in another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response


async def timed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Any:
    """What ``@app.middleware("http")`` is mostly used for: a header, and the answer as it comes."""
    answer = await call_next(request)
    answer.headers["x-outer"] = "yes"
    return answer


FOUR = [
    Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
    Middleware(CORSMiddleware, allow_origins=["https://app.example.com"], expose_headers=["X-Outer"]),
    Middleware(GZipMiddleware, minimum_size=1),
    Middleware(BaseHTTPMiddleware, dispatch=timed),
]
