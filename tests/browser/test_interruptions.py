"""What happens to a conversation when the page, the server or the network does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import orjson
import pytest

from tests.browser.conftest import page_address

if TYPE_CHECKING:
    from tests.browser.browser import Browser
    from tests.server import Server

APIS = pytest.mark.parametrize("api", ["v1", "v2"])
QUESTION = "Покажи воронку продаж и прогноз"
END = "Самая крупная открытая сделка"  # how the demo model closes its report of the pipeline


@APIS
def test_a_page_reloaded_in_mid_answer_sees_the_whole_answer(
    browser: Browser, pages: str, bridge: Server, api: str
) -> None:
    page = browser.open(page_address(pages, api, bridge, thread=str(uuid4())))
    page.say(QUESTION)
    page.wait_growing()
    page.reload()
    page.wait_text(END)
    page.wait_idle()
    page.screenshot(f"reload-{api}")
    told = page.evaluate("document.body.innerText")
    assert told.count(END) == 1
    assert told.count(QUESTION) == 1
    assert page.banners() == []
    assert page.close().exceptions == []


@APIS
def test_stop_ends_the_run_on_the_server(browser: Browser, pages: str, bridge: Server, api: str) -> None:
    thread = str(uuid4())
    page = browser.open(page_address(pages, api, bridge, thread=thread))
    page.say(QUESTION)
    page.wait_growing()
    page.do("click", selector='[data-testid="copilot-send-button"]')
    page.wait_idle()
    stopped = page.answers()[-1]
    assert END not in stopped
    assert page.banners() == []
    # The thread is free at once, and what was cut stays cut.
    page.say("Что ты умеешь?")
    page.wait_text("Вот что я умею")
    page.wait_idle()
    page.screenshot(f"stop-{api}")
    assert END not in page.evaluate("document.body.innerText")
    assert page.banners() == []
    page.close()


@APIS
def test_two_windows_on_one_thread(browser: Browser, pages: str, bridge: Server, api: str) -> None:
    address = page_address(pages, api, bridge, thread=str(uuid4()))
    first = browser.open(address)
    first.say(QUESTION)
    first.wait_growing()
    second = browser.open(address)
    second.wait_text(END)
    first.wait_text(END)
    second.screenshot(f"second-window-{api}")
    assert second.evaluate("document.body.innerText").count(END) == 1
    assert first.close().exceptions == second.close().exceptions == []


@APIS
def test_the_server_restarts_between_two_turns(browser: Browser, pages: str, own_bridge: Server, api: str) -> None:
    page = browser.open(page_address(pages, api, own_bridge, thread=str(uuid4())))
    page.say("Найди лидов в Казани")
    page.wait_answer()
    own_bridge.restart()
    page.say("Квалифицируй первого лида")
    page.wait_text("BANT")
    page.wait("document.querySelector('[data-testid=state]').innerText.split(' ').includes('lead')")
    page.wait_answer()
    own_bridge.restart()
    page.reload()
    page.wait_text("Найди лидов в Казани")
    page.wait_text("BANT")
    page.wait("document.querySelector('[data-testid=state]').innerText.split(' ').includes('lead')")
    page.screenshot(f"restart-{api}")
    assert page.banners() == []
    assert page.close().exceptions == []


@APIS
def test_the_network_cut_in_mid_answer_gives_a_message(
    browser: Browser, pages: str, own_bridge: Server, api: str
) -> None:
    page = browser.open(page_address(pages, api, own_bridge, thread=str(uuid4())))
    page.say(QUESTION)
    page.wait_growing()
    own_bridge.kill()
    page.wait("document.querySelector('[data-testid=copilot-error-banner], [data-testid=error]')")
    page.wait_idle()
    page.screenshot(f"cut-{api}")
    # Not frozen: the same page goes on when the server is back.
    own_bridge.start()
    page.say("Что ты умеешь?")
    page.wait_text("Вот что я умею")
    page.wait_idle()
    page.close()


@APIS
def test_two_megabytes_of_history(browser: Browser, pages: str, bridge: Server, api: str) -> None:
    thread = str(uuid4())
    tell_a_long_story(bridge, thread)
    page = browser.open(page_address(pages, api, bridge, thread=thread))
    page.wait_text("Вопрос 199")
    page.say("Что ты умеешь?")
    page.wait_text("Вот что я умею")
    page.wait_idle()
    page.screenshot(f"long-{api}")
    assert page.banners() == []
    assert page.close().exceptions == []


def tell_a_long_story(server: Server, thread: str) -> None:
    """A thread of two hundred questions and answers, 2 MB of UTF-8, stored by one run."""
    messages = []
    for number in range(200):
        messages += [
            {"id": f"{thread}-q{number}", "role": "user", "content": f"Вопрос {number}"},
            {"id": f"{thread}-a{number}", "role": "assistant", "content": "Долгая история. " * 360},
        ]
    messages.append({"id": f"{thread}-q", "role": "user", "content": "Спасибо"})
    body = {"threadId": thread, "runId": str(uuid4()), "messages": messages, "tools": [], "context": [], "state": {}}
    sent = orjson.dumps({**body, "forwardedProps": {}})
    assert len(sent) > 2_000_000
    answer = httpx.post(f"{server.url}/api/copilotkit/agent/default/run", content=sent, timeout=60)
    assert "RUN_FINISHED" in answer.text
