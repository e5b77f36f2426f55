"""What a page does with an answer, as urql does it: the parts of the body, merged one after the other."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx
import orjson

from tests.copilotkit.live import Live

Part = dict[str, Any]
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
    "multipart/mixed",
    "X-CopilotKit-Runtime-Client-GQL-Version": "1.10.6",
}


def parts_of(body: bytes) -> list[Part]:
    """The parts of a multipart body, each of its declared length; the body must be whole."""
    assert body.startswith(b"\r\n---\r\n")
    assert body.endswith(b"\r\n-----\r\n")
    found: list[Part] = []
    for piece in body.removesuffix(b"--\r\n").split(b"\r\n---")[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        headers = dict(line.split(b": ") for line in head.strip().split(b"\r\n"))
        assert headers[b"Content-Type"] == b"application/json; charset=utf-8"
        assert int(headers[b"Content-Length"]) == len(content)
        found.append(orjson.loads(content))
    assert [part["hasNext"] for part in found] == [True] * (len(found) - 1) + [False]
    return found


def merged(parts: Iterable[Part]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The answer as it stands after these parts, and its errors."""
    answer: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for part in parts:
        if "data" in part:
            answer = copy.deepcopy(part["data"])
        for patch in part.get("incremental", ()):
            errors += patch.get("errors", ())
            *way, last = patch["path"]
            node: Any = answer
            for step in way:
                node = node[step]
            if "items" in patch:
                assert len(node) == last, "a gap in the list"
                node.extend(copy.deepcopy(patch["items"]))
            else:
                node[last].update(copy.deepcopy(patch["data"]))
    return answer.get("generateCopilotResponse", {}), errors


def texts(answer: Mapping[str, Any]) -> list[str]:
    """What the agent said, message by message."""
    return ["".join(message["content"]) for message in answer["messages"] if "content" in message]


def states(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The states as the page was given them."""
    return [message for message in answer["messages"] if message["__typename"] == "AgentStateMessageOutput"]


def text(identity: str, content: str, role: str = "user") -> dict[str, Any]:
    """A text of the page's list."""
    return {
        "id": identity,
        "createdAt": "2025-08-01T00:00:00Z",
        "textMessage": {"content": content, "role": role, "parentMessageId": None},
    }


def generate(messages: Sequence[Mapping[str, Any]], thread: str | None = "t", **data: Any) -> dict[str, Any]:
    """The body of a ``generateCopilotResponse``, as CopilotKit 1.10.6 sends it."""
    properties = data.pop("properties", {})
    actions = data.pop("actions", [])
    given = {
        "frontend": {"actions": actions, "url": "http://page.example/"},
        "threadId": thread,
        "runId": None,
        "extensions": {},
        "metaEvents": [],
        "messages": [text("ck-system", "You are a page.", "system"), *messages],
        "metadata": {"requestType": "Chat"},
        "agentStates": [],
        "forwardedParameters": {},
        "context": [],
        **data,
    }
    variables = {"data": given, "properties": properties}
    return {
        "operationName": "generateCopilotResponse",
        "query": "mutation generateCopilotResponse",
        "variables": variables,
    }


def operation(name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an operation."""
    return {"operationName": name, "query": f"query {name} {{ … }}", "variables": variables}


async def post(page: Live, body: Mapping[str, Any], **headers: str) -> httpx.Response:
    """One operation at the page's ``runtimeUrl``. Whatever happens, the page can read it."""
    answer = await page.client.post(page.runtime, json=dict(body), headers={**HEADERS, **page.headers, **headers})
    assert answer.status_code == 200
    return answer


async def ask(page: Live, body: Mapping[str, Any], **headers: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The whole answer to a ``generateCopilotResponse``, and its errors."""
    answer = await post(page, body, **headers)
    if answer.headers["content-type"].startswith("multipart/mixed"):
        return merged(parts_of(answer.content))
    return {}, answer.json()["errors"]


async def load(page: Live, thread: str = "t", agent: str = "default") -> dict[str, Any]:
    """A thread as ``loadAgentState`` gives it, its strings read."""
    variables = {"data": {"threadId": thread, "agentName": agent}}
    answer = await post(
        page, {"operationName": "loadAgentState", "query": "query loadAgentState", "variables": variables}
    )
    loaded = dict(answer.json()["data"]["loadAgentState"])
    return loaded | {name: orjson.loads(loaded[name]) for name in ("state", "messages")}


def returned(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answer's messages as the page sends them back with its next request."""
    sent: list[dict[str, Any]] = []
    for message in answer["messages"]:
        match message["__typename"]:
            case "TextMessageOutput":
                sent.append(text(message["id"], "".join(message["content"]), "assistant"))
            case "ActionExecutionMessageOutput":
                call = {
                    "name": message["name"],
                    "arguments": "".join(message["arguments"]),
                    "parentMessageId": message["parentMessageId"],
                }
                sent.append({"id": message["id"], "actionExecutionMessage": call})
            case "ResultMessageOutput":
                kept = ("result", "actionExecutionId", "actionName")
                sent.append({"id": message["id"], "resultMessage": {name: message[name] for name in kept}})
            case _:
                pass
    return sent
