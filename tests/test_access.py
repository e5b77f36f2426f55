"""Keys, scopes and what ``bridge serve`` refuses to start with (issue 12, 1)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from bridge import ContextRequest, Principal, Settings, create_app
from bridge.agents.base import Description, ThreadState
from bridge.runs.request import RIGHTS, RunRequest
from bridge.web.callers import Callers
from bridge.web.keys import Keys, hashed, new_key
from tests.http.talking import chat, run_input
from tests.server import ROOT, serve


def start(*options: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """``bridge serve`` where it is expected not to start: the agent is none."""
    command = [sys.executable, "-m", "bridge.cli", "serve", "nothing", "--port", "0", *options]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BRIDGE_")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "300", **(env or {})}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


ACCEPTED = "'nothing' is not of the form module:attribute"  # what comes after all checks


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "agents.example"])
def test_a_public_address_without_a_key_is_refused(host: str) -> None:
    refused = start("--host", host)
    assert refused.returncode == 2
    assert "--api-key" in refused.stderr
    assert "--no-auth" in refused.stderr
    assert ACCEPTED not in refused.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "127.0.0.1"),
        ("--host", "localhost"),
        ("--host", "::1"),
        ("--host", "0.0.0.0", "--no-auth"),
        ("--host", "0.0.0.0", "--api-key", "ann=sk-1"),
        ("--cors-credentials", "--cors-origin", "https://app.example"),
    ],
)
def test_what_is_safe_or_meant_starts(options: tuple[str, ...]) -> None:
    assert ACCEPTED in start(*options).stderr


@pytest.mark.parametrize(
    ("options", "env", "why"),
    [
        ((), {"BRIDGE_API_KEYS": ""}, "'BRIDGE_API_KEYS': is empty"),
        ((), {"BRIDGE_API_KEYS": "  "}, "'BRIDGE_API_KEYS': is empty"),
        (("--no-auth",), {"BRIDGE_API_KEYS": ""}, "'BRIDGE_API_KEYS': is empty"),
        (("--no-auth", "--api-key", "sk-1"), {}, "exclude each other"),
        (("--api-key", ""), {}, "an API key is empty"),
        (("--cors-credentials",), {}, "'--cors-credentials': needs origins"),
        (("--cors-credentials", "--cors-origin", "*"), {}, "'--cors-credentials': needs origins"),
        (("--allowed-host", "https://x"), {}, "is no host"),
    ],
)
def test_what_is_refused(options: tuple[str, ...], env: dict[str, str], why: str) -> None:
    refused = start(*options, env=env)
    assert refused.returncode == 2
    assert why in refused.stderr
    assert ACCEPTED not in refused.stderr


# Files of keys


def test_a_file_of_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(
        f"# who may call\n\nann=sha256:{hashed('sk-1')}\nann=sha256:{hashed('sk-2').upper()}   read run\n"
        f"sha256:{hashed('sk-3')}\n",
        "utf-8",
    )
    keys = Keys.read(["bob=sk-4"], file)
    found = {key: keys.find(key) for key in ("sk-1", "sk-2", "sk-3", "sk-4", "sk-5", "", "sha256:" + hashed("sk-1"))}
    assert found == {
        "sk-1": Principal("ann"),
        "sk-2": Principal("ann", scopes=frozenset({"run", "read"})),
        "sk-3": Principal(f"key-{hashed('sk-3')[:16]}"),
        "sk-4": Principal("bob"),
        "sk-5": None,
        "": None,
        "sha256:" + hashed("sk-1"): None,
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ann=sk-1", "line 1: a line is 'name=sha256:'"),
        ("ann=sha256:1234", "line 1"),
        (f"an/n=sha256:{'0' * 64}", "line 1: 'an/n' is no name"),
        (f"ann=sha256:{'0' * 64} admin", "line 1: 'admin' is none of the scopes"),
        (f"ann=sha256:{'0' * 64}\nbob=sha256:{'0' * 64}", "line 2: one API key has two names"),
        ("# nobody\n", "has no key"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "keys"
    file.write_text(line, "utf-8")
    with pytest.raises(ValueError, match=why) as raised:
        Keys.read((), file)
    assert "sk-1" not in str(raised.value)


def test_a_file_that_became_wrong_leaves_the_keys_from_before(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"ann=sha256:{hashed('sk-1')}", "utf-8")
    callers = Callers(key_file=file)
    for text in ("", "nonsense"):
        file.write_text(text, "utf-8")
        with pytest.raises(ValueError, match="keys"):
            callers.reload()
        assert not callers.open


def test_the_command_makes_keys() -> None:
    command = [sys.executable, "-m", "bridge.cli", "key", "ann", "--scope", "read"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    key = made.stderr.split()[-1]
    assert made.stdout == f"ann=sha256:{hashed(key)} read\n"
    assert new_key("")[1].startswith("sha256:")


def test_keys_are_read_again_on_sighup(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"ann=sha256:{hashed('sk-1')}", "utf-8")

    def status(key: str) -> int:
        return httpx.get(f"{server.url}/v1/models", headers={"x-api-key": key}, trust_env=False).status_code

    with serve(tmp_path, "graphs.agent:graph", "--api-key-file", str(file)) as server:
        assert (status("sk-1"), status("sk-2")) == (200, 401)
        for text, said, known in (
            (f"ann=sha256:{hashed('sk-2')}", "the API keys were read again", (401, 200)),
            ("ann=", "the API keys were not read again", (401, 200)),
        ):
            file.write_text(text, "utf-8")
            server.process.send_signal(signal.SIGHUP)
            while said not in server.log:  # the test's own timeout ends it
                assert server.process.poll() is None
            assert (status("sk-1"), status("sk-2")) == known


# Who calls, by the application's own lights


class Recorder:
    """An agent that keeps the requests it was run with."""

    def __init__(self) -> None:
        self.seen: list[RunRequest] = []

    def describe(self) -> Description:
        return Description("recorder", "Keeps its requests.")

    async def run(self, request: RunRequest) -> AsyncIterator[dict[str, Any]]:
        self.seen.append(request)
        yield {"type": "CUSTOM", "name": "seen", "value": None}

    async def read(self, thread: Any, aliases: Any, *, checkpoint_id: Any = None, held: bool = False) -> ThreadState:
        del thread, aliases, checkpoint_id, held
        return ThreadState()

    async def forget(self, thread: Any) -> None:
        del thread


@asynccontextmanager
async def served(agent: Any, settings: Settings | None = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app({"recorder": agent}, settings or Settings(db=":memory:"), **options)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bridge") as client,
    ):
        yield client


async def authenticate(connection: HTTPConnection) -> Principal | None:
    name = connection.headers.get("x-user")
    scopes = connection.headers.get("x-scopes", "run read manage").split()
    return None if name is None else Principal(name, {"role": "seller"}, scopes)  # type: ignore[arg-type] # of a test


RUNS = (
    ("/agui/recorder", run_input("да")),
    ("/v1/chat/completions", chat("да")),
    ("/api/copilotkit-adapter/", {"message": "да"}),
    ("/api/copilotkit-streaming/", {"message": "да"}),
    ("/api/copilotkit/agent/recorder/run", run_input("да")),
    ("/api/copilotkit/agent/recorder/suggest", run_input("да")),
    ("/api/copilotkit", {"method": "agent/run", "params": {"agentId": "recorder"}, "body": run_input("да")}),
    ("/api/copilotkit", {"method": "agent/suggest", "params": {"agentId": "recorder"}, "body": run_input("да")}),
)


async def test_the_principal_and_its_claims_reach_the_agent() -> None:
    agent = Recorder()
    async with served(agent, authenticate=authenticate) as client:
        for path, body in RUNS:
            await client.post(path, json=body, headers={"X-User": "anna"})
    assert len(agent.seen) == len(RUNS)
    for request in agent.seen:
        assert request.principal == "anna"
        assert request.caller is not None
        assert (request.caller.name, dict(request.caller.claims)) == ("anna", {"role": "seller"})


async def test_a_graph_reads_the_principal_and_its_claims() -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    async def look(state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        del state
        seen.append((config["configurable"]["principal"], config["configurable"]["claims"]))
        return {"messages": [AIMessage("да")]}

    graph = StateGraph(MessagesState).add_node(look).add_edge(START, "look").compile()
    async with served(graph, authenticate=authenticate) as client:
        for path, body in RUNS:
            await client.post(path, json=body, headers={"X-User": "anna"})
    async with served(graph) as client:
        await client.post("/agui/recorder", json=run_input("да"))
    assert seen == [("anna", {"role": "seller"})] * len(RUNS) + [("anonymous", {})]


@dataclass
class Desk:
    """A context with who calls in it."""

    caller: Principal
    size: int = 1


class Board(BaseModel):
    """The same, checked by pydantic."""

    who: Principal | None = None
    size: int = 1


FORGED = {"caller": {"name": "root"}, "who": {"name": "root"}, "size": 2}


@pytest.mark.parametrize("schema", [Desk, Board])
@pytest.mark.parametrize("decides", [False, True], ids=["no function", "a function"])
async def test_who_calls_is_in_the_typed_context(schema: type[Any], decides: bool) -> None:
    seen: list[tuple[Any, int]] = []

    async def look(state: MessagesState, runtime: Runtime[Any]) -> dict[str, Any]:
        del state
        seen.append((getattr(runtime.context, "caller", None) or runtime.context.who, runtime.context.size))
        return {"messages": [AIMessage("да")]}

    async def larger(request: ContextRequest) -> dict[str, Any]:
        return {"size": 10 if request.caller.claims.get("role") == "seller" and "read" in request.caller.scopes else 0}

    graph = StateGraph(MessagesState, context_schema=schema).add_node(look).add_edge(START, "look").compile()
    async with served(graph, authenticate=authenticate, context=larger if decides else None) as client:
        for path, body in RUNS:
            sent = body | ({"forwardedProps": FORGED} if "threadId" in body else {})
            answer = await client.post(path, json=sent, headers={"X-User": "anna"})
            assert answer.status_code == 200, answer.text
    async with served(graph) as client:
        await client.post("/agui/recorder", json=run_input("да"))
    assert [who.name for who, _ in seen] == ["anna"] * len(RUNS) + ["anonymous"]
    assert all(dict(who.claims) == {"role": "seller"} for who, _ in seen[:-1])
    assert {size for _, size in seen[:-1]} == ({10} if decides else {1, 2})


# path, method, body -> the scope that it takes
READS: list[tuple[str, str, Any]] = [
    ("GET", "/agui", None),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/recorder", None),
    ("GET", "/api/test-copilotkit", None),
    ("GET", "/api/copilotkit/info", None),
    ("GET", "/api/copilotkit/threads?agentId=recorder", None),
    ("GET", "/api/copilotkit/threads/t/messages", None),
    ("GET", "/api/copilotkit/threads/t/state", None),
    ("GET", "/runs/r/events", None),
    ("GET", "/api/chat/recorder/t/messages", None),
    ("GET", "/api/chat/recorder/t/stream", None),
    ("POST", "/api/copilotkit/agent/recorder/connect", run_input("да", thread="t")),
    ("POST", "/api/copilotkit", {"method": "info"}),
    (
        "POST",
        "/api/copilotkit",
        {"method": "agent/connect", "params": {"agentId": "recorder"}, "body": run_input("да", thread="t")},
    ),
    (
        "POST",
        "/api/copilotkit-streaming",
        {"method": "resource/request", "params": {"path": "/threads/t/messages", "httpMethod": "GET"}},
    ),
]
MANAGES: list[tuple[str, str, Any]] = [
    ("PATCH", "/api/copilotkit/threads/t", {"name": "Новое имя"}),
    ("POST", "/api/copilotkit/threads/t/archive", {}),
    (
        "POST",
        "/api/copilotkit",
        {"method": "resource/request", "params": {"path": "/threads/t", "httpMethod": "DELETE"}},
    ),
    ("DELETE", "/api/copilotkit/threads/t", {}),
]
STARTS: list[tuple[str, str, Any]] = [
    *(("POST", path, body) for path, body in RUNS),
    ("POST", "/api/test-copilotkit", {}),
    ("POST", "/runs/r/stop", {}),
    ("POST", "/api/copilotkit/agent/recorder/stop/t", {}),
    ("DELETE", "/api/chat/recorder/t/stream", None),
    ("POST", "/api/copilotkit", {"method": "agent/stop", "params": {"agentId": "recorder", "threadId": "t"}}),
]


@pytest.mark.parametrize(("right", "asked"), [("read", READS), ("manage", MANAGES), ("run", STARTS)])
async def test_each_operation_takes_its_scope(right: str, asked: list[tuple[str, str, Any]]) -> None:
    others = " ".join(RIGHTS - {right})
    async with served(Recorder(), authenticate=authenticate) as client:
        begun = await client.post("/agui/recorder", json=run_input("да", thread="t"), headers={"X-User": "anna"})
        assert begun.status_code == 200
        for method, path, body in asked:
            refused = await client.request(method, path, json=body, headers={"X-User": "anna", "X-Scopes": others})
            assert refused.status_code == 403, (method, path)
            assert f"'{right}'" in refused.text
            done = await client.request(method, path, json=body, headers={"X-User": "anna", "X-Scopes": right})
            assert done.status_code not in (401, 403), (method, path)


def test_every_operation_was_asked_for_its_scope() -> None:
    from bridge.app import DIALECTS  # noqa: PLC0415 - what is compared with the tables above

    operations = [operation for dialect in DIALECTS for operation in dialect.operations]
    assert {operation.path for operation in operations if operation.right is None} == {
        "/api/copilotkit",
        "/api/copilotkit-streaming",
    }
    unsafe = [operation for operation in operations if operation.method in ("PATCH", "DELETE")]
    stops = {"/api/chat/{chat}/stream", "/api/chat/{agent}/{chat}/stream"}
    assert {operation.path for operation in unsafe if operation.right != "manage"} == stops
    assert all(operation.right == "read" for operation in operations if operation.method == "GET")


async def test_a_401_says_how_and_every_header_of_a_key_is_read() -> None:
    async with served(Recorder(), Settings(db=":memory:", api_keys=("ann=sk-1",))) as client:
        for path in ("/v1/models", "/api/copilotkit/info", "/agui"):
            refused = await client.get(path)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer")
        for headers in (
            {"Authorization": "Bearer sk-1"},
            {"authorization": "bearer  sk-1"},
            {"X-API-Key": "sk-1"},
            {"api-key": "sk-1"},
            {"Authorization": "Basic x", "api-key": "sk-1"},
        ):
            assert (await client.get("/v1/models", headers=headers)).status_code == 200, headers
        assert (await client.get("/v1/models", headers={"api-key": "sk-2"})).status_code == 401
        for path in ("/healthz", "/docs", "/openapi.json"):
            assert (await client.get(path)).status_code == 200


async def test_an_agent_may_be_called_healthz() -> None:
    settings = Settings(db=":memory:", api_keys=("ann=sk-1",))
    app = create_app({"healthz": Recorder()}, settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
    ):
        assert (await client.post("/agui/healthz", json=run_input("да"))).status_code == 401
        known = await client.post("/agui/healthz", json=run_input("да"), headers={"api-key": "sk-1"})
        assert known.status_code == 200


def test_two_names_of_one_thing_are_refused() -> None:
    with pytest.raises(ValueError, match="authenticate"):
        create_app({"recorder": Recorder()}, principal=authenticate, authenticate=authenticate)
