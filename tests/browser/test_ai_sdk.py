"""The AI SDK's example page in Chromium, with `useChat` of AI SDK 5, 6 and 7, against the sales agent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser.static import build, preview, serve_files

if TYPE_CHECKING:
    from tests.browser.browser import Browser, Page
    from tests.server import Server

MAJORS = pytest.mark.parametrize("major", [5, 6, 7])
QUOTE = "Сделай КП на 10 CRM Бизнес для «Кофейня-Импульс» со скидкой 15 %"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The page, once for each major version."""
    with serve_files(build("tests/browser/pages-ai", "../../examples/ai-sdk/src")) as url:
        yield url


def opened(browser: Browser, site: str, major: int, server: Server) -> Page:
    query = urlencode({"api": f"{server.url}/api/chat", "chat": uuid.uuid4().hex})
    return browser.open(f"{site}/{major}/index.html?{query}", ready="textarea")


def say(page: Page, text: str) -> None:
    page.fill("textarea", text)
    page.press("Enter")


IDLE = "!document.querySelector('main[aria-busy=true]')"


def answered(page: Page, count: int) -> str:
    """The text of the answer, when the page has so many and is idle."""
    page.wait(f"document.querySelectorAll('li.assistant').length === {count} && {IDLE}")
    return page.texts("li.assistant")[-1]


@MAJORS
def test_it_answers_word_by_word_and_shows_the_agent_s_tools(
    browser: Browser, site: str, bridge: Server, major: int
) -> None:
    page = opened(browser, site, major, bridge)
    page.evaluate(
        "window.seen = new Set(); new MutationObserver(() => {"
        "  const last = [...document.querySelectorAll('li.assistant')].at(-1);"
        "  if (last) window.seen.add(last.textContent.length);"
        "}).observe(document.body, {subtree: true, childList: true, characterData: true}); null"
    )
    say(page, "Покажи воронку продаж")
    text = answered(page, 1)
    assert "₽" in text
    assert "pipeline_report ✓" in text
    assert page.evaluate("window.seen.size") >= 5
    say(page, "Спасибо")
    assert answered(page, 2)
    page.screenshot(f"ai-sdk-{major}")
    log = page.close()
    assert (log.console, log.exceptions, log.outside) == ([], [], [])


@MAJORS
def test_a_tool_of_the_page_runs_and_its_answer_goes_back(
    browser: Browser, site: str, bridge: Server, major: int
) -> None:
    page = opened(browser, site, major, bridge)
    say(page, "Покрась фон страницы в красный цвет")
    page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(255, 0, 0)'")
    page.wait_text("Готово")
    page.wait(IDLE)
    assert page.texts("[role=alert]") == []
    assert page.close().exceptions == []


@pytest.mark.parametrize("major", [6, 7])
@pytest.mark.parametrize("button", ["Approve", "Refuse"])
def test_an_approval_has_two_buttons(browser: Browser, site: str, bridge: Server, major: int, button: str) -> None:
    page = opened(browser, site, major, bridge)
    say(page, QUOTE)
    page.wait_text("The agent wants to call make_quote")
    page.screenshot(f"ai-sdk-approval-{major}")
    page.click(button)
    page.wait(f"!document.querySelector('fieldset') && {IDLE}")
    text = page.texts("li.assistant")[-1]
    assert ("не согласова" in text) == (button == "Refuse"), text
    assert len(page.texts("li.assistant")) == 1
    assert page.close().exceptions == []


@pytest.mark.parametrize("major", [6, 7])
def test_a_reload_before_the_answer_keeps_the_buttons(browser: Browser, site: str, bridge: Server, major: int) -> None:
    page = opened(browser, site, major, bridge)
    say(page, "Покажи воронку")
    assert answered(page, 1)
    say(page, QUOTE)
    page.wait_text("The agent wants to call make_quote")
    page.reload(ready="textarea")
    page.wait_text("The agent wants to call make_quote")
    page.click("Approve")
    page.wait(f"!document.querySelector('fieldset') && {IDLE}")
    assert "согласована" in page.texts("li.assistant")[-1]
    assert len(page.texts("li.assistant")) == 2
    assert page.close().exceptions == []


def test_before_6_the_question_is_asked_in_words(browser: Browser, site: str, bridge: Server) -> None:
    page = opened(browser, site, 5, bridge)
    say(page, QUOTE)
    assert "15" in answered(page, 1)
    say(page, "да")
    assert "не согласова" not in answered(page, 2)
    assert page.close().exceptions == []


@MAJORS
def test_a_reload_in_mid_answer_loses_nothing(browser: Browser, site: str, bridge: Server, major: int) -> None:
    page = opened(browser, site, major, bridge)
    say(page, "Помоги с маркетингом")
    page.wait("document.querySelector('li.assistant')?.textContent.length > 20")
    page.reload(ready="textarea")
    whole = answered(page, 1)
    assert len(page.texts("li.user")) == 1
    page.reload(ready="textarea")
    assert answered(page, 1) == whole  # as the thread has it
    say(page, "Спасибо")
    assert answered(page, 2)
    assert page.close().exceptions == []


@MAJORS
def test_stop_stops_the_answer(browser: Browser, site: str, bridge: Server, major: int) -> None:
    page = opened(browser, site, major, bridge)
    say(page, "Помоги с маркетингом")
    page.wait("document.querySelector('li.assistant')?.textContent.length > 20")
    page.click("Stop")
    page.wait(IDLE)
    length = len(page.texts("li.assistant")[-1])
    say(page, "Покажи воронку продаж")
    assert "₽" in answered(page, 2)
    assert len(page.texts("li.assistant")[0]) == length
    assert page.close().exceptions == []


def test_the_example_works_as_it_is(browser: Browser, bridge: Server) -> None:
    """With its own dependencies, behind its own proxy."""
    with preview("examples/ai-sdk", bridge.url) as url:
        page = browser.open(url, ready="textarea")
        say(page, "Какие кампании сработали лучше?")
        assert answered(page, 1)
        log = page.close()
        assert (log.console, log.exceptions, log.outside) == ([], [], [])
