"""What the page at ``/`` offers to copy: each snippet, copied by its button and run as it is, talks to the agent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.front_server import MARKUP
from tests.browser.static import serve_files
from tests.browser.test_front import SERVED, deep
from tests.server import serve
from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from tests.browser.browser import Browser, Page
    from tests.server import Server

__all__ = ["deep"]

KEY = "sk-snippet"
PROGRAMS = ("curl", "openai-python", "openai-js", "ag-ui", "ag-ui-http")

READ_COPIES = """(() => {
  window.copied = [];
  navigator.clipboard.writeText = async (text) => { window.copied.push(text) };
})()"""


def snippets(page: Page) -> dict[str, str]:
    """Client -> what its button copies."""
    page.evaluate(READ_COPIES)
    page.evaluate("for (const one of document.querySelectorAll('.client details')) one.open = true")
    page.evaluate("for (const one of document.querySelectorAll('.client .code .copy')) one.click()")
    names = page.evaluate("[...document.querySelectorAll('.client details')].map((one) => one.dataset.client)")
    return dict(zip(names, page.evaluate("window.copied"), strict=True))


def run(client: str, code: str, directory: Path, key: str | None = None) -> str:
    """What the snippet writes to standard output, run as a person would."""
    env = {**os.environ, "NO_PROXY": "127.0.0.1"} | ({"BRIDGE_API_KEY": key} if key else {})
    command, where = ["bash", "-c", code], directory
    if client == "openai-python":
        command = [sys.executable, "-c", code]
    if client in ("openai-js", "ag-ui"):
        command, where = [require_node(), "--input-type=module", "-e", code], require_npm("tests/clients")
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("client", PROGRAMS)
def test_a_snippet_talks_to_the_agent(browser: Browser, deep: Server, tmp_path: Path, client: str) -> None:
    page = browser.open(deep.url + "/", ready=SERVED)
    assert "Answered: 'Привет'" in run(client, snippets(page)[client], tmp_path)
    page.close()


@pytest.mark.parametrize("client", PROGRAMS)
def test_an_agents_name_stays_a_name(browser: Browser, deep: Server, tmp_path: Path, client: str) -> None:
    page = browser.open(deep.url + "/", ready=SERVED)
    page.do("click", selector=".card:last-child input")
    said = run(client, snippets(page)[client], tmp_path)
    assert MARKUP in said.replace('\\"', '"')
    assert list(tmp_path.iterdir()) == [tmp_path / "profile"]  # the name asks a shell to make a file
    page.close()


@pytest.mark.parametrize("client", PROGRAMS)
def test_a_snippet_takes_the_key_from_the_environment(browser: Browser, tmp_path: Path, client: str) -> None:
    with serve(tmp_path, "--api-key", KEY) as server:
        page = browser.open(server.url, ready="#key:not([hidden])")
        page.fill("#key-field", KEY)
        page.press("Enter")
        page.see(SERVED)
        code = snippets(page)[client]
        assert KEY not in code
        assert "Здравствуйте" in run(client, code, tmp_path, KEY)
        page.close()


ENTRY = """
import React from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.jsx";
createRoot(document.getElementById("root")).render(React.createElement(Chat));
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("client", "package"),
    [
        ("copilotkit", "tests/browser/pages"),
        ("copilotkit-old", "tests/browser/pages-1.10"),
        ("ai-sdk", "examples/ai-sdk"),
    ],
)
def test_a_page_made_of_its_snippet_talks_to_the_agent(
    browser: Browser, deep: Server, tmp_path: Path, client: str, package: str
) -> None:
    page = browser.open(deep.url + "/", ready=SERVED)
    code = snippets(page)[client]
    page.close()
    site = tmp_path / "site"
    site.mkdir()
    (site / "node_modules").symlink_to(require_npm(package) / "node_modules")
    (site / "chat.jsx").write_text(code, "utf-8")
    (site / "main.jsx").write_text(ENTRY, "utf-8")
    (site / "index.html").write_text('<div id="root"></div><script type="module" src="./main.jsx"></script>', "utf-8")
    command = [require_node(), "node_modules/vite/bin/vite.js", "build", "--base", "./", "--logLevel", "error"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    with serve_files(site / "dist") as url:
        chat = browser.open(url, ready="input" if client == "ai-sdk" else None)
        if client == "ai-sdk":
            chat.fill("input", "мимо")
            chat.press("Enter")
        else:
            chat.say("мимо")
        chat.wait_text("Answered: 'мимо'")
        chat.close()
