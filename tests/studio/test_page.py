"""``/studio``: the page, its files, and how it is built."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from bridge import Settings, create_app
from bridge.studio.page import files
from bridge.studio.page.build import NotBuilt, build, is_current, sources_of
from tests.browser.static import build_studio
from tests.server import ROOT
from tests.test_access import Recorder, served
from tests.tools import require_node, require_npm

STUDIO = Settings(db=":memory:", studio=True)
MOST = 500_000  # bytes of the page and all that it loads, compressed


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build_studio()


def test_its_own_tests() -> None:
    """Of the fold of a run's events, the layout, the panes."""
    directory = require_npm("studio")
    command = [require_node(), "node_modules/vitest/vitest.mjs", "run"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", ["/studio", "/studio/", "/studio/agents/a/threads/t/runs/r.1?tab=wire"])
async def test_the_page_is_the_same_at_all_its_addresses(path: str) -> None:
    async with served(Recorder(), STUDIO) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert '<base href="/studio/" />' in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"https?://", answer.text)


async def test_its_files_may_be_kept_for_ever() -> None:
    async with served(Recorder(), STUDIO) as client:
        page = (await client.get("/studio")).text
        names = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)
        assert {Path(name).suffix for name in names} == {".js", ".css"}
        for name in names:
            answer = await client.get(f"/studio/{name}")
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
        assert (await client.get("/studio/icon.svg")).headers["content-type"] == "image/svg+xml"
        for wrong in ("/studio/assets/none.js", "/studio/assets/..%2findex.html", "/studio/..%2f..%2froutes.py"):
            answer = await client.get(wrong)
            assert answer.status_code == 404 or "<base" in answer.text, wrong


async def test_below_a_prefix() -> None:
    inner = create_app({"recorder": Recorder()}, STUDIO)
    app = Starlette(routes=[Mount("/deep/bridge", inner)])
    transport = httpx.ASGITransport(app)
    async with (
        inner.router.lifespan_context(inner),
        httpx.AsyncClient(transport=transport, base_url="http://bridge") as client,
    ):
        answer = await client.get("/deep/bridge/studio/agents/a")
    assert '<base href="/deep/bridge/studio/" />' in answer.text


async def test_where_it_is_not_built_the_page_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bridge.studio.page.routes.page", lambda root: files.page(root, tmp_path))
    async with served(Recorder(), STUDIO) as client:
        answer = await client.get("/studio")
    assert answer.status_code == 200
    assert "make studio" in answer.text


@pytest.mark.parametrize("studio", [False, None])
async def test_without_the_studio_there_is_none(studio: bool | None) -> None:
    async with served(Recorder(), Settings(db=":memory:", studio=studio)) as client:
        assert (await client.get("/studio")).status_code == 404


def test_it_is_small() -> None:
    all_files = [path for path in files.ASSETS.rglob("*") if path.is_file()]
    assert 100_000 < sum(len(gzip.compress(path.read_bytes())) for path in all_files) < MOST


def test_it_is_built_when_a_source_is_newer() -> None:
    assert is_current(ROOT)
    assert not build(ROOT)
    sources = sources_of(ROOT)
    assert ROOT / "studio" / "src" / "main.tsx" in sources
    assert not [path for path in sources if "node_modules" in path.parts]


def test_without_node_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "package.json").write_text("{}", "utf-8")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotBuilt, match="Node 20 or newer and npm are needed"):
        build(tmp_path, tmp_path / "assets")
    old = tmp_path / "bin"
    old.mkdir()
    for name in ("node", "npm"):
        (old / name).write_text("#!/bin/sh\necho v18.1.0\n", "utf-8")
        (old / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(old))
    with pytest.raises(NotBuilt, match="and this is v18"):
        build(tmp_path, tmp_path / "assets")
    (old / "node").write_text("#!/bin/sh\necho v22.1.0\n", "utf-8")
    (old / "npm").write_text("#!/bin/sh\necho no network >&2\nexit 1\n", "utf-8")
    with pytest.raises(NotBuilt, match="no network"):
        build(tmp_path, tmp_path / "assets")


def test_without_its_sources_what_is_there_is_served(tmp_path: Path) -> None:
    assert not build(tmp_path, tmp_path / "assets")


def test_the_same_sources_give_the_same_page(tmp_path: Path) -> None:
    directory = require_npm("studio")
    made = []
    for name in ("one", "two"):
        command = [require_node(), "node_modules/vite/bin/vite.js", "build", "--outDir", str(tmp_path / name)]
        subprocess.run(command, cwd=directory, capture_output=True, timeout=100, check=True)
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()})
    assert made[0] == made[1]
