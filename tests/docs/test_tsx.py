"""The documentation's pages in TSX: type-checked, built, and talked with in a browser, against a real server."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.browser.browser import start_browser
from tests.browser.static import serve_files
from tests.docs.blocks import Block, written_in
from tests.docs.reader import WRITTEN
from tests.server import Server
from tests.tools import require_node, require_npm

PAGES = written_in("tsx")

COMPILER = {
    "target": "es2023",
    "lib": ["es2023", "dom", "dom.iterable"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "jsx": "react-jsx",
    "types": ["vite/client"],
    "strict": True,
    "noUnusedLocals": True,
    "skipLibCheck": True,
    "noEmit": True,
}
HTML = '<!doctype html><meta charset="utf-8"><div id="root" style="height: 100vh"></div>'
MAIN = """import { createRoot } from "react-dom/client";
import { Chat } from "./chat.tsx";
createRoot(document.getElementById("root")).render(<Chat />);
"""


def component(text: str) -> str:
    """The block with its chat exported: some blocks show the element alone."""
    return (
        text
        if "export const Chat" in text
        else re.sub(r"^<(?!/)", "export const Chat = () => <", text, flags=re.MULTILINE)
    )


def node(directory: Path, script: Path, *arguments: str) -> None:
    command = [require_node(), str(script), *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", PAGES, ids=lambda block: block.name)
def test_a_page_is_typed_and_chats(block: Block, documented: Server, tmp_path: Path) -> None:
    packages, compiler = require_npm("tests/browser/pages"), require_npm("examples/copilotkit")
    site = tmp_path / "site"
    site.mkdir()
    (site / "node_modules").symlink_to(packages / "node_modules")
    (site / "chat.tsx").write_text(component(block.text).replace(WRITTEN, documented.url), "utf-8")
    (site / "main.jsx").write_text(MAIN, "utf-8")
    (site / "index.html").write_text(f'{HTML}<script type="module" src="main.jsx"></script>', "utf-8")
    (site / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER, "files": ["chat.tsx"]}), "utf-8")
    node(site, compiler / "node_modules" / "typescript" / "bin" / "tsc", "--project", ".")
    node(site, packages / "node_modules" / "vite" / "bin" / "vite.js", "build", "--logLevel", "error")

    thread = re.search(r'threadId="([^"]+)"', block.text)
    if thread is not None:  # a conversation begun elsewhere: with curl, say
        body = {"messages": [{"role": "user", "content": "How does our sales pipeline look?"}]}
        request = urllib.request.Request(f"{documented.url}/v1/chat/completions", json.dumps(body).encode())
        request.add_header("X-Thread-Id", thread[1])
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
    with serve_files(site / "dist") as url, start_browser(tmp_path / "profile") as browser:
        page = browser.open(url)
        if thread is not None:
            page.wait_text("How does our sales pipeline look?")
            page.wait_text("weighted forecast")
        page.say("Which campaigns worked best?")
        page.wait_text("campaign")
        page.wait_idle()
        assert page.answers()[-1]
        assert page.banners() == []
        assert page.close().exceptions == []
