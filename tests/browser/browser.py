"""A real Chromium, driven from Python through `driver.mjs`: pages that are looked at, typed into and listened to."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tests.tools import ROOT, require_chromium, require_node, require_npm

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ARTIFACTS = ROOT / "artifacts"


class BrowserError(Exception):
    """The browser could not do what it was asked; what was waited for did not come."""


@dataclass(frozen=True)
class PageLog:
    """The console lines, exceptions and outside requests of a page, from its opening to its end."""

    console: list[str]  # errors only
    exceptions: list[str]
    outside: list[str]  # addresses on other machines that the page asked for


@dataclass
class Browser:
    """A running Chromium with a profile of its own: its pages share storage, as windows of one person do."""

    process: subprocess.Popen[bytes]
    opened: int = 0

    def do(self, verb: str, page: str, **given: Any) -> Any:
        """Ask the driver. Blocks until it is done, at most 60 s.

        Raises:
            BrowserError: it did not come to pass; the message is Playwright's.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps({"verb": verb, "page": page, **given}) + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BrowserError(f"the driver ended during {verb!r}; its stderr is above")
        answer = orjson.loads(line)
        if "error" in answer:
            raise BrowserError(f"{verb} {given}: {answer['error']}")
        return answer["value"]

    def open(
        self,
        url: str,
        *,
        width: int | None = None,
        height: int | None = None,
        ready: str | None = None,
        languages: list[str] | None = None,
        scheme: str | None = None,
    ) -> Page:
        """A new window at that address, once its chat (or what the selector `ready` names) is there.

        The size is in CSS pixels; `languages` are what the browser's user reads, best first (Russian); `scheme` is
        `light` or `dark`.
        """
        self.opened += 1
        page = Page(self, str(self.opened))
        given = {"url": url, "width": width, "height": height, "ready": ready, "languages": languages}
        self.do("open", page.name, **given, scheme=scheme)
        return page


@dataclass(frozen=True)
class Page:
    """One window with a CopilotKit chat of either API in it."""

    browser: Browser
    name: str
    heard: list[PageLog] = field(default_factory=list)

    def do(self, verb: str, **given: Any) -> Any:
        """Ask the driver something about this page."""
        return self.browser.do(verb, self.name, **given)

    def say(self, text: str) -> None:
        """Type into the chat and send."""
        self.do("say", text=text)

    def wait(self, condition: str) -> None:
        """Until that JavaScript holds in the page."""
        self.do("wait", condition=condition)

    def wait_text(self, text: str) -> None:
        """Until that can be read somewhere in the page."""
        self.do("wait", text=text)

    def wait_growing(self) -> None:
        """Until the newest answer was seen to grow in several steps."""
        self.wait("window.answerLengths.length >= 5")

    def wait_idle(self) -> None:
        """Until no run is going, as the chat itself says it (v2: on the chat, v1: on the send button)."""
        self.wait("!document.querySelector('[data-copilot-running=true], [data-copilotkit-in-progress=true]')")

    def wait_answer(self) -> None:
        """Until an answer has grown in several steps, and ended."""
        self.wait_growing()
        self.wait_idle()

    def fill(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.do("fill", selector=selector, text=text)

    def see(self, selector: str) -> None:
        """Until such an element is there."""
        self.do("see", selector=selector)

    def click(self, name: str, role: str = "button") -> None:
        """Press what a screen reader calls by that role and name."""
        self.do("click", role=role, label=name)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, wherever the focus is."""
        for key in keys:
            self.do("press", key=key)

    def type(self, text: str) -> None:
        """Type, wherever the focus is."""
        self.do("type", text=text)

    def faults_of_access(self) -> list[str]:
        """What axe finds serious or critical in what is seen now."""
        return [str(fault) for fault in self.do("axe")]

    def answers(self) -> list[str]:
        """What the agent has said, as read on the screen, oldest first."""
        return [str(text) for text in self.do("answers")]

    def lengths(self) -> list[int]:
        """The lengths that the newest answer has had on the screen, in order."""
        return [int(length) for length in self.do("lengths")]

    def texts(self, selector: str) -> list[str]:
        """What can be read in each element of that kind."""
        return [str(text) for text in self.do("texts", selector=selector)]

    def banners(self) -> list[str]:
        """CopilotKit's own error banners (v1 API)."""
        return [str(text) for text in self.do("banner")]

    def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression in the page."""
        return self.do("evaluate", expression=expression)

    def reload(self, ready: str | None = None) -> None:
        """As the person does it; until the chat (or what the selector `ready` names) is there again."""
        self.do("reload", ready=ready)

    def screenshot(self, name: str) -> None:
        """Keep what is seen as `artifacts/NAME.png`, for people to look at after CI."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.do("screenshot", path=str(ARTIFACTS / f"{name}.png"))

    def close(self) -> PageLog:
        """Close the window; the log of its page."""
        return PageLog(**self.do("close"))


@contextlib.contextmanager
def start_browser(profile: Path) -> Iterator[Browser]:
    """A Chromium that keeps all it stores in `profile`. Skips (fails in CI) when it or its driver is missing."""
    node, chromium = require_node(), require_chromium()
    require_npm("tests/clients")
    require_npm("tests/browser/pages")
    process = subprocess.Popen(
        [node, str(HERE / "driver.mjs"), chromium, str(profile)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Browser(process)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
