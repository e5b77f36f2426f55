"""The front end to copy (`examples/copilotkit`), as `make demo` shows it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from tests.browser.browser import Browser, Page

QUOTE = "Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %"


def finish(page: Page) -> None:
    """Close, and see that nothing went wrong unheard."""
    page_log = page.close()
    assert page_log.console == []
    assert page_log.exceptions == []
    assert page_log.outside == []


def test_it_is_typed() -> None:
    directory = require_npm("examples/copilotkit")
    checked = subprocess.run(
        [require_node(), "node_modules/typescript/bin/tsc", "--noEmit"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_the_board_shows_what_the_agent_does(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.wait_text("Воронка пока пуста")
    page.wait("document.querySelectorAll('[data-testid=copilot-suggestion]').length === 4")
    page.screenshot("example-empty")
    page.click("Покажи воронку")
    page.wait("document.querySelectorAll('.stages li').length === 6")
    page.do("see", selector='[data-tool="pipeline_report"][data-state="done"]')
    page.wait_idle()
    page.screenshot("example-pipeline")
    page.say("Найди лидов в Казани")
    page.wait_text("Найденные лиды")
    page.wait_idle()
    page.say("Квалифицируй первого")
    page.do("see", selector='[data-tool="qualify_lead"][data-state="done"] .ring')
    page.do("see", selector=".board .callout")
    page.wait_idle()
    page.screenshot("example-lead")
    page.say("Отчёт по кампаниям")
    page.do("see", selector='[data-tool="campaign_report"][data-state="done"]')
    page.wait_text("Последние кампании")
    page.wait_idle()
    finish(page)


def test_a_discount_is_approved_in_a_dialog_even_after_a_reload(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.say(QUOTE)
    page.do("see", selector='dialog[open][data-reason="discount_approval"]')
    page.reload()
    page.do("see", selector='dialog[open][data-reason="discount_approval"]')
    page.screenshot("example-approval")
    page.do("fill", selector="dialog input", text="12")
    page.do("fill", selector="dialog textarea", text="Согласовано на квартал")
    page.click("Согласовать")
    page.do("see", selector='.sheet .badge[data-tone="approved"]')
    page.wait_idle()
    page.screenshot("example-quote")
    sheet = page.texts(".sheet")[0]
    assert "12" in sheet
    assert "Согласовано на квартал" in sheet
    finish(page)


def test_a_campaign_is_refused_later(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.say("Составь письмо для спящих клиентов")
    page.do("see", selector=".board .letter")
    page.wait_idle()
    page.say("Запланируй кампанию на вторник")
    page.do("see", selector='dialog[open][data-reason="campaign_approval"]')
    page.do("press", key="Escape")
    page.wait("!document.querySelector('dialog[open]')")
    page.click("Решить")
    page.click("Отклонить")
    page.do("see", selector='.board .badge[data-tone="rejected"]')
    page.wait_idle()
    page.screenshot("example-campaign")
    finish(page)


def test_the_agent_changes_the_page(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.say("Включи тёмную тему")
    page.wait("document.documentElement.classList.contains('dark')")
    page.wait_text("Готово")
    page.wait_idle()
    page.click("Eng")
    page.wait("document.documentElement.lang === 'en'")
    page.say("Show the sales pipeline")
    page.wait("document.querySelector('.stages')?.innerText.includes('Negotiation')")
    page.wait_idle()
    page.screenshot("example-dark-english")
    finish(page)


def test_conversations_are_listed_opened_renamed_and_deleted(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.say("Найди лидов в Самаре")
    page.wait("document.querySelector('.threads [data-current=true]')?.innerText.includes('Самаре')")
    page.wait_idle()
    page.click("Новый разговор")
    page.wait_text("Чем помочь сегодня?")
    page.wait_text("Лид не выбран" if page.texts("[aria-selected=true]") == ["Лид"] else "Воронка пока пуста")
    page.do("click", selector='.threads li:has-text("Самаре") .thread')
    page.wait_text("Найденные лиды" if page.texts("[aria-selected=true]") == ["Лид"] else "Самаре")
    page.click("Переименовать: Найди лидов в Самаре")
    page.do("fill", selector=".threads input", text="Самара, осень")
    page.do("press", key="Enter")
    page.reload()
    page.wait("document.querySelector('.threads [data-current=true]')?.innerText.includes('Самара, осень')")
    page.screenshot("example-threads")
    page.click("Удалить: Самара, осень")
    page.click("Удалить")
    page.wait("!document.querySelector('.threads').innerText.includes('Самара, осень')")
    page.reload()
    page.wait("document.querySelector('.threads .button')")
    page.wait_text("Чем помочь сегодня?")
    finish(page)


def test_on_a_phone_chat_and_board_take_turns(browser: Browser, example: str) -> None:
    page = browser.open(example, width=390, height=844)
    page.say("Покажи воронку продаж")
    page.do("see", selector='[data-tool="pipeline_report"][data-state="done"]')
    page.wait_idle()
    page.screenshot("example-phone-chat")
    page.click("На доске")
    page.wait("document.querySelector('.stages').getBoundingClientRect().width > 300")
    page.screenshot("example-phone-board")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finish(page)


def test_stop(browser: Browser, example: str) -> None:
    page = browser.open(example)
    page.say("Покажи воронку продаж и прогноз")
    page.wait_growing()
    page.click("Остановить")
    page.wait_idle()
    assert page.texts(".chat [role=alert]") == []
    finish(page)
