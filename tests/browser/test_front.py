"""The page at ``/``, as a person has it: chat, stop, approvals, reload, a key, a prefix."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.front_server import HOSTILE, MARKUP, PREFIX
from tests.server import ROOT, Server, free_port, serve

if TYPE_CHECKING:
    from tests.browser.browser import Browser, Page

SERVED = "#served:not([hidden])"
IDLE = "#send:not([hidden])"
ASKED = "#questions:not([hidden])"
DISCOUNT = "Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %"
KEY = "sk-ключ-1"


@contextlib.contextmanager
def mounted(directory: Path) -> Iterator[Server]:
    """The agents of `tests.browser.front_server`; the server's address is that of the mount."""
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.front_server", str(port), str(directory / "bridge.sqlite")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    url = f"http://127.0.0.1:{port}{PREFIX}"
    server = Server(url, directory / "bridge.sqlite", directory / "server.log", command, env)
    server.start()
    try:
        yield server
    finally:
        server.terminate()


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mounted(tmp_path_factory.mktemp("deep")) as server:
        yield server


def opened(browser: Browser, server: Server, agent: str | None = None) -> Page:
    page = browser.open(server.url + "/", ready=SERVED)
    if agent is not None:
        page.do("click", selector=f'[name="agent"][value="{agent}"]')
    return page


def send(page: Page, text: str) -> None:
    """Write it and press Enter, as people do."""
    page.fill("#say", text)
    page.do("click", selector="#say")
    page.press("Enter")


def test_it_answers_word_by_word_with_its_tools(browser: Browser, bridge: Server) -> None:
    page = opened(browser, bridge)
    send(page, "Покажи воронку продаж")
    page.see('.line[data-state="done"]')
    page.see(IDLE)
    assert "pipeline_report" in page.texts(".line")[0]
    assert len(re.findall("[а-яё]", page.answers()[-1], re.IGNORECASE)) > 20
    lengths = page.lengths()
    assert len(lengths) >= 5
    assert lengths == sorted(lengths)
    assert page.texts("#trouble") == [""]
    send(page, "Помоги с маркетингом")  # the thread goes on: what was said stays
    page.see(IDLE)
    assert len(page.texts('.message[data-role="user"]')) == 2
    log = page.close()
    assert (log.console, log.exceptions, log.outside) == ([], [], [])


def test_a_discount_is_approved_after_a_reload(browser: Browser, bridge: Server) -> None:
    page = opened(browser, bridge)
    send(page, DISCOUNT)
    page.see(ASKED)
    page.reload(ASKED)
    assert DISCOUNT in page.texts("#messages")[0]
    page.do("click", role="radio", label="Да")
    page.fill('#questions input[type="number"]', "12")
    page.click("Ответить")
    page.wait_text("КП-")
    page.see(IDLE)
    assert "12" in page.answers()[-1]
    log = page.close()
    assert (log.console, log.exceptions) == ([], [])


@pytest.mark.parametrize(
    ("word", "press", "answered"),
    [
        ("boolean", [("button", "Да")], "True"),
        ("boolean", [("button", "Нет")], "False"),
        ("boolean", [("button", "Не отвечать")], "None"),
        ("enum", [("radio", "blue"), ("button", "Ответить")], "'blue'"),
        ("review", [("radio", "Разрешить"), ("button", "Ответить")], "{'decisions': [{'type': 'approve'}]}"),
        ("review", [("radio", "Отклонить"), ("button", "Ответить")], "{'decisions': [{'type': 'reject'}]}"),
        (
            "review",
            [("radio", "Изменить"), ("button", "Ответить")],
            "{'decisions': [{'type': 'edit', 'edited_action': {'name': 'send_mail', 'args': {'to': 'ann'}}}]}",
        ),
    ],
)
def test_a_question_is_answered_by_its_buttons(
    browser: Browser, deep: Server, word: str, press: list[tuple[str, str]], answered: str
) -> None:
    page = opened(browser, deep)
    send(page, word)
    page.see(ASKED)
    assert page.evaluate("document.querySelector('#say').disabled")
    for role, name in press:
        page.click(name, role)
    page.wait_text(f"Answered: {answered}")
    assert page.close().exceptions == []


def test_a_question_is_answered_in_words_or_json(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep)
    for written, answered in (("later", "'later'"), ('{"when": 2}', "{'when': 2}")):
        send(page, "plain")
        page.see(ASKED)
        page.fill("#questions textarea", written)
        page.click("Ответить")
        page.wait_text(f"Answered: {answered}")
        page.see(IDLE)
    send(page, "nested")
    page.see(ASKED)
    unread = "Страница прислала запрос, который сервер не понял."
    for written, sentence in (("{", "Это не JSON: {"), ('{"at": 1}', unread)):
        page.fill("#questions textarea", written)
        page.click("Ответить")
        page.wait_text(sentence)
    page.fill("#questions textarea", '{"at": {"x": 1}}')  # nothing is lost: the question still waits
    page.see("#questions button:enabled")
    page.click("Ответить")
    page.wait_text("Answered: {'at': {'x': 1}}")
    page.close()


def test_a_question_whose_run_failed_is_asked_again(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep)
    send(page, "plain")
    page.see(ASKED)
    page.fill("#questions textarea", "break")
    page.click("Ответить")
    page.wait_text("Агент не смог ответить из-за ошибки на сервере.")
    page.see(IDLE)
    page.see("#questions textarea:enabled")
    page.fill("#questions textarea", "mend")
    page.click("Ответить")
    page.wait_text("Answered: 'mend'")
    page.close()


def test_stop_stops_the_run_in_the_server(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep, "endless")
    send(page, "go")
    page.wait_text("3 4 5 ")
    page.click("Остановить")
    page.wait_text("Остановлено.")
    page.see(IDLE)
    assert page.evaluate(f"fetch('{PREFIX}/healthz').then((one) => one.json()).then((one) => one.runs)") == 0
    assert page.evaluate("document.activeElement.id") == "say"
    page.click("Новая беседа")
    assert page.texts("#messages") == [""]
    page.close()


def test_an_answer_goes_on_after_a_reload(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep, "endless")
    send(page, "go")
    page.wait_text("3 4 5 ")
    page.reload("#stop:not([hidden])")
    page.wait_text("30 31 ")
    assert ["go" in text for text in page.texts('.message[data-role="user"]')] == [True]
    page.click("Остановить")
    page.see(IDLE)
    page.close()


def test_an_error_is_its_sentence_and_the_next_message_is_answered(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep)
    send(page, "fail")
    page.see("#trouble:not([hidden])")
    page.see(IDLE)
    assert page.texts("#trouble") == ["Агент не смог ответить из-за ошибки на сервере. Попробуйте ещё раз."]
    assert "sk-secret" not in page.evaluate("document.body.innerText")
    send(page, "hello")
    page.wait_text("Answered: 'hello'")
    assert page.texts("#trouble") == [""]
    page.close()


def test_what_an_agent_says_is_text(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep)
    page.do("click", selector=".card:last-child input")
    send(page, MARKUP)
    page.see(ASKED)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.see("#drawn img")
    assert page.texts(".card .name")[-1] == HOSTILE
    assert page.texts("#messages")[0].count(MARKUP) == 5  # question, answer, tool, its arguments, its result
    assert page.texts("#questions")[0].count(MARKUP) == 3  # the question, its title, its option
    assert page.evaluate("[...document.querySelectorAll('main script, main img')].map((one) => one.alt)") == [
        f"Схема агента {HOSTILE}"
    ]
    assert page.evaluate("document.title") == "Мост"
    log = page.close()
    assert (log.console, log.exceptions, log.outside) == ([], [], [])


WRITTEN = """# Report

**Two** deals, *one* stuck, `id_1`, 2 * 3 * 4; [more](https://example.com/a) and [bad](javascript:alert(1))

- first
  - inner
- second

3. third

| deal | sum |
|---|---|
| **A** | 10 |

> quoted

```
<b>x</b> **not bold**
```"""


def test_an_answers_markdown_is_shown_and_a_persons_is_not(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep, "echo")
    send(page, WRITTEN)
    page.see('.message[data-role="assistant"] pre')
    page.see(IDLE)

    def shown(selector: str) -> list[str]:
        return page.texts(f'.message[data-role="assistant"] {selector}')

    assert shown(".heading") == ["Report"]
    assert shown("strong") == ["Two", "A"]
    assert shown("em") == ["one"]
    assert shown("p code") == ["id_1"]
    assert shown("ul ul > li") == ["inner"]
    assert shown("ol > li") == ["third"]
    assert shown("th") == ["deal", "sum"]
    assert shown("td") == ["A", "10"]
    assert shown("blockquote") == ["quoted"]
    assert shown("pre") == ["<b>x</b> **not bold**"]
    assert shown("b") == []
    assert "2 * 3 * 4" in shown("p")[1]
    assert page.evaluate("[...document.querySelectorAll('.message a')].map((one) => one.href)") == [
        "https://example.com/a"
    ]
    assert "[bad](javascript:alert(1))" in shown("p")[1]
    assert page.texts('.message[data-role="user"]')[0].endswith(WRITTEN)
    assert page.faults_of_access() == []
    log = page.close()
    assert (log.console, log.exceptions, log.outside) == ([], [], [])


def test_a_key_is_asked_for_before_anything_is_shown(browser: Browser, tmp_path: Path) -> None:
    with serve(tmp_path, "--api-key", f"ann={KEY}") as server:
        page = browser.open(server.url, ready="#key:not([hidden])")
        assert "sales-marketing" not in page.evaluate("document.documentElement.outerHTML")
        assert "langgraph" not in page.evaluate("document.documentElement.outerHTML").lower()
        page.fill("#key-field", "wrong")
        page.click("Открыть")
        page.wait_text("Сервер не знает такого ключа.")
        assert not re.search("[a-z]", page.texts("#key")[0])
        page.fill("#key-field", KEY)
        page.press("Enter")
        page.see(SERVED)
        send(page, "Привет")
        page.see('.message[data-role="assistant"]')
        page.see(IDLE)
        page.reload(SERVED)
        page.see('.message[data-role="assistant"]')
        assert KEY not in page.evaluate("decodeURIComponent(location.href)")
        assert KEY not in page.evaluate("document.querySelector('.clients').textContent")
        assert "BRIDGE_API_KEY" in page.evaluate("document.querySelector('.clients').textContent")
        assert page.evaluate("localStorage.length + document.cookie.length") == 0
        page.click("Забыть ключ")
        page.see("#key:not([hidden])")
        page.close()
        assert KEY not in server.log


def test_a_server_that_comes_back_is_found_again(browser: Browser, own_bridge: Server) -> None:
    page = opened(browser, own_bridge)
    send(page, "Помоги с маркетингом")
    page.see('.message[data-role="assistant"]')
    own_bridge.kill()
    page.wait_text("подключаемся снова")
    own_bridge.start()
    page.see(IDLE)
    send(page, "Покажи воронку продаж")
    page.see('.line[data-state="done"]')
    page.see(IDLE)
    own_bridge.kill()
    send(page, "Ещё раз")
    page.wait_text("Сервер не отвечает.")
    assert page.evaluate("document.querySelector('#say').value") == "Ещё раз"
    assert "Ещё раз" not in page.texts("#messages")[0]
    page.close()


def test_each_agent_has_its_own_conversation(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep)
    send(page, "one")
    page.wait_text("Answered: 'one'")
    page.do("click", selector='[name="agent"][value="endless"]')
    page.wait_text(f"{deep.url}/agui/endless")
    assert page.texts("#messages") == [""]
    assert f"{deep.url}/agui/endless" in page.texts(".address")
    page.reload(SERVED)
    assert page.evaluate("document.querySelector(':checked').value") == "endless"
    page.do("click", selector='[name="agent"][value="asker"]')
    page.wait_text("Answered: 'one'")
    page.close()


def test_the_drawing_can_be_read(browser: Browser, deep: Server) -> None:
    page = opened(browser, deep)
    page.do("click", selector="#drawing summary")
    page.see("#drawn code")
    assert page.texts("#drawn code")[0].count("ask") >= 1
    page.do("click", selector='[name="agent"][value="endless"]')
    assert not page.evaluate("document.querySelector('#drawing').checkVisibility()")
    page.close()


LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=str)
def test_it_is_open_to_everybody_at_every_size(browser: Browser, deep: Server, width: int, scheme: str) -> None:
    page = browser.open(
        deep.url + "/", ready=SERVED, width=width, height=800, scheme=scheme, languages=["en-US", "en", "ru"]
    )
    page.evaluate("document.querySelector('.client details').open = true")
    send(page, "review")
    page.see(ASKED)
    assert page.evaluate("document.documentElement.lang") == "en"
    assert not page.evaluate("/[а-я]/i.test(document.body.innerText)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.activeElement.textContent").startswith("Send?")  # read aloud; Tab goes to its fields
    assert page.faults_of_access() == []
    page.screenshot(f"front-{width}-{scheme}")
    page.click("Edit", "radio")
    page.click("Answer")
    page.wait_text("Answered: ")
    assert page.faults_of_access() == []
    page.close()


def test_every_operation_is_in_the_docs(browser: Browser, deep: Server) -> None:
    page = browser.open(deep.url + "/docs/", ready="#operations details")
    described = page.evaluate("fetch('../openapi.json').then((one) => one.json())")
    operations = [f"{method.upper()} {path}" for path, methods in described["paths"].items() for method in methods]
    shown = page.evaluate(
        "[...document.querySelectorAll('section > details > summary')]"
        ".map((one) => one.firstChild.textContent + ' ' + one.querySelector('code').textContent)"
    )
    assert sorted(shown) == sorted(operations)
    assert "`" not in "".join(page.texts("section > details > summary"))
    page.fill("#filter", "post /agui/{agent}")
    assert len(page.texts("section:not([hidden]) > details:not([hidden])")) == 1
    page.do("click", selector="section > details:not([hidden]) > summary")
    page.see("section > details[open] pre")
    opened = page.texts("section > details[open]")[0]
    assert "threadId" in opened
    assert "UserMessage" in opened  # a schema that another one names
    assert page.faults_of_access() == []
    page.do("click", role="link", label="Главная")
    page.see(SERVED)
    log = page.close()
    assert (log.console, log.exceptions, log.outside) == ([], [], [])
