"""What the page says when it does not work: one plain sentence, and in the chat, not on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.static import preview
from tests.server import free_port, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.browser import Browser, Page

EXAMPLE = "examples/copilotkit"
ALERT = ".chat [role=alert]"


def sentence(page: Page) -> str:
    """What the page says, once it says something."""
    page.do("see", selector=ALERT)
    return page.texts(ALERT)[0]


def test_the_key_is_wrong(browser: Browser, tmp_path: Path) -> None:
    with (
        serve(tmp_path, "--api-key", "right") as server,
        preview(EXAMPLE, server.url, "wrong") as wrong,
        preview(EXAMPLE, server.url, "right") as right,
    ):
        page = browser.open(wrong)
        assert sentence(page) == "Сервер не принял ключ доступа. Проверьте его в настройках."
        page.screenshot("sentence-key")
        page.close()
        page = browser.open(right)
        page.say("Что ты умеешь?")
        page.wait_text("Вот что я умею")
        assert page.texts(ALERT) == []
        page.close()


def test_the_server_is_not_there(browser: Browser) -> None:
    with preview(EXAMPLE, f"http://127.0.0.1:{free_port()}") as url:
        page = browser.open(url)
        assert sentence(page).startswith("Нет связи с сервером. Проверьте, что он запущен, и повторите.")
        page.close()


def test_the_model_fails(browser: Browser, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/v1"
    model = {"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": nobody, "OPENAI_MODEL": "none"}
    with serve(tmp_path, env=model) as server, preview(EXAMPLE, server.url) as url:
        page = browser.open(url)
        page.say("Привет")
        said = sentence(page)
        page.wait_idle()
        page.screenshot("sentence-model")
        assert said.startswith("Агент не смог ответить") or "модел" in said.lower()
        assert "Traceback" not in said
        assert nobody not in said
        page.close()


def test_the_thread_is_busy(browser: Browser, tmp_path: Path) -> None:
    with serve(tmp_path, env={"DEMO_MODEL_DELAY": "0.05"}) as server, preview(EXAMPLE, server.url) as url:
        address = f"{url}/#thread=shared"
        first, second = browser.open(address), browser.open(address)
        for page in (first, second):
            page.wait_idle()
        first.say("Покажи воронку продаж и прогноз")
        first.wait_growing()
        second.say("Что ты умеешь?")
        assert sentence(second).startswith("Агент ещё отвечает")
        second.wait_text("Покажи воронку продаж и прогноз")  # and shows who is being answered
        second.screenshot("sentence-busy")
        first.close()
        second.close()
