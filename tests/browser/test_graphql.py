"""CopilotKit 1.10, the last one that chats over GraphQL: what its pages could do with an agent, they can do here."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
import pytest

from tests.browser.conftest import PACED, page_address
from tests.browser.static import build, serve_files
from tests.server import free_port, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.browser import Browser, Page
    from tests.server import Server

AGENT = "sales-marketing"
QUOTE = "Найди лидов в Казани и сделай первому КП на 10 CRM Бизнес со скидкой 15 %"
STATE = '[data-testid="state"]'
RUNNING = "document.querySelector('[data-testid=running]').innerText === 'true'"
WITH_AGENT = pytest.mark.parametrize("agent", [AGENT, None], ids=["agent", "no agent"])


@pytest.fixture(scope="module")
def old_pages() -> Iterator[str]:
    with serve_files(build("tests/browser/pages-1.10")) as url:
        yield url


@pytest.fixture(scope="module")
def puppet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose agent does what it is asked by one word."""
    with serve(tmp_path_factory.mktemp("puppet"), "puppet=tests.browser.puppet:puppet") as server:
        yield server


def address(pages: str, server: Server, path: str = "/api/copilotkit", **query: str | None) -> str:
    asked = {name: value for name, value in query.items() if value is not None}
    return f"{pages}/chat.html?{urlencode({'runtimeUrl': server.url + path, **asked})}"


def end(page: Page, *, quiet: bool = True, own: str = "\n") -> None:
    """Close the page: it has asked nobody outside, and where all went well it has complained of nothing.

    ``own``: how a complaint begins that the page makes of what it does itself.
    """
    assert not quiet or page.banners() == []
    heard = page.close()
    assert heard.outside == []
    assert heard.exceptions == []
    assert not quiet or [line for line in heard.console if not line.startswith(own)] == []


# Chat


@WITH_AGENT
@pytest.mark.parametrize("path", ["/api/copilotkit", "/api/copilotkit-streaming/"])
def test_it_answers_in_russian_word_by_word(
    browser: Browser, old_pages: str, bridge: Server, path: str, agent: str | None
) -> None:
    page = browser.open(address(old_pages, bridge, path, agent=agent))
    page.say("Помоги с маркетингом")
    page.wait_answer()
    page.screenshot("graphql-chat")
    assert len(re.findall("[а-яё]", page.answers()[-1], re.IGNORECASE)) > 20
    assert page.lengths() == sorted(page.lengths())
    end(page)


@WITH_AGENT
def test_several_messages_and_a_card_in_one_turn(
    browser: Browser, old_pages: str, puppet: Server, agent: str | None
) -> None:
    page = browser.open(address(old_pages, puppet, agent=agent and "puppet"))
    page.say("работай")
    page.wait_text("Бета")
    page.wait_idle()
    page.screenshot("graphql-several")
    assert page.texts('[data-testid="tool"]') == ['look_up: complete — "найдено 7"']
    assert page.texts(".copilotKitAssistantMessage strong") == ["посмотрю"]
    assert page.texts(".copilotKitAssistantMessage li") == ["Альфа", "Бета"]
    page.say("и ещё раз")
    page.wait_text("Вы сказали: и ещё раз")
    page.wait_idle()
    assert len(page.texts('[data-testid="tool"]')) == 1
    end(page)


def test_stop_keeps_what_was_said(browser: Browser, old_pages: str, tmp_path: Path) -> None:
    with serve(tmp_path, env={"DEMO_MODEL_DELAY": "0.05"}) as server:
        page = browser.open(address(old_pages, server, agent=AGENT, thread="stopped"))
        page.say("Покажи воронку продаж и прогноз")
        page.wait_growing()
        page.do("click", selector=".copilotKitInputControls button:last-of-type")
        page.wait_idle()
        said = page.answers()[-1]
        page.screenshot("graphql-stop")
        assert said
        page.say("Что ты умеешь?")  # at once: nobody waits until the server is sure
        page.wait_text("Вот что я умею")
        page.wait_idle()
        assert page.answers()[-2].startswith(said[:20])
        # CopilotKit 1.10 says this of its own stop, whoever the server is; pages in production do not show it
        assert {banner.split("\n")[0] for banner in page.banners()} <= {"[Network] undefined"}
        page.close()


# Tools of the page


@WITH_AGENT
def test_two_tools_of_the_page_run_once_each_and_the_answer_follows(
    browser: Browser, old_pages: str, puppet: Server, agent: str | None
) -> None:
    page = browser.open(address(old_pages, puppet, agent=agent and "puppet"))
    page.say("двое")
    page.wait_text("Готово: painted red; noted вторая")
    page.wait_idle()
    page.screenshot("graphql-tools")
    assert page.evaluate("window.calls") == ["paint_page red", "write_note вторая"]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 0, 0)"
    end(page)


def test_a_tool_of_the_page_that_the_model_chose(browser: Browser, old_pages: str, bridge: Server) -> None:
    page = browser.open(address(old_pages, bridge, agent=AGENT))
    page.say("Покрась фон страницы в красный цвет")
    page.wait("getComputedStyle(document.body).backgroundColor === 'rgb(255, 0, 0)'")
    page.wait_text("Готово")
    page.wait_idle()
    assert len(page.evaluate("window.calls")) == 1
    end(page)


def test_a_tool_of_the_page_that_throws(browser: Browser, old_pages: str, puppet: Server) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet"))
    page.say("сломай")
    page.wait_text("Готово:")
    page.wait_idle()
    page.screenshot("graphql-tool-throws")
    assert page.evaluate("window.calls") == ["break_page"]
    page.say("и дальше")
    page.wait_text("Вы сказали: и дальше")
    end(page, quiet=False)


def test_a_tool_that_waits_for_the_person(browser: Browser, old_pages: str, puppet: Server) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet"))
    page.say("спроси")
    page.wait_text("Продолжать?")
    page.screenshot("graphql-tool-waits")
    page.click("Ответить да")
    page.wait_text("Готово: да")
    page.wait_idle()
    assert page.texts('[data-testid="asked"]') == ["Продолжать? (complete)"]
    end(page)


# Shared state


@WITH_AGENT
def test_state_goes_both_ways(browser: Browser, old_pages: str, puppet: Server, agent: str | None) -> None:
    page = browser.open(address(old_pages, puppet, agent=agent and "puppet", coAgent="puppet"))
    page.click("Set note")
    page.say("заметка")
    page.wait_text("В заметке: от страницы")
    page.wait_idle()
    page.say("запиши")
    page.wait_text("Записал.")
    page.wait("document.querySelector('[data-testid=note]').innerText === 'от агента'")
    page.screenshot("graphql-state")
    end(page)


def test_state_renders_while_the_agent_works(browser: Browser, old_pages: str, puppet: Server) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet"))
    page.say("работай")
    for step in ("первый шаг", "второй шаг", "третий шаг"):
        page.wait(f"document.querySelector('[data-testid=progress]')?.innerText === '{step}' && {RUNNING}")
    page.wait("document.querySelector('[data-testid=progress]')?.innerText === 'готово'")
    page.wait_idle()
    page.wait(f"!({RUNNING})")
    page.screenshot("graphql-progress")
    end(page)


def test_the_state_of_the_sales_agent_reaches_the_page(browser: Browser, old_pages: str, bridge: Server) -> None:
    page = browser.open(address(old_pages, bridge, agent=AGENT))
    page.say("Покажи воронку продаж")
    page.wait(f"document.querySelector('{STATE}').innerText.includes('pipeline')")
    page.wait_answer()
    end(page)


# Approval


@WITH_AGENT
@pytest.mark.parametrize("decision", ["Approve", "Refuse"])
def test_a_person_decides(browser: Browser, old_pages: str, bridge: Server, decision: str, agent: str | None) -> None:
    page = browser.open(address(old_pages, bridge, agent=agent))
    page.say(QUOTE)
    page.wait_text("Approve")
    page.screenshot("graphql-approval")
    page.click(decision)
    page.wait_text("КП-" if decision == "Approve" else "не согласова")
    page.wait_idle()
    page.wait(f"document.querySelector('{STATE}').innerText.includes('quote')")
    page.screenshot(f"graphql-{decision}")
    assert page.texts('[data-testid="approval"]') == []
    end(page)


def test_two_questions_at_once_each_gets_its_own_answer(browser: Browser, old_pages: str, puppet: Server) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet"))
    page.say("решай")
    page.wait_text("Согласовать ")
    shown = page.texts('[data-testid="approval"]')[0]
    first, other = ("Альфа", "Бета") if "Альфа" in shown else ("Бета", "Альфа")
    page.screenshot("graphql-two-questions")
    page.click(f"Да, {first}")
    page.wait_text(f"Согласовать {other}?")
    page.click(f"Нет, {other}")
    page.wait_text("Решено:")
    page.wait_idle()
    assert set(page.answers()[-1].removeprefix("Решено: ").split("; ")) == {f"{first} да", f"{other} нет"}
    end(page)


def test_a_question_survives_a_reload(browser: Browser, old_pages: str, bridge: Server) -> None:
    page = browser.open(address(old_pages, bridge, agent=AGENT, thread="reloaded-question"))
    page.say(QUOTE)
    page.wait_text("Approve")
    page.wait_idle()
    page.reload()
    page.wait("document.querySelectorAll('.copilotKitAssistantMessage').length > 1")
    page.screenshot("graphql-question-reloaded")
    assert page.texts('[data-testid="approval"]') == []
    page.say("Так что там?")
    page.wait_text("Approve")
    page.screenshot("graphql-question-again")
    page.click("Approve")
    page.wait_text("КП-")
    page.wait_idle()
    assert "Так что там?" not in page.texts(".copilotKitUserMessage")
    page.say("Что ты умеешь?")
    page.wait_text("Вот что я умею")
    end(page)


# Threads


def test_reload_and_a_second_window_have_history_and_state(browser: Browser, old_pages: str, puppet: Server) -> None:
    where = address(old_pages, puppet, agent="puppet", thread="two-windows")
    page = browser.open(where)
    page.say("работай")
    page.wait_text("Бета")
    page.wait_idle()
    page.say("двое")
    page.wait_text("Готово: painted red; noted вторая")
    page.wait_idle()
    before = page.answers()
    page.reload()
    page.wait_text("Готово: painted red; noted вторая")
    assert page.answers() == before
    page.wait(f"document.querySelector('{STATE}').innerText.includes('progress')")
    assert page.evaluate("window.calls") == [], "a call of the history is not run again"
    assert page.texts('[data-testid="tool"]')[0] == 'look_up: complete — "найдено 7"'
    page.screenshot("graphql-reload")
    second = browser.open(where)
    second.wait_text("Готово: painted red; noted вторая")
    second.say("из второго окна")
    second.wait_text("Вы сказали: из второго окна")
    second.wait_idle()
    end(second)
    page.reload()
    page.wait_text("Вы сказали: из второго окна")
    end(page)


def test_a_thread_goes_on_in_todays_page_and_over_the_openai_api(
    browser: Browser, old_pages: str, pages: str, puppet: Server
) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet", thread="through-time"))
    page.say("из 2025 года")
    page.wait_text("Вы сказали: из 2025 года")
    page.wait_idle()
    end(page)
    today = browser.open(page_address(pages, "v1", puppet, thread="through-time", agent="puppet"))
    today.wait_text("Вы сказали: из 2025 года")
    today.say("сегодня")
    today.wait_text("Вы сказали: сегодня")
    today.wait_idle()
    today.close()
    chat = {"model": "puppet", "messages": [{"role": "user", "content": "через API"}]}
    httpx.post(
        f"{puppet.url}/v1/chat/completions", json=chat, headers={"X-Thread-Id": "through-time"}
    ).raise_for_status()
    page = browser.open(address(old_pages, puppet, agent="puppet", thread="through-time"))
    page.wait_text("Вы сказали: через API")
    page.screenshot("graphql-through-time")
    said = [answer for answer in page.answers() if answer.startswith("Вы сказали")]
    assert said == ["Вы сказали: из 2025 года", "Вы сказали: сегодня", "Вы сказали: через API"]
    end(page)


# Suggestions, tasks, images

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="


def test_suggestions_and_tasks_leave_the_thread_alone(browser: Browser, old_pages: str, bridge: Server) -> None:
    page = browser.open(address(old_pages, bridge, agent=AGENT, thread="suggested", suggest=""))
    page.see(f"{SUGGESTION}:not([disabled])")
    page.screenshot("graphql-suggestions")
    assert re.search("[а-яё]", " ".join(page.texts(SUGGESTION)))
    page.do("click", selector=f"{SUGGESTION}:not([disabled])")
    page.wait("document.querySelectorAll('.copilotKitAssistantMessage').length > 1")
    page.wait_idle()
    asked = page.texts(".copilotKitUserMessage")
    assert len(asked) == 1
    page.click("Task")
    page.wait("window.calls.includes('mark')")
    page.reload()
    page.wait("document.querySelectorAll('.copilotKitAssistantMessage').length > 1")
    assert page.texts(".copilotKitUserMessage") == asked
    end(page, own=LEFT)


LEFT = "Failed to generate suggestions: Error: [Network] undefined"
"""A page says so when it is reloaded while it asks for suggestions: it has aborted its own request."""

SUGGESTION = ".copilotKitMessagesFooter .suggestion"


def test_an_image_is_seen(browser: Browser, old_pages: str, puppet: Server, tmp_path: Path) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet", thread="image", images=""))
    seen = tmp_path / "seen.png"
    seen.write_bytes(base64.b64decode(PIXEL))
    page.do("upload", selector="input[type=file]", path=str(seen))
    page.say("картинка")
    page.wait_text("Вижу:")
    page.wait_idle()
    page.reload()
    page.wait_text("Вижу:")
    page.screenshot("graphql-image")
    assert page.evaluate("document.querySelectorAll('.copilotKitMessages img').length") > 0
    end(page)


# Faults


def fault(page: Page, name: str) -> str:
    """What the banner says, once there is one: a sentence, and nothing of what is behind it."""
    page.wait(f"document.querySelector('{BANNER}')")
    page.wait_idle()
    page.screenshot(f"graphql-{name}")
    (said,) = page.banners()
    for leaked in ("No Content", "Traceback", "stack", "secret", "GraphQL", "\n    at "):
        assert leaked not in page.evaluate("document.body.innerText")
    return said


BANNER = '[style*="position: fixed"][style*="bottom: 20px"]'


def test_the_model_is_down(browser: Browser, old_pages: str, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    model = {"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": nobody, "OPENAI_MODEL": "none"}
    with serve(tmp_path, env=model) as server:
        page = browser.open(address(old_pages, server, agent=AGENT))
        page.say("Привет")
        assert fault(page, "model-down").startswith("Модель не ответила")
        end(page, quiet=False)


def test_the_agent_fails_and_the_page_goes_on(browser: Browser, old_pages: str, puppet: Server) -> None:
    page = browser.open(address(old_pages, puppet, agent="puppet"))
    page.say("беда")
    assert fault(page, "agent-fails").startswith("Агент не смог ответить")
    page.wait(f"!({RUNNING})")
    page.say("ничего")
    page.wait_text("Вы сказали: ничего")
    end(page, quiet=False)


def test_the_key_is_wrong(browser: Browser, old_pages: str, tmp_path: Path) -> None:
    with serve(tmp_path, "--api-key", "right") as server:
        page = browser.open(address(old_pages, server, agent=AGENT, headers='{"Authorization":"Bearer wrong"}'))
        page.say("Привет")
        assert fault(page, "wrong-key").startswith("Ключ доступа не подошёл")
        end(page, quiet=False)
        page = browser.open(address(old_pages, server, agent=AGENT, headers='{"Authorization":"Bearer right"}'))
        page.say("Что ты умеешь?")
        page.wait_text("Вот что я умею")
        end(page)


def test_the_agent_is_not_there(browser: Browser, old_pages: str, puppet: Server) -> None:
    page = browser.open(address(old_pages, puppet, agent="nobody"))
    page.say("Привет")
    page.wait_idle()
    assert re.search("агента на сервере нет|not found", fault(page, "no-agent"))
    end(page, quiet=False)


def test_the_thread_is_busy(browser: Browser, old_pages: str, tmp_path: Path) -> None:
    with serve(tmp_path, env={"DEMO_MODEL_DELAY": "0.05"}) as server:
        where = address(old_pages, server, agent=AGENT, thread="shared")
        first, second = browser.open(where), browser.open(where)
        first.say("Покажи воронку продаж и прогноз")
        first.wait_growing()
        second.say("Что ты умеешь?")
        assert fault(second, "busy").startswith("Агент ещё отвечает")
        end(second, quiet=False)
        first.wait_text("Самая крупная открытая сделка")
        end(first)


def test_the_server_is_not_there(browser: Browser, old_pages: str, tmp_path: Path) -> None:
    with serve(tmp_path, env=PACED) as server:
        page = browser.open(address(old_pages, server, agent=AGENT))
        server.kill()
        page.say("Привет")
        page.wait(f"document.querySelector('{BANNER}')")
        assert "No Content" not in page.evaluate("document.body.innerText")
        page.close()
