"""Mutated requests to every route: no 5xx, no hang, no task left behind (issue 12, 2)."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from bridge import app
from bridge.studio import routes as studio
from bridge.web.dialect import Operation
from tests.fuzz import ENDLESS, TIMEOUT, TORTURE
from tests.fuzz.mutations import Mutator
from tests.fuzz.serving import attacked, check
from tests.http.talking import chat

OPERATIONS = [
    operation
    for dialect in (*app.DIALECTS, studio.DIALECT)
    for operation in dialect.operations
    if operation.path not in ENDLESS
]
AT_ONCE = 8

RUN: dict[str, Any] = {
    "threadId": "t1",
    "runId": "r1",
    "protocolVersion": "1.0",
    "parentRunId": "r0",
    "state": {"basket": ["яблоко"], "note": {"x": [1, 2]}},
    "messages": [
        {"id": "m0", "role": "system", "content": "Коротко."},
        {"id": "m1", "role": "user", "content": [{"type": "text", "text": "Привет"}]},
        {
            "id": "m2",
            "role": "assistant",
            "content": "Да",
            "toolCalls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        },
        {"id": "m3", "role": "tool", "toolCallId": "c1", "content": "видно"},
        {"id": "m4", "role": "user", "name": "anna", "content": "Дальше"},
    ],
    "tools": [{"name": "look", "description": "Смотрит.", "parameters": {"type": "object", "properties": {}}}],
    "context": [{"description": "страница", "value": "заказы"}],
    "resume": [],
    "forwardedProps": {"toolChoice": {"type": "function", "function": {"name": "look"}}, "disconnect": "cancel"},
}
CHAT: dict[str, Any] = chat(
    "Привет",
    "Здравствуйте",
    {"role": "user", "content": [{"type": "text", "text": "Дальше"}, {"type": "image_url", "image_url": {"url": "x"}}]},
    model="a",
    stream=True,
    temperature=1,
    tools=[{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    stream_options={"include_usage": True},
    metadata={"x": 1},
    ag_ui={"events": True, "thread_id": "t2", "interrupts": "tool", "disconnect": "cancel"},
)
RESPONSE: dict[str, Any] = {
    "model": "a",
    "instructions": "Коротко.",
    "input": [
        {"role": "developer", "content": "Д"},
        {"role": "user", "content": [{"type": "input_text", "text": "а"}, {"type": "input_image", "image_url": "x"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "хм"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Да", "annotations": []}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_file", "file_data": "aGk="}]},
        {"role": "user", "content": "Дальше"},
    ],
    "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": True}],
    "tool_choice": {"type": "function", "name": "look"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}, "verbosity": "low"},
    "reasoning": {"effort": "low", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "metadata": {"x": "1"},
    "truncation": "auto",
    "stream": True,
}
_TOOL = {"type": "tool-look", "toolCallId": "c1", "state": "output-available", "input": {}, "output": {"да": 1}}
UI_CHAT: dict[str, Any] = {
    "id": "t4",
    "trigger": "submit-message",
    "messages": [
        {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "Привет"}]},
        {
            "id": "a1",
            "role": "assistant",
            "parts": [
                {"type": "step-start"},
                {"type": "reasoning", "text": "хм", "state": "done"},
                {"type": "text", "text": "Да", "state": "done"},
                {"type": "dynamic-tool", "toolName": "x", "toolCallId": "c0", "state": "input-available", "input": {}},
                _TOOL,
                {"type": "data-state", "id": "state", "data": {}},
            ],
        },
        {
            "id": "u2",
            "role": "user",
            "parts": [{"type": "text", "text": "Д"}, {"type": "file", "url": "data:,x", "mediaType": "image/png"}],
        },
    ],
    "tools": [{"name": "look", "description": "Смотреть", "parameters": {"type": "object"}}],
    "sdk": 6,
}
_APPROVED = {**_TOOL, "state": "approval-responded", "approval": {"id": "i1", "approved": True, "reason": "да"}}
UI_ANSWERS = UI_CHAT | {
    "messages": [*UI_CHAT["messages"], {"id": "a2", "role": "assistant", "parts": [_APPROVED]}],
    "resume": [{"interruptId": "i1", "status": "resolved", "payload": True}],
}
ITEMS: dict[str, Any] = {"items": RESPONSE["input"], "metadata": {"x": "1"}}
CALLS: list[dict[str, Any]] = [
    {"method": "agent/run", "params": {"agentId": "a"}, "body": RUN},
    {"method": "agent/connect", "params": {"agentId": "a"}, "body": RUN},
    {"method": "agent/suggest", "params": {"agentId": "default"}, "body": RUN},
    {"method": "agent/stop", "params": {"agentId": "a", "threadId": "t1"}, "body": {"runId": "r1"}},
    {
        "method": "resource/request",
        "params": {"path": "/threads/t1?agentId=a", "httpMethod": "PATCH"},
        "body": {"name": "н"},
    },
    {"method": "resource/request", "params": {"path": "/threads?agentId=a&limit=5", "httpMethod": "GET"}},
    {"method": "info"},
]
ASKED = {"limit": "5", "before": "9", "after": "1", "state": "ended", "format": "json", "principal": "*"}
"""Good values of parameters in the query."""
HEADERS = ("Last-Event-ID", "X-Thread-Id", "X-Request-Id", "Accept", "Accept-Language", "Content-Encoding", "Origin")


def bodies_of(operation: Operation) -> list[Any]:
    """Good bodies for a route."""
    path = operation.path
    if operation.method == "GET":
        return [None]
    if path.endswith(("/run", "/connect", "/suggest")) or path.startswith("/agui"):
        return [RUN]
    if path == "/api/test-copilotkit":
        return [RUN, {"message": "да"}]
    if path == "/api/copilotkit":
        return CALLS
    if path == "/api/copilotkit-streaming":
        return [CHAT, {"message": "да", "threadId": "t3", "model": "a"}, {"query": "{ x }"}, *CALLS]
    if path in ("/v1/chat/completions", "/api/copilotkit-adapter"):
        return [CHAT, CHAT | {"stream": False, "ag_ui": {}}]
    if path in ("/v1/responses", "/v1/responses/input_tokens", "/v1/responses/compact"):
        more = {"stream": False, "store": False, "input": "Привет"}
        return [RESPONSE, RESPONSE | more, RESPONSE | {"background": True, "stream": False}]
    if path == "/v1/completions":
        return [{"prompt": "да", "stream": True}, {"prompt": ["да"], "max_tokens": 5, "ag_ui": {"thread_id": "t1"}}]
    if path.startswith("/v1/conversations"):
        return [ITEMS]
    if path in ("/api/chat", "/api/chat/{agent}"):
        return [UI_CHAT, UI_CHAT | {"messages": UI_CHAT["messages"][:1]}, UI_ANSWERS]
    return [{"name": "Имя", "agentId": "a", "archived": True, "runId": "r1"}]


MADE = {"response_id": "resp_1", "conversation_id": "conv_1", "item_id": "msg_1"}
"""What has to be made before it can be named (`make`)."""


async def make(client: httpx.AsyncClient) -> None:
    """A conversation with a response in it; attacks may have deleted the last one."""
    MADE["conversation_id"] = (await client.post("/v1/conversations", json=ITEMS)).json()["id"]
    response = {"model": "a", "input": "?", "background": True, "conversation": MADE["conversation_id"]}
    MADE["response_id"] = (await client.post("/v1/responses", json=response)).json()["id"]
    items = (await client.get(f"/v1/conversations/{MADE['conversation_id']}/items")).json()
    MADE["item_id"] = items["data"][0]["id"]


class Attacker:
    """Requests to one route."""

    def __init__(self, operation: Operation, seed: int) -> None:
        self._operation = operation
        self._mutator = Mutator(seed)
        self._bodies = itertools.cycle(bodies_of(operation))
        self._known = {"agent": "a", "model": "a", "thread_id": "t1", "chat": "t4", "run_id": "r1", **MADE}

    def request(self, client: httpx.AsyncClient) -> tuple[httpx.Request, object]:
        """The next one."""
        mutator, operation = self._mutator, self._operation
        chance = mutator.random.random

        def part(found: re.Match[str]) -> str:
            known = self._known[found[1]] if chance() < 0.8 else mutator.text()
            return quote(known.encode("utf-8", "surrogatepass"), safe="")

        path = re.sub(r"{(\w+)}", part, operation.address) + ("/" if chance() < 0.2 else "")
        query = {
            name: mutator.text() if chance() < 0.4 else ASKED.get(name, "a")
            for name in operation.query
            if chance() < 0.5
        }
        encoded = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items())
        body = next(self._bodies)
        if isinstance(body, dict) and isinstance(body.get("threadId"), str):
            body = body | {"threadId": f"t{mutator.random.randrange(20)}", "runId": f"r{mutator.random.random()}"}
        if body is not None:
            body = mutator.mutated(body, mutator.random.choice([0, 1, 1, 1, 2, 4]))
        headers = [
            (name.encode(), mutator.text().encode("utf-8", "replace").translate(None, bytes(range(33)))[:500])
            for name in HEADERS
            if chance() < 0.05
        ]
        content = None if operation.method == "GET" else mutator.body(body)
        request = client.build_request(operation.method, f"{path}?{encoded}", content=content, headers=headers)
        return request, body


async def attack(client: httpx.AsyncClient, operation: Operation, count: int) -> set[int]:
    """Send so many requests, some at a time; the statuses that came."""
    attacker = Attacker(operation, seed=count)
    statuses: set[int] = set()

    async def work(numbers: range) -> None:
        for _ in numbers:
            request, body = attacker.request(client)
            reply = await client.send(request)
            check(reply, body)
            statuses.add(reply.status_code)

    share = -(-count // AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for start in range(0, count, share):
            group.create_task(work(range(min(share, count - start))))
    return statuses


async def attack_all(count: int, db: str = ":memory:") -> None:
    async with attacked(db=db, studio=True) as (_, client):
        for operation in OPERATIONS:
            begun = await client.post("/agui/a", json=RUN | {"messages": RUN["messages"][-1:]})  # there is something
            assert begun.status_code in (200, 400), begun.text  # the run's id may be taken
            await make(client)
            statuses = await attack(client, operation, count)
            assert statuses & {200, 204, 404} or operation.path.endswith("/compact"), operation.path
        assert (await client.get("/healthz")).json()["faults"] == 0


@pytest.mark.torture
@pytest.mark.timeout(TIMEOUT)
async def test_every_route() -> None:
    await attack_all(TORTURE or 200)


@pytest.mark.torture
@pytest.mark.timeout(TIMEOUT)
async def test_every_route_with_each_database(db: str) -> None:
    await attack_all(TORTURE or 12, db)
