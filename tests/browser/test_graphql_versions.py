"""The versions of CopilotKit before 1.10, one run each: what all of them could do, they can do here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.browser.static import build, serve_files

if TYPE_CHECKING:
    from tests.browser.browser import Browser
    from tests.server import Server

pytestmark = pytest.mark.clients
VERSIONS = ("1.3", "1.5", "1.8", "1.9.3")
QUOTE = "Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %"


@pytest.mark.parametrize("agent", ["sales-marketing", None], ids=["agent", "no agent"])
@pytest.mark.parametrize("version", VERSIONS)
def test_it_answers_calls_and_shares_its_state(
    browser: Browser, bridge: Server, version: str, agent: str | None
) -> None:
    with serve_files(build(f"tests/browser/pages-old/{version}", "page", "vite.mjs")) as url:
        query = {"runtimeUrl": f"{bridge.url}/api/copilotkit/", **({"agent": agent} if agent else {})}
        page = browser.open(f"{url}/chat.html?{urlencode(query)}", ready="textarea")
        page.say("Помоги с маркетингом")
        page.wait_growing()
        page.wait_text("советую начать с первого пункта")
        page.wait_idle()
        page.screenshot(f"graphql-{version}")
        assert len(re.findall("[а-яё]", page.answers()[-1], re.IGNORECASE)) > 20
        page.say("Покрась фон страницы в красный цвет")
        page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(255, 0, 0)'")
        page.wait_text("Готово")
        page.wait_idle()
        assert len(page.evaluate("window.calls")) == 1
        page.say("Покажи воронку продаж")
        page.wait_text("Самая крупная открытая сделка")
        page.wait("document.querySelector('[data-testid=state]').innerText.includes('pipeline')")
        page.wait_idle()
        page.screenshot(f"graphql-{version}-all")
        assert page.banners() == []
        assert "No Content" not in page.evaluate("document.body.innerText")
        heard = page.close()
        assert heard.exceptions == heard.outside == []
        assert [line for line in heard.console if not line.startswith("Warning:")] == []


@pytest.mark.parametrize("version", ["1.8", "1.9.3"])
def test_a_person_decides(browser: Browser, bridge: Server, version: str) -> None:
    with serve_files(build(f"tests/browser/pages-old/{version}", "page", "vite.mjs")) as url:
        query = {"runtimeUrl": f"{bridge.url}/api/copilotkit", "agent": "sales-marketing"}
        page = browser.open(f"{url}/chat.html?{urlencode(query)}", ready="textarea")
        page.say(QUOTE)
        page.wait_text("Approve")
        page.click("Approve")
        page.wait_text("КП-")
        page.screenshot(f"graphql-{version}-approved")
        page.close()
