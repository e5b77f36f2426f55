"""schemathesis against our own /openapi.json (issue 12, 2), and the document itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from starlette.routing import Route

from bridge import app
from bridge.studio import routes as studio
from bridge.web.openapi import describe
from tests.fuzz import ENDLESS, TIMEOUT, TORTURE
from tests.server import Server, serve

DIALECTS = (*app.DIALECTS, studio.DIALECT)  # as `bridge serve` has them on this machine
DOCUMENT = describe(DIALECTS)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
ATTACKED = [operation for operation in OPERATIONS if operation.path not in ENDLESS]
KNOWN = {"agent": "a", "model": "a", "thread_id": "t", "chat": "t", "run_id": "r"}
"""What names something in a path; the fixture adds what has to be made first."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("attacked"), "a=tests.fuzz.serving:graph") as running:
        with httpx.Client(base_url=running.url, trust_env=False) as client:
            conversation = client.post("/v1/conversations", json={}).json()["id"]
            response = client.post("/v1/responses", json={"input": "?", "conversation": conversation}).json()
        item = response["output"][0]["id"]
        KNOWN.update(conversation_id=conversation, response_id=response["id"], item_id=item)
        yield running


def test_no_operation_is_malformed() -> None:
    assert len(OPERATIONS) == sum(len(dialect.operations) for dialect in DIALECTS)


def test_it_is_served_and_describes_every_route(attacked: Server) -> None:
    served = httpx.get(f"{attacked.url}/openapi.json", trust_env=False)
    assert served.status_code == 200
    assert served.json() == {**DOCUMENT, "servers": [{"url": "/"}]}
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    routes = [route for dialect in DIALECTS for route in dialect.routes()]
    elsewhere = {path for dialect in DIALECTS for operation in dialect.operations for path in operation.also}
    served_routes = {
        (method, re.sub(r":\w+}", "}", route.path.rstrip("/")))
        for route in routes
        for method in (route.methods or ())
        if method != "HEAD" and route.path.rstrip("/") not in elsewhere
    }
    assert described == served_routes
    assert all(isinstance(route, Route) for route in routes)


def test_what_an_operation_takes_gives_and_needs() -> None:
    run = DOCUMENT["paths"]["/agui/{agent}"]["post"]
    assert run["summary"] == "Run an agent: RunAgentInput in, events out."
    assert list(run["responses"]["200"]["content"]) == ["text/event-stream"]
    assert run["x-scope"] == "run"
    taken = run["requestBody"]["content"]["application/json"]["schema"]
    assert {"threadId", "runId", "messages"} <= set(taken["properties"])
    listed = DOCUMENT["paths"]["/api/copilotkit/threads"]["get"]
    assert {parameter["name"] for parameter in listed["parameters"]} >= {"agentId", "limit", "cursor"}
    references = re.findall(r"'\$ref': '#/components/schemas/([^']+)'", repr(DOCUMENT))
    assert references
    assert set(references) <= set(DOCUMENT["components"]["schemas"])


def test_the_page_needs_nothing_from_elsewhere(attacked: Server) -> None:
    page = httpx.get(f"{attacked.url}/docs", trust_env=False)
    assert page.headers["content-type"].startswith("text/html")
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page.text)
    assert links
    assert all(link.startswith("./") for link in links)
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def attack(server: Server, operation: Any, count: int) -> int:
    """Send what schemathesis makes of an operation, good and bad; how many requests it were."""
    known, sent = itertools.cycle([True, True, False]), 0
    with requests.Session() as session:
        session.trust_env = False
        for mode in GenerationMode:

            @hypothesis.settings(
                max_examples=count,
                database=None,
                deadline=None,
                derandomize=not TORTURE,
                phases=[hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            @hypothesis.given(operation.as_strategy(generation_mode=mode))
            def send(case: Any) -> None:
                nonlocal sent
                for name in case.path_parameters if next(known) else ():
                    case.path_parameters[name] = KNOWN[name]  # else all is 404
                answer = case.call(base_url=server.url, session=session, timeout=30)
                case.validate_response(answer, checks=[not_a_server_error])
                sent += 1

            try:
                send()
            except hypothesis.errors.Unsatisfiable:
                continue  # an operation without parameters has nothing that could be wrong
    return sent


def has_body(operation: Any) -> bool:
    return bool(DOCUMENT["paths"][operation.path][operation.method].get("requestBody"))


@pytest.mark.torture
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("operation", ATTACKED, ids=lambda operation: operation.label)
def test_no_request_of_schemathesis_fails_the_server(attacked: Server, operation: Any) -> None:
    # bodies take it long to make up; `test_requests` sends hundreds more of its own
    few = 12 if has_body(operation) else 100
    assert attack(attacked, operation, TORTURE // 2 or few) > 0  # as many good ones as bad ones
