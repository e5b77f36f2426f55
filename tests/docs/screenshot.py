"""The pictures of the READMEs: ``python -m tests.docs.screenshot`` makes them again, from the example and a server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.browser import Browser, start_browser
from tests.browser.static import build_studio, preview
from tests.server import ROOT, serve

SIZE = (1280, 760)  # CSS pixels


@dataclass(frozen=True)
class Picture:
    """What is asked in the example, or in the studio, and how the answer ends, in a reader's language."""

    readme: str
    path: str
    languages: tuple[str, ...]
    question: str
    end: str
    studio: bool = False


PICTURES = (
    Picture(
        "README.md",
        "docs/screenshot.png",
        ("en-US", "en"),
        "How does our sales pipeline look?",
        "The largest open deal",
    ),
    Picture(
        "README.ru.md",
        "docs/ru/screenshot.png",
        ("ru-RU", "ru"),
        "Какая у нас воронка продаж?",
        "Самая крупная открытая сделка",
    ),
    Picture(
        "README.md",
        "docs/studio.png",
        ("en-US", "en"),
        "Find leads in Kazan and write a mailing for them",
        "Which segment",
        studio=True,
    ),
    Picture(
        "README.ru.md",
        "docs/ru/studio.png",
        ("ru-RU", "ru"),
        "Найди лидов в Казани и составь для них рассылку",
        "сегмент",
        studio=True,
    ),
)


@contextmanager
def shown(picture: Picture, server: str) -> Iterator[str]:
    """The address of the page that the picture is of, in front of this server."""
    if picture.studio:
        build_studio()
        yield f"{server}/studio"
    else:
        with preview("examples/copilotkit", server) as url:
            yield url


def take(picture: Picture, browser: Browser, url: str, to: Path) -> None:
    """Ask the question in the page at ``url``, and keep what is then seen as ``to``."""
    width, height = SIZE
    languages = list(picture.languages)
    if picture.studio:
        page = browser.open(url, width=width, height=height, languages=languages, ready=".step[data-path]")
        page.fill(".composer textarea", picture.question)
        page.do("click", selector=".composer textarea")
        page.press("Enter")
        page.see('.run.done[aria-current="true"]')
        page.wait_text(picture.end)
        page.do("screenshot", path=str(to))
        page.close()
        return
    page = browser.open(url, width=width, height=height, languages=languages)
    page.say(picture.question)
    page.see('[data-tool="pipeline_report"][data-state="done"]')
    page.wait("document.querySelectorAll('.stages li').length === 6")
    page.wait_text(picture.end)
    page.wait_idle()
    page.do("screenshot", path=str(to))
    page.close()


def main() -> None:
    """Each picture with a server of its own: no other conversation is on it."""
    for picture in PICTURES:
        with (
            tempfile.TemporaryDirectory() as folder,
            serve(Path(folder)) as server,
            shown(picture, server.url) as url,
            start_browser(Path(folder) / "profile") as browser,
        ):
            take(picture, browser, url, ROOT / picture.path)


if __name__ == "__main__":
    main()
