"""The addresses that ``/`` names are those at which its visitor reaches the server; programs get the lines they got."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from bridge import Settings, create_app
from bridge.web.prefix import Prefix
from tests.test_principal import echo

LINES = """\
The bridge serves: echo

  AG-UI          POST {at}/agui/echo
  OpenAI API     base URL {at}/v1, model echo
  CopilotKit     runtimeUrl {at}/api/copilotkit
  AI SDK         useChat, api {at}/api/chat
  health         GET  {at}/healthz, {at}/readyz
  all of it      GET  {at}/docs, {at}/openapi.json

Try it:

  curl -N {at}/api/copilotkit-streaming/ -H 'Content-Type: application/json' -d '{{"message": "Покажи воронку продаж"}}'
"""


def alone(app: ASGIApp) -> ASGIApp:
    return app


def mounted(app: ASGIApp) -> ASGIApp:
    return Starlette(routes=[Mount("/deep/er", app)])


def prefixed(app: ASGIApp) -> ASGIApp:
    return Prefix(app, "/ai")


WAYS: dict[str, tuple[Callable[[ASGIApp], ASGIApp], str, dict[str, str], str]] = {
    "plain": (alone, "/", {}, "http://127.0.0.1:8000"),
    "another name": (alone, "/", {"Host": "agents.example"}, "http://agents.example"),
    "with a query": (alone, "/?a=b", {}, "http://127.0.0.1:8000"),
    "mounted": (mounted, "/deep/er/", {}, "http://127.0.0.1:8000/deep/er"),
    "--root-path": (prefixed, "/", {}, "http://127.0.0.1:8000/ai"),
    "X-Forwarded-Prefix": (Prefix, "/", {"X-Forwarded-Prefix": "/x"}, "http://127.0.0.1:8000/x"),
    "a prefix that is an address": (Prefix, "/", {"X-Forwarded-Prefix": "//evil.example"}, "http://127.0.0.1:8000"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_program_is_told_the_addresses_it_can_call(way: str) -> None:
    wrap, path, headers, at = WAYS[way]
    app = create_app({"echo": echo}, Settings(db=":memory:"))
    transport = httpx.ASGITransport(wrap(app))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        answer = await client.get(path, headers={"Accept": "*/*", **headers})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text == LINES.format(at=at)


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_the_studio_is_linked_where_it_is(path: str) -> None:
    app = create_app({"echo": echo}, Settings(db=":memory:"))
    app.router.routes[:] = [
        route for route in app.router.routes if str(getattr(route, "path", "")).rstrip("/") != "/studio"
    ]

    async def link() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            answer = await client.get(path, headers={"Accept": "text/html"})
            (found,) = [line for line in answer.text.splitlines() if "./studio" in line]
            return found

    async with app.router.lifespan_context(app):
        assert "hidden" in await link()
        app.router.routes.append(Route("/studio", PlainTextResponse("studio")))
        assert "hidden" not in await link()
