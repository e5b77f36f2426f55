"""GraphQL over HTTP, at the runtime's own addresses: the three operations of CopilotKit 1.3 to 1.10.

An error before the answer begins is a GraphQL answer with the status 200: of any other status a page shows a sentence
of its own, and of a 200 that is no GraphQL "[Network] No Content".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.agents.catalog import DEFAULT_AGENT
from bridge.copilotkit.envelope import GRAPHQL_HEADER
from bridge.copilotkit.graphql.encode import PartEncoder
from bridge.copilotkit.graphql.errors import error_entry
from bridge.copilotkit.graphql.history import entries_of, question_of
from bridge.copilotkit.graphql.requests import (
    Asked,
    adopted,
    data_of,
    is_answered,
    name_on_page,
    operation_of,
    parse_generate,
    session_of,
)
from bridge.copilotkit.graphql.to_graphql import AguiToGraphQL
from bridge.errors import BridgeError
from bridge.events.event import Event
from bridge.events.messages import first_words
from bridge.json import dumps
from bridge.runs.request import ThreadKey, checked_id
from bridge.service import Bridge
from bridge.web.bodies import aside
from bridge.web.callers import caller_of, principal_of, require
from bridge.web.http import JSON, bridge_of, error_headers, named
from bridge.web.sentences import language_of, sentence
from bridge.web.stream import RunStream

_OPERATION = "bridge.graphql"  # where a request's scope says which operation it is


async def answer(request: Request, body: Mapping[str, Any]) -> Response:
    """One operation."""
    request.scope[_OPERATION] = None
    name = request.scope[_OPERATION] = operation_of(body)
    require(request, "run" if name == "generateCopilotResponse" else "read")
    match name:
        case "availableAgents":
            return available_agents(request)
        case "loadAgentState":
            return await load_agent_state(request, data_of(body))
        case _:
            return await generate(request, body)


def speaks_graphql(request: Request) -> bool:
    """Whether the page that sent this can read GraphQL alone."""
    return _OPERATION in request.scope or GRAPHQL_HEADER in request.headers


def refuse(request: Request, error: BridgeError) -> Response:
    """An error of the request, in the language of the page's user."""
    message = sentence(error.code, error.message, _language(request))
    entry = error_entry(error, message, request.scope.get(_OPERATION))
    return JSON({"errors": [entry], "data": None}, headers=error_headers(error))


def available_agents(request: Request) -> Response:
    """The agents, and the first one as ``default`` too: a page whose agent is not here shows an error."""
    bridge = bridge_of(request)
    described = {name: bridge.agent(name).describe() for name in bridge.names}
    described.setdefault(DEFAULT_AGENT, bridge.agent(None).describe())
    agents = [
        {"name": name, "id": name, "description": one.description, "__typename": "Agent"}
        for name, one in described.items()
    ]
    return JSON({"data": {"availableAgents": {"agents": agents, "__typename": "AgentsResponse"}}})


async def load_agent_state(request: Request, data: Mapping[str, Any]) -> Response:
    """A thread as it is stored, with the question that waits in it."""
    bridge = bridge_of(request)
    agent = bridge.agent_name(str(data.get("agentName") or DEFAULT_AGENT))
    key = ThreadKey(principal_of(request), agent, checked_id(data.get("threadId"), "variables.data.threadId"))
    await _end_left(bridge, key)
    thread = await bridge.read(key)
    entries = [*entries_of(thread.messages), *question_of(thread.interrupts)]
    loaded = {
        "threadId": key.thread_id,
        "threadExists": thread.exists,
        "state": dumps(_shared(thread.state)).decode(),
        "messages": dumps(entries).decode(),
        "__typename": "LoadAgentStateResponse",
    }
    return JSON({"data": {"loadAgentState": loaded}})


def _shared(state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != "messages"}


async def generate(request: Request, body: Mapping[str, Any]) -> Response:
    """Run the agent. The page stops a run by leaving: it has no other way to say so."""
    bridge, data = bridge_of(request), data_of(body)
    agent = bridge.agent_name(session_of(data).get("agentName"))
    alias = [DEFAULT_AGENT] if agent == bridge.agent_name(None) else []
    asked = await aside(
        request,
        parse_generate,
        body,
        agent=agent,
        agent_name=name_on_page(data, [agent, *alias], agent),
        principal=principal_of(request),
        new_id=uuid.uuid4().hex,
        settings=bridge.settings,
    )
    if asked.request.ephemeral:
        run = await bridge.start(asked.request, caller=caller_of(request))
    else:
        key = asked.request.thread
        await _end_left(bridge, key)
        if asked.goes_on or asked.has_orphans:
            held = await bridge.read(key)
            asked = replace(
                asked, request=replace(asked.request, messages=adopted(asked.request.messages, held.messages))
            )
            if (
                asked.goes_on
                and "command" not in asked.request.forwarded_props
                and is_answered(asked.request, held.messages)
            ):
                return _nothing_to_do(request, asked, held.state)
        title = first_words(asked.request.messages)
        run = await bridge.start(asked.request, disconnect="cancel", title=title, caller=caller_of(request))
    encoder = PartEncoder(_translator(asked), _language(request))
    return RunStream(
        run,
        encoder,
        keep_alive=bridge.settings.keep_alive,
        headers=named(run.request.thread_id, run.id),
        before=encoder.start(),
    )


def _translator(asked: Asked) -> AguiToGraphQL:
    request = asked.request
    return AguiToGraphQL(
        thread_id=request.thread_id,
        run_id=request.run_id,
        agent_name=asked.agent_name,
        in_session=asked.in_session,
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        client_tools=request.client_tools,
        history=request.messages,
        state=request.state,
        extensions=asked.extensions,
    )


def _nothing_to_do(request: Request, asked: Asked, state: Mapping[str, Any]) -> Response:
    """An answer that adds the state alone: with a list that ends in a result the page would ask again, for ever."""
    encoder = PartEncoder(_translator(asked), _language(request))
    events: list[Event] = [{"type": "STATE_SNAPSHOT", "snapshot": _shared(state)}]
    body = encoder.start() + encoder.encode_all(events, 1) + encoder.finish()
    return Response(body, headers={**encoder.headers, **named(asked.request.thread_id, asked.request.run_id)})


async def _end_left(bridge: Bridge, key: ThreadKey) -> None:
    """End the thread's run where its page has stopped it: the person does not wait until the server is sure."""
    run = bridge.runs.of_thread(key)
    if run is not None and run.begun and run.left and run.disconnect == "cancel":
        await run.stop()


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language"))
