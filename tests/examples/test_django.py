"""The Django example as a user has it: migrated, started under uvicorn, signed in to, talked with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.browser.browser import start_browser
from tests.browser.static import build
from tests.server import ROOT, Server, free_port
from tests.tools import require_module

EXAMPLE = ROOT / "examples" / "django"
PASSWORD = "длинный-пароль"
UNNAMED = """[...document.querySelectorAll('button')].filter((button) => button.checkVisibility() &&
  !(button.ariaLabel || button.innerText.trim() || button.title)).map((button) => button.outerHTML)"""
USERS = """
from django.contrib.auth.models import User
for name in ("anna", "boris"):
    User.objects.create_user(name, password="%s")
"""


@contextmanager
def serve_site(directory: Path, prefix: str = "", server: str = "uvicorn") -> Iterator[Server]:
    """The project with two users, all it stores in this directory; ``prefix``: below which a proxy serves it."""
    port = free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "AGENT_"))},
        "PYTHONPATH": str(ROOT),
        "OFFICE_DATA": str(directory),
        "DEMO_MODEL_DELAY": "0",
        "PYTHONWARNINGS": "error",
        "OFFICE_PREFIX": prefix,
    }
    for command in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", USERS % PASSWORD], ["check"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=EXAMPLE, env=environment, check=True, timeout=60)
    command = [sys.executable, "-m", server, "office.asgi:application", "--port", str(port), "--root-path", prefix]
    url = f"http://127.0.0.1:{port}"
    running = Server(url, directory / "bridge.sqlite", directory / "server.log", command, environment, EXAMPLE)
    running.start(ready="/login/")
    try:
        yield running
        assert running.terminate() in (0, -15), running.log
    finally:
        running.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve_site(tmp_path_factory.mktemp("django")) as server:
        yield server


@contextmanager
def sign_in(site: Server, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        form = client.get("/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token is not None
        said = {"csrfmiddlewaretoken": token[1], "username": name, "password": PASSWORD, "next": "/"}
        answer = client.post("/login/", data=said)
        assert answer.status_code == 302, answer.text
        yield client


@pytest.fixture(scope="module")
def anna(site: Server) -> Iterator[httpx.Client]:
    with sign_in(site, "anna") as client:
        yield client


@pytest.fixture(scope="module")
def boris(site: Server) -> Iterator[httpx.Client]:
    with sign_in(site, "boris") as client:
        yield client


def chunks_of(answer: httpx.Response) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    frames = answer.text.removesuffix("\n\n").split("\n\n")
    assert frames.pop() == "data: [DONE]"
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


def text_of(answer: httpx.Response) -> str:
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks_of(answer)]  # type: ignore[index] # it is JSON
    return "".join(delta.get("content") or "" for delta in deltas)


def test_the_page_is_for_who_is_signed_in(site: Server, anna: httpx.Client) -> None:
    stranger = httpx.get(f"{site.url}/")
    assert stranger.status_code == 302
    assert stranger.headers["location"] == "/login/?next=/"
    page = anna.get("/")
    assert page.status_code == 200
    assert "Помощник продаж" in page.text
    assert "anna" in page.text
    style = anna.get("/static/chat/page.css")
    assert style.status_code == 200


def test_a_conversation_through_streaming_and_adapter(anna: httpx.Client) -> None:
    first = anna.post("/api/copilotkit-streaming/", json={"message": "Покажи воронку продаж"})
    assert "₽" in text_of(first)
    assert len(chunks_of(first)) > 10  # word by word

    thread = first.headers["x-thread-id"]
    second = anna.post("/api/copilotkit-adapter/", json={"message": "Спасибо!", "thread_id": thread})
    assert second.status_code == 200, second.text
    assert second.json()["choices"][0]["message"]["content"]
    held = anna.get(f"/api/copilotkit/threads/{thread}/messages")
    said = [message["content"] for message in held.json()["messages"] if message["role"] == "user"]
    assert said == ["Покажи воронку продаж", "Спасибо!"]


def test_an_openai_body_through_both(anna: httpx.Client) -> None:
    body = {"model": "sales-marketing", "messages": [{"role": "user", "content": "Помоги с маркетингом"}]}
    streamed = text_of(anna.post("/api/copilotkit-streaming", json=body))
    whole = anna.post("/api/copilotkit-adapter", json=body).json()["choices"][0]["message"]["content"]
    assert streamed == whole


def test_the_wiring_check(anna: httpx.Client) -> None:
    served = anna.get("/api/test-copilotkit/").json()
    assert served["status"] == "ok"
    assert served["agents"] == ["sales-marketing"]
    answer = anna.post("/api/test-copilotkit/", json={"message": "Проверка"})
    assert text_of(answer) == "Связь работает: мост отвечает по-русски, слово за словом."


def test_the_chat_s_own_address(anna: httpx.Client) -> None:
    assert set(anna.get("/api/copilotkit/info").json()["agents"]) == {"sales-marketing", "default"}
    body = {
        "threadId": "anna-page",
        "runId": "anna-run",
        "messages": [{"id": "m1", "role": "user", "content": "Привет"}],
        "tools": [],
        "context": [],
        "state": {},
        "forwardedProps": {},
    }
    answer = anna.post("/api/copilotkit/agent/default/run", json=body)
    kinds = [json.loads(frame.partition("data: ")[2])["type"] for frame in answer.text.strip().split("\n\n")]
    assert kinds[0] == "RUN_STARTED"
    assert kinds[-1] == "RUN_FINISHED"
    assert "TEXT_MESSAGE_CONTENT" in kinds


def test_somebody_else_s_thread_is_not_there(anna: httpx.Client, boris: httpx.Client) -> None:
    body = {"message": "Привет", "thread_id": "annas-own"}
    messages = "/api/copilotkit/threads/annas-own/messages"
    assert anna.post("/api/copilotkit-adapter/", json=body).status_code == 200
    held = anna.get(messages).json()
    assert boris.get(messages).status_code == 404
    mine = [thread["id"] for thread in boris.get("/api/copilotkit/threads?agentId=default").json()["threads"]]
    assert "annas-own" not in mine
    # one of that name is his own
    for path in ("/api/copilotkit-streaming/", "/api/copilotkit-adapter/"):
        assert boris.post(path, json=body | {"message": "Это Борис"}).status_code == 200
    assert "Это Борис" in boris.get(messages).text
    assert anna.get(messages).json() == held


@pytest.mark.parametrize("path", ["/api/copilotkit-streaming/", "/api/copilotkit-adapter/", "/api/test-copilotkit/"])
def test_a_stranger_is_refused(site: Server, anna: httpx.Client, path: str) -> None:
    body = {"message": "Привет"}
    stranger = httpx.post(f"{site.url}{path}", json=body)
    assert stranger.status_code == 401
    forged = httpx.post(f"{site.url}{path}", json=body, cookies={"sessionid": "x" * 32})
    assert forged.status_code == 401
    elsewhere = anna.post(path, json=body, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    here = anna.post(path, json=body, headers={"Origin": site.url})
    assert here.status_code == 200


def test_who_signs_out_is_a_stranger(site: Server) -> None:
    with sign_in(site, "boris") as client:
        assert client.get("/api/test-copilotkit/").status_code == 200
        key = client.cookies["sessionid"]
        token = client.cookies["csrftoken"]
        assert client.post("/logout/", headers={"X-CSRFToken": token}).status_code == 302
    answer = httpx.get(f"{site.url}/api/test-copilotkit/", cookies={"sessionid": key})
    assert answer.status_code == 401


def test_what_the_user_said_outlives_the_server(site: Server, anna: httpx.Client) -> None:
    body = {"message": "Запомни: встреча в среду", "thread_id": "annas-meeting"}
    assert anna.post("/api/copilotkit-adapter/", json=body).status_code == 200
    site.kill()
    site.start(ready="/login/")
    held = anna.get("/api/copilotkit/threads/annas-meeting/messages").json()["messages"]
    assert held[0]["content"] == "Запомни: встреча в среду"


def test_under_daphne(tmp_path: Path) -> None:
    """Which knows no lifespan: nobody closes the database, and the process comes to its end all the same."""
    require_module("daphne", "daphne")
    with serve_site(tmp_path, server="daphne") as site, sign_in(site, "anna") as client:
        assert "₽" in text_of(client.post("/api/copilotkit-streaming/", json={"message": "Покажи воронку продаж"}))


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_below_a_prefix(tmp_path: Path, server: str) -> None:
    """Its proxy takes the prefix off; what a browser is given has it."""
    require_module(server, server)
    with serve_site(tmp_path, "/ai", server) as site, sign_in(site, "anna") as client:
        stranger = httpx.get(f"{site.url}/")
        assert stranger.headers["location"] == "/ai/login/?next=/ai/"
        page = client.get("/").text
        assert 'data-runtime="/ai/api/copilotkit"' in page
        assert "/ai/static/chat/page.css" in page
        assert 'action="/ai/logout/"' in page
        assert client.get("/static/chat/page.css").status_code == 200
        assert set(client.get("/api/copilotkit/info").json()["agents"]) == {"sales-marketing", "default"}
        assert "₽" in text_of(client.post("/api/copilotkit-streaming/", json={"message": "Покажи воронку продаж"}))
        assert httpx.post(f"{site.url}/api/copilotkit-streaming/", json={"message": "Привет"}).status_code == 401


def test_the_example_names_its_versions() -> None:
    """The front end's lock says what, not from where."""
    lock = Path(EXAMPLE / "front" / "package-lock.json").read_text("utf-8")
    assert "resolved" not in lock
    package = json.loads((EXAMPLE / "front" / "package.json").read_text("utf-8"))
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_the_page_shows_the_chat(tmp_path: Path) -> None:
    build("examples/django/front")  # before the project starts: it looks for its static files then
    with serve_site(tmp_path) as site, start_browser(tmp_path / "profile") as browser:
        page = browser.open(f"{site.url}/login/", ready="[name=username]")
        page.screenshot("django-login")
        faults = page.faults_of_access()
        page.fill("[name=username]", "anna")
        page.fill("[name=password]", PASSWORD)
        page.click("Войти")
        page.see('[data-testid="copilot-chat-textarea"]')
        page.wait_text("Здравствуйте, anna! Чем помочь?")
        page.wait("document.querySelectorAll('[data-testid=copilot-suggestion]').length === 3")
        page.screenshot("django-start")
        faults += page.faults_of_access()
        page.press("Tab", "Enter")  # the skip link
        page.type("Помоги с маркетингом")
        page.press("Enter")
        page.wait_text("сегмент")
        page.wait_idle()
        assert "Чем помочь?" not in page.texts("#chat")[0]
        page.say("Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %")
        page.see(".ask")
        page.fill('[data-testid="copilot-chat-textarea"]', "Ещё вопрос")
        page.press("Enter")
        page.wait_text("Сначала ответьте на запрос согласования")
        page.screenshot("django")
        faults += page.faults_of_access()
        unnamed = page.evaluate(UNNAMED)
        page.click("Согласовать")
        page.wait_text("КП-")
        page.wait_idle()
        assert page.evaluate("document.querySelector('textarea').value") == "Ещё вопрос"
        page_log = page.close()
        phone = browser.open(site.url, width=390, height=844)
        phone.wait_text("КП-")  # the thread is the user's own: here too
        phone.screenshot("django-phone")
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        faults += phone.faults_of_access()
        phone.close()
    assert faults == []
    assert unnamed == []
    assert page_log.console == []
    assert page_log.exceptions == []
    assert page_log.outside == []
