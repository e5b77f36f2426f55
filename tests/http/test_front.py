"""The page at ``/`` and ``/docs`` over HTTP: who gets it, what a browser may keep, what it gives away."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph.graph import START, MessagesState, StateGraph
from starlette.applications import Starlette
from starlette.routing import Mount

from bridge import Settings, create_app
from bridge.agents.langgraph.project import ProjectGraph
from bridge.front.pages import ASSETS, words
from tests.test_principal import echo

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
KEY = "sk-front"


@asynccontextmanager
async def talking(
    prefix: str = "", agents: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(agents or {"echo": echo}, Settings(db=":memory:", **settings))
    served: Starlette = Starlette(routes=[Mount(prefix, app)]) if prefix else app
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url=f"http://127.0.0.1{prefix}") as client,
    ):
        yield client


ACCEPTS: dict[str, bool] = {
    CHROME: True,
    "text/html": True,
    "TEXT/HTML;q=0.1": True,
    "*/*": False,  # curl, and every SDK
    "": False,
    "application/json": False,
    "text/plain, text/html;q=0.9": False,
    "text/html;q=0": False,
    "text/html;q=many": False,
}


@pytest.mark.parametrize("accept", ACCEPTS)
async def test_a_browser_gets_a_page_and_a_program_a_few_lines(accept: str) -> None:
    async with talking() as client:
        answer = await client.get("/", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html" if ACCEPTS[accept] else "text/plain")
        assert "Accept" in answer.headers["vary"]  # a cache keeps both
        head = await client.head("/", headers={"Accept": accept})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/"])
async def test_nothing_in_a_page_can_run_but_its_own_files(path: str) -> None:
    async with talking() as client:
        page = await client.get(path, headers={"Accept": CHROME})
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?://", page.text)
        files = re.findall(r'(?:src|href)="([^"]*/front/[^"]+)"', page.text)
        assert files
        for file in files:
            given = await client.get(str(page.url.join(file)))
            assert given.status_code == 200, file
            assert "immutable" in given.headers["cache-control"]


async def test_a_page_is_sent_once_and_again_in_another_language() -> None:
    async with talking() as client:
        first = await client.get("/", headers={"Accept": CHROME, "Accept-Language": "en"})
        tag = first.headers["etag"]
        again = await client.get("/", headers={"Accept": CHROME, "Accept-Language": "en", "If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        russian = await client.get("/", headers={"Accept": CHROME, "Accept-Language": "ru", "If-None-Match": tag})
        assert russian.status_code == 200
        assert 'lang="ru"' in russian.text
        assert words()["ru"].keys() == words()["en"].keys()


async def test_a_file_of_an_earlier_version_is_not_kept() -> None:
    async with talking() as client:
        old = await client.get("/front/0123456789abcdef/front.js")
        assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
        for name in ("index.html", "nothing.js", "..%2fpages.py", "%00.js"):
            assert (await client.get(f"/front/0123456789abcdef/{name}")).status_code == 404


async def test_with_keys_the_pages_say_nothing_of_the_server() -> None:
    async with talking(api_keys=(KEY,)) as client:
        page = await client.get("/", headers={"Accept": CHROME})
        assert page.status_code == 200
        assert "echo" not in page.text
        for path in ("/front/about", "/front/drawings/echo"):
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers={"Authorization": f"Bearer {KEY}"})).status_code == 200


async def test_every_address_in_a_page_holds_below_a_prefix() -> None:
    async with talking("/deep/er") as client:
        for path in ("/", "/docs", "/docs/"):
            page = await client.get(f"http://127.0.0.1/deep/er{path}", headers={"Accept": CHROME})
            for link in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
                if link.endswith("/studio"):  # there is none, and nobody sees the link
                    assert re.search(rf'<(?=[^>]*"{re.escape(link)}")[^>]*\bhidden\b', page.text)
                    continue
                found = await client.get(str(page.url.join(link)), headers={"Accept": CHROME})
                assert found.status_code == 200, (path, link)


async def test_a_factory_is_drawn_and_what_cannot_be_drawn_is_empty() -> None:
    def make() -> Any:
        return StateGraph(MessagesState).add_node("greets", lambda state: state).add_edge(START, "greets").compile()

    def broken() -> Any:
        raise RuntimeError("no such database")

    graphs = {"made": ProjectGraph("made", make), "broken": ProjectGraph("broken", broken), "echo": echo}
    async with talking(agents=graphs) as client:
        assert "greets" in (await client.get("/front/drawings/made")).json()["mermaid"]
        assert (await client.get("/front/drawings/broken")).json() == {"mermaid": "", "svg": ""}
        assert (await client.get("/front/drawings/nobody")).status_code == 404
        about = (await client.get("/front/about")).json()
        assert [agent["name"] for agent in about["agents"]] == ["made", "broken", "echo"]


def test_the_pages_files_need_nobody_else() -> None:
    """No address of another server in what is sent to a browser, but names that are no address to fetch."""
    for file in Path(ASSETS).iterdir():
        found = set(re.findall(r"https?://[^\s\"'`<>)]+", file.read_text("utf-8")))
        assert {one for one in found if not one.startswith("http://www.w3.org/")} == set(), file.name
