"""Host and Origin: pages of other sites do not drive a server without keys (issue 12, 1)."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection

from bridge import Settings, create_app
from bridge.web.gate import Gate, GateKeeper, is_loopback
from tests.http.conftest import AGENTS
from tests.http.talking import run_input
from tests.server import Server, serve
from tests.test_principal import echo

NAMED = Gate(hosts=["agents.example", "office:8443"], origins=["https://app.example", "null-not"])

HOSTS: dict[str, bool] = {
    "localhost": True,
    "LocalHost:8000": True,
    "localhost.": True,
    "app.localhost:1": True,
    "127.0.0.1": True,
    "127.0.0.1:8000": True,
    "127.8.9.10:80": True,
    "[::1]": True,
    "[::1]:8000": True,
    "[0:0:0:0:0:0:0:1]:1": True,
    "[::ffff:127.0.0.1]": True,
    "10.1.2.3:8000": True,
    "192.168.0.7": True,
    "[fe80::1]:8000": True,
    "agents.example": True,
    "AGENTS.example.:9000": True,
    "office:8443": True,
    "office": False,
    "office:80": False,
    "sub.agents.example": False,
    "agents.example.evil.example": False,
    "evil.example": False,
    "evil.example:8000": False,
    "localhost.evil.example": False,
    "notlocalhost": False,
    "127.0.0.1.evil.example": False,
    "127.0.0.1.nip.io": False,
    "localhost@evil.example": False,
    "evil.example@localhost": False,
    "localhost:80@evil.example": False,
    "localhost#evil.example": False,
    "localhost/evil.example": False,
    "localhost, evil.example": False,
    "localhost evil.example": False,
    "localhost:": False,
    "localhost:x": False,
    "localhost:8000:1": False,
    "::1": False,
    "[::1": False,
    "[evil.example]": False,
    "[]": False,
    ".": False,
    "": False,
    "локалхост": False,
    "127.1": False,
    "0x7f.0.0.1": False,
    "2130706433": False,
}


@pytest.mark.parametrize("host", HOSTS)
def test_hosts(host: str) -> None:
    assert (NAMED.refusal([host], []) is None) == HOSTS[host]


def test_no_host_and_several_are_refused() -> None:
    assert "missing" in (NAMED.refusal([], []) or "")
    assert "more than once" in (NAMED.refusal(["localhost", "localhost"], []) or "")
    assert Gate(hosts="*").refusal(["evil.example"], []) is None
    assert "'--allowed-host evil.example'" in (NAMED.refusal(["evil.example:8000"], []) or "")


# Origin -> whether it may call a server at this Host
ORIGINS: dict[tuple[str, str], bool] = {
    ("http://localhost:3000", "localhost:8000"): True,
    ("https://localhost", "localhost:8000"): True,
    ("http://127.0.0.1:5173", "localhost:8000"): True,
    ("http://[::1]:5173", "127.0.0.1:8000"): True,
    ("http://app.localhost", "127.0.0.1:8000"): True,
    ("HTTP://LOCALHOST.:1", "127.0.0.1:8000"): True,
    ("https://app.example", "127.0.0.1:8000"): True,
    ("https://app.example:443", "127.0.0.1:8000"): True,
    ("http://app.example", "127.0.0.1:8000"): False,
    ("https://app.example:8443", "127.0.0.1:8000"): False,
    ("https://agents.example", "agents.example"): True,
    ("http://agents.example", "agents.example"): True,
    ("http://agents.example:8000", "agents.example:8000"): True,
    ("http://agents.example:3000", "agents.example:8000"): False,
    ("https://agents.example", "127.0.0.1:8000"): True,  # a proxy changed the Host
    ("https://office:8443", "127.0.0.1:8000"): True,
    ("http://192.168.0.7:8000", "192.168.0.7:8000"): True,
    ("http://192.168.0.7:3000", "192.168.0.7:8000"): False,
    ("http://192.168.0.8:8000", "192.168.0.7:8000"): False,
    ("null", "127.0.0.1:8000"): False,
    ("", "127.0.0.1:8000"): False,
    ("https://evil.example", "127.0.0.1:8000"): False,
    ("https://localhost.evil.example", "127.0.0.1:8000"): False,
    ("https://localhost@evil.example", "127.0.0.1:8000"): False,
    ("https://app.example.evil.example", "127.0.0.1:8000"): False,
    ("https://evil.example/app.example", "127.0.0.1:8000"): False,
    ("https://app.example/", "127.0.0.1:8000"): False,
    ("file://", "127.0.0.1:8000"): False,
    ("chrome-extension://abcdef", "127.0.0.1:8000"): False,
    ("chrome-extension://localhost", "127.0.0.1:8000"): False,
    ("localhost", "127.0.0.1:8000"): False,
    ("://localhost", "127.0.0.1:8000"): False,
}


@pytest.mark.parametrize(("origin", "host"), ORIGINS)
def test_origins(origin: str, host: str) -> None:
    why = NAMED.refusal([host], [origin])
    assert (why is None) == ORIGINS[origin, host]
    assert why is None or f"'--cors-origin {origin}'" in why


def test_a_star_names_all_origins() -> None:
    for origin in ("https://evil.example", "null", "chrome-extension://abcdef"):
        assert Gate(origins="*").refusal(["localhost"], [origin]) is None
    assert Gate(origins=["null"]).refusal(["localhost"], ["null"]) is None
    assert Gate(origins=["chrome-extension://abcdef"]).refusal(["localhost"], ["chrome-extension://abcdef"]) is None
    assert NAMED.refusal(["localhost"], ["http://localhost", "https://evil.example"]) is not None


def test_an_allowed_host_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"https://agents\.example"):
        Gate(hosts=["https://agents.example"])


def test_which_addresses_are_this_machine_s() -> None:
    assert [host for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3") if not is_loopback(host)] == []
    assert [host for host in ("0.0.0.0", "::", "", "192.168.0.7", "agents.example") if is_loopback(host)] == []


# The server itself


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    options = ("--allowed-host", "agents.example", "--cors-origin", "https://app.example")
    with serve(tmp_path_factory.mktemp("keyless"), *AGENTS, *options) as running:
        yield running


FOREIGN = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"})
PATHS = (("POST", "/agui/teller"), ("GET", "/agui"), ("DELETE", "/api/copilotkit/threads/t"), ("GET", "/docs"))


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [*PATHS, ("OPTIONS", "/agui/teller"), ("GET", "/nowhere")])
def test_a_foreign_page_is_refused_and_can_read_why(
    keyless: Server, method: str, path: str, headers: dict[str, str]
) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Content-Type": "text/plain"}
    answer = httpx.request(method, keyless.url + path, headers=headers | preflight, trust_env=False)
    assert answer.status_code == 403
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"]
    error = answer.json()["error"]
    assert error["code"] == "forbidden"
    assert ("--allowed-host evil.example" if "Host" in headers else "--cors-origin") in error["message"]


@pytest.mark.parametrize("headers", [*FOREIGN, {"Host": "10.0.0.7.probe.internal"}])
def test_a_probe_may_call_by_any_name_and_learns_nothing_else(keyless: Server, headers: dict[str, str]) -> None:
    for path in ("/healthz", "/healthz/", "/readyz", "/readyz/"):
        answer = httpx.get(keyless.url + path, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "agents" in httpx.get(f"{keyless.url}/healthz", trust_env=False).json()


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded", None])
def test_without_an_origin_any_content_type_passes(keyless: Server, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    body = httpx.Request("POST", "http://x", json=run_input("count 1")).content
    answer = httpx.post(f"{keyless.url}/agui/teller", content=body, headers=headers, trust_env=False)
    assert answer.status_code == 200


def test_allowed_pages_are_answered(keyless: Server, server: Server) -> None:
    for origin in ("https://app.example", keyless.url, "http://localhost:3000"):
        answer = httpx.get(f"{keyless.url}/agui", headers={"Origin": origin}, trust_env=False)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
    for host in ("agents.example", "agents.example:99", "192.168.7.7:8000"):
        assert httpx.get(f"{keyless.url}/agui", headers={"Host": host}, trust_env=False).status_code == 200
    open_to_pages_of_this_machine = httpx.get(
        f"{server.url}/agui", headers={"Origin": "http://localhost:3000"}, trust_env=False
    )
    assert open_to_pages_of_this_machine.headers["access-control-allow-origin"] == "*"


def test_private_network_preflights(server: Server) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    ours = httpx.options(f"{server.url}/agui", headers={"Origin": "http://localhost:3000", **asked}, trust_env=False)
    assert (ours.status_code, ours.headers["access-control-allow-private-network"]) == (200, "true")
    theirs = httpx.options(f"{server.url}/agui", headers={"Origin": "https://evil.example", **asked}, trust_env=False)
    assert theirs.status_code == 403
    assert "access-control-allow-private-network" not in theirs.headers


def test_no_host_and_two_hosts_on_the_wire(keyless: Server) -> None:
    for hosts in ("", "Host: localhost\r\nHost: evil.example\r\n"):
        with socket.create_connection((httpx.URL(keyless.url).host, httpx.URL(keyless.url).port or 0)) as opened:
            opened.sendall(f"GET /agui HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
            assert opened.recv(12) == b"HTTP/1.1 403"


def test_with_keys_everybody_is_let_in_who_has_one(tmp_path: Path) -> None:
    with serve(tmp_path, *AGENTS, "--api-key", "ann=sk-1") as locked:
        for headers in ({"Origin": "https://evil.example"}, {"Host": "agents.example"}):
            answer = httpx.get(f"{locked.url}/agui", headers=headers, trust_env=False)
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "*")
            known = httpx.get(f"{locked.url}/agui", headers={"api-key": "sk-1", **headers}, trust_env=False)
            assert (known.status_code, known.headers["access-control-allow-origin"]) == (200, "*")


# Embedded


@asynccontextmanager
async def embedded(settings: Settings | None = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app({"echo": echo()}, settings or Settings(db=":memory:"), **options)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://office.example") as client,
    ):
        yield client


EVIL = {"Origin": "https://evil.example"}


async def test_an_application_is_checked_where_it_names_its_hosts() -> None:
    async with embedded() as client:
        assert (await client.get("/agui", headers=EVIL)).status_code == 200
    async with embedded(allowed_hosts=["office.example"]) as client:
        assert (await client.get("/agui")).status_code == 200
        assert (await client.get("/agui", headers={"Origin": "https://office.example"})).status_code == 200
        assert (await client.get("/agui", headers=EVIL)).status_code == 403
        assert (await client.get("/agui", headers={"Host": "evil.example"})).status_code == 403
    async with embedded(allowed_hosts=[]) as client:
        assert (await client.get("/agui")).status_code == 403
    async with embedded(Settings(db=":memory:", cors_origins=("*",)), allowed_hosts=["office.example"]) as client:
        assert (await client.get("/agui", headers=EVIL)).status_code == 200


def by_cookie(connection: HTTPConnection) -> str | None:
    return connection.cookies.get("user")


async def test_where_a_cookie_says_who_calls_the_origin_is_checked() -> None:
    cookie = {"Cookie": "user=anna"}
    for settings in (None, Settings(db=":memory:", cors_origins=("*",))):
        async with embedded(settings, authenticate=by_cookie) as client:
            assert (await client.get("/agui", headers=cookie)).status_code == 200
            own = {"Origin": "https://office.example", **cookie}
            assert (await client.get("/agui", headers=own)).status_code == 200
            for origin in ("https://evil.example", "null", "http://localhost:3000", "http://office.example:99"):
                refused = await client.post("/agui/echo", headers={"Origin": origin, **cookie}, content=b"{}")
                assert refused.status_code == 403
                assert "cors_origins" in refused.json()["error"]["message"]
            assert (await client.get("/agui", headers=EVIL)).status_code == 401  # without the cookie: nobody
    named = Settings(db=":memory:", cors_origins=("https://chat.example",), cors_credentials=True)
    async with embedded(named, principal=by_cookie) as client:
        answer = await client.get("/agui", headers={"Origin": "https://chat.example", **cookie})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-credentials"] == "true"


async def test_cookies_need_origins_with_names() -> None:
    for origins in (None, (), ("*",)):
        with pytest.raises(ValueError, match="cors_origins"):
            create_app({"echo": echo()}, Settings(cors_origins=origins, cors_credentials=True))


async def test_a_websocket_is_refused_before_it_is_accepted() -> None:
    sent: list[Any] = []
    reached: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        reached.append(scope["type"])

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    keeper = GateKeeper(app, Gate(), every=True, cookies=False)
    scope = {
        "type": "websocket",
        "path": "/",
        "headers": [(b"host", b"localhost"), (b"origin", b"https://evil.example")],
    }
    await keeper(dict(scope), receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    sent.clear()
    await keeper({**scope, "extensions": {"websocket.http.response": {}}}, receive, send)
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 403)
    assert reached == []
    await keeper({**scope, "headers": [(b"host", b"localhost")]}, receive, send)
    assert reached == ["websocket"]
