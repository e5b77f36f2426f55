"""The chat as people have it, old API and new, over both transports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import page_address

if TYPE_CHECKING:
    from tests.browser.browser import Browser
    from tests.server import Server

APIS = pytest.mark.parametrize("api", ["v1", "v2"])


@APIS
@pytest.mark.parametrize("single", [False, True], ids=["rest", "single"])
def test_it_answers_in_russian_word_by_word(
    browser: Browser, pages: str, bridge: Server, api: str, single: bool
) -> None:
    page = browser.open(page_address(pages, api, bridge, single=single))
    page.say("Помоги с маркетингом")
    page.wait_answer()
    answer = page.answers()[-1]
    lengths = page.lengths()
    page.screenshot(f"chat-{api}-{'single' if single else 'rest'}")
    assert len(re.findall("[а-яё]", answer, re.IGNORECASE)) > 20
    assert len(lengths) >= 5
    assert lengths == sorted(lengths)
    assert page.banners() == []
    page_log = page.close()
    assert page_log.console == []
    assert page_log.exceptions == []
    assert page_log.outside == []


@APIS
def test_the_address_people_already_have(browser: Browser, pages: str, bridge: Server, api: str) -> None:
    address = page_address(pages, api, bridge).replace("copilotkit", "copilotkit-streaming%2F")
    page = browser.open(address)
    page.say("Помоги с маркетингом")
    page.wait_answer()
    assert page.banners() == []
    assert page.close().console == []


@APIS
def test_a_tool_of_the_page_runs_and_its_answer_goes_back(
    browser: Browser, pages: str, bridge: Server, api: str
) -> None:
    page = browser.open(page_address(pages, api, bridge))
    page.say("Покрась фон страницы в красный цвет")
    page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(255, 0, 0)'")
    page.wait_text("Готово")
    page.screenshot(f"tool-{api}")
    assert page.banners() == []
    assert page.close().console == []


@APIS
@pytest.mark.parametrize("decision", ["Approve", "Refuse"])
def test_a_person_decides(browser: Browser, pages: str, bridge: Server, api: str, decision: str) -> None:
    page = browser.open(page_address(pages, api, bridge))
    page.say("Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %")
    page.wait_text("Approve")
    page.screenshot(f"approval-{api}")
    page.click(decision)
    page.wait_text("КП-" if decision == "Approve" else "не согласова")
    page.wait("document.querySelector('[data-testid=state]').innerText.includes('quote')")
    assert page.texts('[data-testid="approval"]') == []
    assert page.banners() == []
    assert page.close().console == []


@APIS
def test_the_state_of_the_agent_reaches_the_page(browser: Browser, pages: str, bridge: Server, api: str) -> None:
    page = browser.open(page_address(pages, api, bridge))
    page.say("Покажи воронку продаж")
    page.wait("document.querySelector('[data-testid=state]').innerText.includes('pipeline')")
    page.wait_answer()
    assert page.close().exceptions == []
