"""A missing tool is a skip on somebody's laptop and a failure in CI, and says how to get it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests import tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    tools.find_node.cache_clear()
    yield
    tools.find_node.cache_clear()


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_tool_skips_with_a_remedy() -> None:
    with pytest.raises(pytest.skip.Exception, match="Node 20 or newer is missing: install nodejs"):
        tools.require_node()
    with pytest.raises(pytest.skip.Exception, match="Chromium is missing: apt-get install chromium"):
        tools.require_chromium()


@pytest.mark.usefixtures("bare_machine")
def test_a_missing_tool_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="Node 20 or newer is missing"):
        tools.require_node()


@pytest.mark.usefixtures("bare_machine")
def test_an_old_node_is_no_node(tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.19.0\n")
    node.chmod(0o755)

    with pytest.raises(pytest.skip.Exception, match="Node 20"):
        tools.require_node()
    node.write_text("#!/bin/sh\necho v22.1.0\n")
    tools.find_node.cache_clear()
    assert tools.require_node() == str(node)


def test_a_package_that_was_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools.require_node()
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    (tmp_path / "page" / "node_modules").mkdir(parents=True)

    with pytest.raises(pytest.skip.Exception, match="npm ci --prefix page"):
        tools.require_npm("page")


def test_a_named_chromium_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = shutil.which("sh")
    assert shell is not None
    monkeypatch.setenv("CHROMIUM", shell)
    assert tools.require_chromium() == shell

    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium is missing"):
        tools.require_chromium()


def test_a_database_that_does_not_answer_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_TEST_POSTGRES", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match=r"PostgreSQL at .*:1/nothing .* is missing"):
        tools.require_postgres()


async def test_a_database_is_found_from_inside_a_loop() -> None:
    assert tools.require_postgres().startswith("postgresql")
