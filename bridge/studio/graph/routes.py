"""The drawing of an agent."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal, get_args

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from bridge.agents.base import Agent
from bridge.agents.pictures import NoPicture, mermaid_of, rendered
from bridge.agents.structure import Level, Structure, Structured, Unknown, one_node
from bridge.errors import InvalidRequest
from bridge.web.dialect import Operation
from bridge.web.http import JSON, bridge_of

logger = logging.getLogger("bridge.studio")

Format = Literal["json", "mermaid", "svg", "png"]

_MEDIA_TYPES = {"mermaid": "text/vnd.mermaid; charset=utf-8", "svg": "image/svg+xml", "png": "image/png"}
_DRAWING = asyncio.Semaphore(1)
"""A picture takes a processor for a while: one at a time."""


class Graph(TypedDict):
    """What an agent is made of. ``kind``: as AG-UI's ``identity.type`` has it; ``unknown``: what cannot be drawn."""

    agent: str
    kind: str
    root: Level
    unknown: list[Unknown]


async def read_graph(request: Request) -> Response:
    """What an agent is made of: its nodes, its edges, its subgraphs. ``format``: json, mermaid, svg or png."""
    bridge = bridge_of(request)
    name = bridge.agent_name(request.path_params["agent"])
    agent = bridge.agent(name)
    wanted: Any = request.query_params.get("format", "json")
    if wanted not in get_args(Format):
        raise InvalidRequest(f"'format' is one of {', '.join(get_args(Format))}, not '{wanted[:40]}'.", param="format")
    structure = await _structure_of(agent, name)
    headers = {"Cache-Control": "no-store"}  # a graph changes when its file is saved
    if wanted == "json":
        graph: Graph = {"agent": name, "kind": agent.describe().kind, **structure}
        return JSON(graph, headers=headers)
    mermaid = mermaid_of(structure)
    if wanted == "mermaid":
        return Response(mermaid, headers=headers, media_type=_MEDIA_TYPES[wanted])
    try:
        async with _DRAWING:
            picture = await asyncio.to_thread(rendered, mermaid, wanted)
    except NoPicture as error:
        raise InvalidRequest(f"{error} 'format=mermaid' needs no package.", param="format") from error
    headers |= {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}  # SVG is opened as a page
    return Response(picture, headers=headers, media_type=_MEDIA_TYPES[wanted])


async def _structure_of(agent: Agent, name: str) -> Structure:
    """The structure; where the agent has none, or cannot say, the agent as one node."""
    if isinstance(agent, Structured):
        try:
            return await agent.structure()
        except Exception:  # a factory that fails, a graph that is elsewhere
            logger.exception("the agent cannot say what it is made of")
            found = one_node(name)
            found["unknown"].append(
                {"node": name, "what": "its graph could not be read; see the server's log", "advice": None}
            )
            return found
    return one_node(name)


OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/agents/{agent}/graph", read_graph, gives=Graph, query=("format",), right="read"),
)
