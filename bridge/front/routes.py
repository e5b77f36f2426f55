"""``/``, ``/docs``, and what their pages ask for."""

from __future__ import annotations

import logging
import platform
from importlib.metadata import version
from typing import Any

from ag_ui.core import PROTOCOL_VERSION
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bridge.agents.base import Drawable, Drawing
from bridge.front.pages import MEDIA_TYPES, assets, digest, page, wants_html
from bridge.web.callers import Callers, require
from bridge.web.http import JSON, bridge_of
from bridge.web.sentences import language_of

logger = logging.getLogger("bridge.front")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",  # a drawing is shown as an image: what is written in it cannot run
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The pages' Content-Security-Policy: nothing inline, nothing from elsewhere, in nobody's frame."""

_PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # a browser asks whether its copy still holds: see the ETag
    "Vary": "Accept, Accept-Language",
}

_PACKAGES = {"bridge": "agent-bridge", "langgraph": "langgraph", "ag-ui-protocol": "ag-ui-protocol"}


async def front_page(request: Request) -> Response:
    """``GET /``: what is here, for the person who opened the address that ``bridge serve`` printed.

    A page for a browser, the same in a few lines for any other client.
    """
    if wants_html(request.headers.get("accept", "")):
        return _page(request, "index.html")
    bridge = bridge_of(request)
    # not `base_url`: of an application that is mounted in another one it is the other's
    at = str(request.url.replace(path=request.scope.get("root_path", ""), query="", fragment=""))
    text = _PLAIN.format(at=at, agents=", ".join(bridge.names), agent=bridge.names[0])
    return PlainTextResponse(text, headers={"Vary": _PAGE_HEADERS["Vary"]})


_PLAIN = """\
The bridge serves: {agents}

  AG-UI          POST {at}/agui/{agent}
  OpenAI API     base URL {at}/v1, model {agent}
  CopilotKit     runtimeUrl {at}/api/copilotkit
  AI SDK         useChat, api {at}/api/chat
  health         GET  {at}/healthz, {at}/readyz
  all of it      GET  {at}/docs, {at}/openapi.json

Try it:

  curl -N {at}/api/copilotkit-streaming/ -H 'Content-Type: application/json' -d '{{"message": "Покажи воронку продаж"}}'
"""


async def docs_page(request: Request) -> Response:
    """``GET /docs``: ``/openapi.json`` for people."""
    return _page(request, "docs.html")


def _page(request: Request, name: str) -> Response:
    language = language_of(request.headers.get("accept-language"))
    root = "../" if name == "docs.html" and request.url.path.endswith("/") else "./"
    studio = any(str(getattr(route, "path", "")).rstrip("/") == "/studio" for route in request.app.routes)
    tag = f'"{digest()}-{language}{"-studio" if studio else ""}"'
    headers = {**_PAGE_HEADERS, "ETag": tag, "Content-Language": language}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(page(name, language, root=root, studio=studio), headers=headers, media_type="text/html")


async def asset(request: Request) -> Response:
    """``GET /front/{digest}/{name}``: a file of the pages. Under its own digest it is the same for ever."""
    name = request.path_params["name"]
    content = assets().get(name)
    if content is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    current = request.path_params["digest"] == digest()  # else a page from before an update asks
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers, media_type=MEDIA_TYPES[name[name.rindex(".") :]])


async def about(request: Request) -> Response:
    """``GET /front/about``: the agents, and which versions serve them."""
    require(request, "read")
    bridge = bridge_of(request)
    callers: Callers = request.app.state.callers
    agents = [bridge.agent(name) for name in bridge.names]
    shown: dict[str, Any] = {
        "agents": [
            {
                "name": agent.describe().name,
                "description": agent.describe().description,
                "drawable": isinstance(agent, Drawable),
            }
            for agent in agents
        ],
        "versions": {
            **{name: version(package) for name, package in _PACKAGES.items()},
            "Python": platform.python_version(),
        },
        "protocolVersion": PROTOCOL_VERSION,
        "keys": not callers.open and not callers.asked,
    }
    return JSON(shown, headers={"Cache-Control": "no-store"})


async def drawing(request: Request) -> Response:
    """``GET /front/drawings/{agent}``: an agent, drawn; an empty drawing where it cannot be."""
    require(request, "read")
    bridge = bridge_of(request)
    agent = bridge.agent(bridge.agent_name(request.path_params["agent"]))
    drawn = Drawing()
    if isinstance(agent, Drawable):
        try:
            drawn = await agent.draw()
        except Exception:
            logger.exception("the agent cannot be drawn")
    return JSON({"mermaid": drawn.mermaid, "svg": drawn.svg}, headers={"Cache-Control": "no-store"})


def routes() -> list[Route]:
    """The routes. The pages and their files ask for no key: they say nothing of this server."""
    return [
        Route("/", front_page, methods=["GET"]),
        *(Route(path, docs_page, methods=["GET"]) for path in ("/docs", "/docs/")),
        Route("/front/about", about, methods=["GET"]),
        Route("/front/drawings/{agent}", drawing, methods=["GET"]),
        Route("/front/{digest}/{name}", asset, methods=["GET"]),
    ]
