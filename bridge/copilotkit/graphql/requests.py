"""The variables of an operation -> what the bridge runs. Pure.

A page sends its whole list each time, one entry each text, call, result and image; they become AG-UI messages again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.agui.requests import parse_input
from bridge.copilotkit.graphql.history import is_made_here
from bridge.errors import InvalidRequest, json_kind
from bridge.json import dumps
from bridge.runs.request import RunRequest, checked_id
from bridge.settings import Settings
from bridge.web.bodies import check_counts, parse_json

OPERATIONS = ("generateCopilotResponse", "loadAgentState", "availableAgents")

_ORPHAN = "call-of:"
"""Prefix of the id of a message that is known by its call alone: pages before 1.5 do not say whose a call is."""

_SETTINGS = {"temperature": "temperature", "maxTokens": "max_tokens", "stop": "stop"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A ``generateCopilotResponse``, read.

    Attributes:
        request: the run to start; beside any thread, where the page asks for suggestions or does a task.
        agent_name: as the page calls the agent.
        in_session: whether the page is with this agent; else it has none of its own, and talks to the default one.
        extensions: to be given back.
    """

    request: RunRequest
    agent_name: str
    in_session: bool
    extensions: Any

    @property
    def goes_on(self) -> bool:
        """Whether the page's list ends with a tool's result."""
        messages = self.request.messages
        return bool(messages) and messages[-1]["role"] == "tool"

    @property
    def has_orphans(self) -> bool:
        """Whether a call came without its message."""
        return any(message["id"].startswith(_ORPHAN) for message in self.request.messages)


def operation_of(body: Mapping[str, Any]) -> str:
    """The operation's name. Raises `InvalidRequest` for any other than the three of `OPERATIONS`."""
    name = body.get("operationName")
    if name is None:  # legal GraphQL, where the query has one operation only
        query = body.get("query")
        name = next((known for known in OPERATIONS if isinstance(query, str) and known in query), None)
    if name not in OPERATIONS:
        raise InvalidRequest(f"'operationName' is not one of: {', '.join(OPERATIONS)}.", param="operationName")
    return str(name)


def data_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The operation's input. Raises `InvalidRequest`."""
    return _object(_object(body.get("variables"), "variables").get("data"), "variables.data")


def session_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The page's agent, and its thread in the page's eyes; empty where none is named."""
    return _object(data.get("agentSession"), "variables.data.agentSession")


def name_on_page(data: Mapping[str, Any], names: Sequence[str], default: str) -> str:
    """What the page calls the agent: as its session does, else the one of ``names`` it has a state of."""
    named = session_of(data).get("agentName")
    if named:
        return str(named)
    kept = [entry.get("agentName") for entry in _objects(data.get("agentStates"), "agentStates")]
    return next((name for name in names if name in kept), default)


def parse_generate(
    body: Mapping[str, Any], *, agent: str, agent_name: str, principal: str, new_id: str, settings: Settings
) -> Asked:
    """Parse a ``generateCopilotResponse``. ``new_id`` names the run, and a thread that the page has no id for.

    Raises `InvalidRequest` and `RequestTooLarge`.
    """
    data = data_of(body)
    frontend = _object(data.get("frontend"), "variables.data.frontend")
    check_counts({"messages": data.get("messages"), "context": data.get("context")}, settings)
    check_counts({"tools": frontend.get("actions"), "resume": data.get("metaEvents")}, settings)
    messages, instructions = read_messages(_objects(data.get("messages"), "messages"))
    own, config = _own_state(data, agent_name, settings)
    kind = _object(data.get("metadata"), "variables.data.metadata").get("requestType")
    beside = kind not in (None, "Chat")
    if beside and not messages:  # a task is a system message alone, and models want a person's
        messages, instructions = [message | {"role": "user"} for message in instructions], []
    properties = _object(body["variables"].get("properties"), "variables.properties")
    props = {key: value for key, value in properties.items() if key != "command"} | config
    answer = _answer(_objects(data.get("metaEvents"), "metaEvents"))
    sent = {
        "threadId": new_id if beside else _thread_id(data) or new_id,
        "runId": new_id,
        "messages": messages,
        "tools": [_tool(action, settings) for action in _objects(frontend.get("actions"), "frontend.actions")],
        "context": [
            {"description": str(entry.get("description") or ""), "value": str(entry.get("value") or "")}
            for entry in _objects(data.get("context"), "context")
        ],
        "state": own,
        "forwardedProps": props | ({} if answer is None else {"command": answer}),
    }
    sent["tools"] = [tool for tool in sent["tools"] if tool is not None]
    request = replace(
        parse_input(sent, agent=agent, principal=principal),
        instructions=instructions,
        ephemeral=beside,
        model_settings=_model_settings(data),
    )
    if beside and len(request.tools) == 1 and request.model_settings.get("tool_choice") == "required":
        # a task calls one of the page's tools: with one of the server's nothing would come of it
        named = {"type": "function", "function": {"name": request.tools[0]["name"]}}
        request = replace(request, model_settings={**request.model_settings, "tool_choice": named})
    return Asked(request, agent_name, bool(session_of(data).get("agentName")), data.get("extensions"))


def _thread_id(data: Mapping[str, Any]) -> str | None:
    named = data.get("threadId") or session_of(data).get("threadId")
    return None if not named else checked_id(named, "variables.data.threadId")


def read_messages(items: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A page's list as AG-UI messages, and its system messages.

    A call joins the message that it belongs to. A text without words is what the page puts where an answer is to come.
    """
    messages: list[dict[str, Any]] = []
    instructions: list[dict[str, Any]] = []
    answers: dict[str, dict[str, Any]] = {}

    def answer(identity: str) -> dict[str, Any]:
        if identity not in answers:
            answers[identity] = {"id": identity, "role": "assistant", "content": ""}
            messages.append(answers[identity])
        return answers[identity]

    for number, item in enumerate(items):
        at = f"variables.data.messages.{number}"
        identity = item.get("id")
        if not isinstance(identity, str) or not identity:
            raise InvalidRequest(f"'{at}.id' must be a string.", param=f"{at}.id")
        if is_made_here(identity):
            continue
        if text := _object(item.get("textMessage"), at):
            content, role = str(text.get("content") or ""), str(text.get("role")).lower()
            if role in ("system", "developer"):
                instructions.append({"id": identity, "role": role, "content": content})
            elif role != "assistant":
                messages.append({"id": identity, "role": "user", "content": content})
            elif content:
                answer(identity)["content"] = content
        elif call := _object(item.get("actionExecutionMessage"), at):
            arguments = call.get("arguments")
            function = {
                "name": str(call.get("name")),
                "arguments": arguments if isinstance(arguments, str) else dumps(arguments or {}).decode(),
            }
            parent = answer(str(call.get("parentMessageId") or f"{_ORPHAN}{identity}"))
            parent.setdefault("toolCalls", []).append({"id": identity, "type": "function", "function": function})
        elif result := _object(item.get("resultMessage"), at):
            given = result.get("result")
            content = given if isinstance(given, str) else dumps(given).decode()
            call_id = str(result.get("actionExecutionId"))
            messages.append({"id": identity, "role": "tool", "toolCallId": call_id, "content": content})
        elif (image := _object(item.get("imageMessage"), at)) and str(image.get("role")).lower() == "user":
            source = {"type": "data", "value": image.get("bytes"), "mimeType": f"image/{image.get('format')}"}
            messages.append({"id": identity, "role": "user", "content": [{"type": "image", "source": source}]})
    return messages, instructions


def adopted(messages: Sequence[dict[str, Any]], held: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The page's messages, with calls that came without their message given to the one of the thread that has them."""
    owners = {call["id"]: message["id"] for message in held for call in message.get("toolCalls") or ()}
    found: dict[str, dict[str, Any]] = {}
    joined: list[dict[str, Any]] = []
    for message in messages:
        owner = owners.get(message["id"].removeprefix(_ORPHAN)) if message["id"].startswith(_ORPHAN) else None
        identity = message["id"] if owner is None else owner
        if identity in found and "toolCalls" in message:
            found[identity].setdefault("toolCalls", []).extend(message["toolCalls"])
            continue
        found[identity] = dict(message, id=identity)
        joined.append(found[identity])
    return joined


def is_answered(request: RunRequest, held: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the result that ends the page's list is one that the thread has.

    Without an agent of its own a page goes on by itself after a result of the server's tool: there is nothing to do.
    """
    last = request.messages[-1]
    known = [message for message in held if message["role"] == "tool"]
    return any(last["id"] == message["id"] or last["toolCallId"] == message["toolCallId"] for message in known)


def _own_state(data: Mapping[str, Any], agent_name: str, settings: Settings) -> tuple[Any, dict[str, Any]]:
    """The page's state of the agent, less what is not its own, and what it configures."""
    for entry in _objects(data.get("agentStates"), "agentStates"):
        if entry.get("agentName") == agent_name:
            state = _text(entry.get("state"), "variables.data.agentStates.state", settings)
            config = _text(entry.get("config"), "variables.data.agentStates.config", settings)
            kept = {key: value for key, value in state.items() if key != "messages"}
            return kept or None, {"config": config} if config else {}
    return None, {}


def _tool(action: Mapping[str, Any], settings: Settings) -> dict[str, Any] | None:
    if str(action.get("available") or "").lower() == "disabled":
        return None
    schema = _text(action.get("jsonSchema"), "variables.data.frontend.actions.jsonSchema", settings)
    description = str(action.get("description") or "")
    return {"name": action.get("name"), "description": description, "parameters": schema}


def _answer(events: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The answer to an interrupt, as front ends before AG-UI 1.0 give it: with the question that was on the screen."""
    for event in events:
        if event.get("response") is not None:
            asked = {} if event.get("value") is None else {"interruptEvent": event["value"]}
            return {"resume": event["response"], **asked}
    return None


def _model_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    given = _object(data.get("forwardedParameters"), "variables.data.forwardedParameters")
    found = {name: given[key] for key, name in _SETTINGS.items() if given.get(key) is not None}
    choice, function = given.get("toolChoice"), given.get("toolChoiceFunctionName")
    if choice == "function" and isinstance(function, str):
        found["tool_choice"] = {"type": "function", "function": {"name": function}}
    elif isinstance(choice, str):
        found["tool_choice"] = choice
    return found


def _text(value: Any, param: str, settings: Settings) -> dict[str, Any]:
    """An object that comes as JSON in a string."""
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        value = parse_json(bytearray(value, "utf-8", "surrogatepass"), settings)
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"'{param}' must be an object, not {json_kind(value)}.", param=param)
    return dict(value)


def _object(value: Any, param: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"'{param}' must be an object, not {json_kind(value)}.", param=param)
    return value


def _objects(value: Any, name: str) -> Sequence[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise InvalidRequest(f"'variables.data.{name}' must be a list of objects.", param=f"variables.data.{name}")
    return value
