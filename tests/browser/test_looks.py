"""How the example's page looks and reads: nothing cut, one language, one number, open to keyboards and readers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from http.server import ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.browser.static import QuietHandler, build
from tests.tools import ROOT

if TYPE_CHECKING:
    from tests.browser.browser import Browser, Page

INPUT = '[data-testid="copilot-chat-textarea"]'
DISCOUNT = "Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %"
WIDTHS = pytest.mark.parametrize("width", [1280, 390])

CUT = """(() => {
  // Whatever has a frame or a text of its own, and is wider than the room it has.
  const parts = '.figure, .figure *, .stages button, .stages button *, .card, .card-line, .badge, .notice, .panel, ' +
    '.headline, .sums, .sums *, .empty, .chat [class*=prose] > * p, dialog[open], dialog[open] footer';
  return [...document.querySelectorAll(parts)]
    .filter((part) => part.checkVisibility() && getComputedStyle(part).display !== 'inline')
    .filter((part) => part.scrollWidth > part.clientWidth + 1)
    .map((part) => `${part.tagName}.${part.className}: ${part.textContent.slice(0, 60)}`);
})()"""
WIDE_TABLES = """(() => [...document.querySelectorAll('.table-frame')].filter((frame) => frame.checkVisibility()).map(
  (frame) => ({ wide: frame.scrollWidth > frame.clientWidth + 1, marked: frame.dataset.wide === 'true',
    reachable: frame.tabIndex === 0, inside: frame.getBoundingClientRect().right <= innerWidth })))()"""


def ask(page: Page, text: str, tool: str) -> None:
    """Ask, and wait for the tool's card and the end of the answer."""
    page.say(text)
    page.see(f'[data-tool="{tool}"][data-state="done"]')
    page.wait_idle()


@WIDTHS
def test_nothing_is_cut(browser: Browser, example: str, width: int) -> None:
    page = browser.open(example, width=width, height=860)
    if width > 1200:
        page.see(".threads")
    for text, tool in (
        ("Покажи воронку продаж и прогноз", "pipeline_report"),
        ("Отчёт по кампаниям", "campaign_report"),
    ):
        ask(page, text, tool)
        page.wait("document.querySelector('.table-frame table')")
        assert page.evaluate(CUT) == []
        for table in page.evaluate(WIDE_TABLES):
            assert table["wide"] == table["marked"] == table["reachable"]
            assert table["inside"]
        page.screenshot(f"looks-{width}-{tool}")
        if width < 900:
            page.click("Доска")
            assert page.evaluate(CUT) == []
            page.screenshot(f"looks-{width}-{tool}-board")
            page.click("Чат")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


@WIDTHS
def test_the_buttons_of_an_approval_stand_in_one_row(browser: Browser, example: str, width: int) -> None:
    page = browser.open(example, width=width, height=844)
    page.say(DISCOUNT)
    page.see("dialog[open]")
    page.screenshot(f"looks-{width}-approval")
    tops = page.evaluate(
        "[...document.querySelectorAll('dialog footer button')].map((one) => one.getBoundingClientRect().top)"
    )
    assert len(tops) == 3
    assert len(set(tops)) == 1
    assert page.evaluate(CUT) == []
    page.close()


def test_no_raw_markdown_while_a_table_streams(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.evaluate(
        """void (() => {
          window.raw = [];
          const look = () => {
            for (const answer of document.querySelectorAll('[data-testid="copilot-assistant-message"] [class*=prose]'))
              if (/[|]|:?-{3,}:?/.test(answer.innerText)) window.raw.push(answer.innerText);
          };
          new MutationObserver(look).observe(document.body, { childList: true, characterData: true, subtree: true });
        })()"""
    )
    ask(page, "Покажи воронку продаж и прогноз", "pipeline_report")
    page.see(".chat .table-frame td")
    assert page.evaluate("window.raw") == []
    page.close()


def test_a_rate_is_the_same_on_the_board_and_in_the_chat(browser: Browser, example: str) -> None:
    page = browser.open(example)
    ask(page, "Отчёт по кампаниям", "campaign_report")
    chat = " ".join(page.answers()).replace("\u00a0", " ")
    rates = page.evaluate("[...document.querySelectorAll('.board td:nth-child(3)')].map((cell) => cell.innerText)")
    assert len(rates) > 3
    for rate in rates:
        assert rate.replace("\u00a0", " ") in chat
    page.close()


def test_the_page_begins_in_the_language_of_the_browser(browser: Browser, example: str) -> None:
    for languages, language in ((["de", "en-US", "ru"], "en"), (["ru-RU", "en"], "ru"), (["fr"], "en")):
        page = browser.open(example, languages=languages)
        assert page.evaluate("document.documentElement.lang") == language
        page.evaluate("localStorage.clear()")
        page.close()


def test_english_is_english_to_the_unit(browser: Browser, example: str) -> None:
    page = browser.open(example, languages=["en-GB"])
    ask(page, "Show the sales pipeline and the forecast", "pipeline_report")
    assert "Negotiation" in page.texts(".stages")[0]
    page.say("Find leads in Kazan and make the first one a quote for 10 CRM Business")
    page.see('[data-tool="make_quote"][data-state="done"]')
    page.wait_idle()
    sheet = page.texts(".sheet")[0]
    assert "CRM Business" in sheet
    assert "licence/year" in sheet
    assert "₽18,900" in sheet
    rows = " ".join(page.texts(".sheet table"))
    assert not re.search("[а-яё]", rows, re.IGNORECASE)
    page.screenshot("looks-english-quote")
    page.evaluate("localStorage.clear()")
    page.close()


def test_axe_finds_nothing_serious(browser: Browser, example: str) -> None:
    faults: dict[str, list[str]] = {}
    page = browser.open(example)
    page.see('[data-testid="copilot-suggestion"]')
    faults["start"] = page.faults_of_access()
    ask(page, "Покажи воронку продаж и прогноз", "pipeline_report")
    faults["pipeline"] = page.faults_of_access()
    page.click("Тёмная тема")
    faults["dark"] = page.faults_of_access()
    page.click("Светлая тема")
    ask(page, "Отчёт по кампаниям", "campaign_report")
    faults["campaigns"] = page.faults_of_access()
    ask(page, "Найди лидов в Казани", "find_leads")
    ask(page, "Квалифицируй первого", "qualify_lead")
    faults["lead"] = page.faults_of_access()
    page.say("Сделай первому КП на 10 CRM Бизнес со скидкой 15 %")
    page.see("dialog[open]")
    faults["approval"] = page.faults_of_access()
    page.press("Escape")
    page.fill(INPUT, "Ещё вопрос")
    page.press("Enter")
    faults["waiting"] = page.faults_of_access()
    page.click("Решить")
    page.click("Отклонить")
    page.see('[data-tool="make_quote"][data-state="refused"]')
    page.wait_idle()
    faults["refused"] = page.faults_of_access()
    page.close()
    phone = browser.open(example, width=390, height=844)
    ask(phone, "Покажи воронку продаж и прогноз", "pipeline_report")
    faults["phone"] = phone.faults_of_access()
    phone.click("Доска")
    faults["phone board"] = phone.faults_of_access()
    phone.click("Показать разговоры")
    faults["phone threads"] = phone.faults_of_access()
    phone.close()
    assert {where: found for where, found in faults.items() if found} == {}


def test_headings_are_in_order(browser: Browser, example: str) -> None:
    page = browser.open(example)
    ask(page, "Покажи воронку продаж и прогноз", "pipeline_report")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    for above, below in pairwise(levels):
        assert below <= above + 1
    page.close()


def test_a_day_with_the_keyboard_alone(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.see('[data-testid="copilot-suggestion"]')
    page.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "К сообщению агенту"
    page.screenshot("looks-skip-link")
    page.press("Enter")
    assert page.evaluate(f"document.activeElement.matches('{INPUT}')")
    page.type(DISCOUNT)
    page.press("Enter")
    page.see("dialog[open]")
    page.wait("document.activeElement.matches('dialog input')")
    page.press("Control+A")
    page.type("12")
    page.press("Enter")
    page.see('.sheet .badge[data-tone="approved"]')
    page.wait_idle()
    assert "12" in page.texts(".sums")[0]
    page.wait(f"document.activeElement.matches('{INPUT}')")
    page.type("Спасибо")
    page.press("Enter")
    page.wait("document.querySelectorAll('[data-testid=copilot-user-message]').length === 2")
    page.wait_idle()
    unnamed = page.evaluate(
        """[...document.querySelectorAll('button')].filter((button) => button.checkVisibility() &&
          !(button.ariaLabel || button.innerText.trim() || button.title)).map((button) => button.outerHTML)"""
    )
    assert unnamed == []
    page.close()


def test_make_demo_takes_a_free_port_and_says_so() -> None:
    build("examples/copilotkit")  # `make demo` builds it only where a source is newer: others are shown it meanwhile
    with ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler) as other:  # somebody else's server: it answers to /healthz
        threading.Thread(target=other.serve_forever, daemon=True).start()
        port = other.server_port
        lines = run_demo(port)
        other.shutdown()
    assert f"Port {port} is taken" in lines
    served = re.search(r"Serving sales-marketing on http://127\.0\.0\.1:(\d+)", lines)
    assert served is not None
    assert int(served[1]) != port
    assert re.search(r"Local:\s+http://127\.0\.0\.1:\d+/", lines)


def run_demo(port: int) -> str:
    """What `make demo` writes until its page is served; then it is interrupted, as with Ctrl-C."""
    ready = [".venv/.installed", "examples/copilotkit/node_modules/.installed"]
    command = ["make", "--no-print-directory", *(f"--old-file={name}" for name in ready), "demo", f"PORT={port}"]
    lines = []
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line))
            if "Local:" in lines[-1]:
                break
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
        process.stdout.close()
    return "".join(lines)
