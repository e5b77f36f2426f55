"""The bridge behind nginx, as ``docs/deployment.md`` configures it; ``make servers`` tries the other proxies too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server
from tests.servers.checks import CHECKS
from tests.servers.commands import DEPLOYMENT, serving
from tests.servers.proxies import find, proxying, snippet_of
from tests.tools import give_up


@pytest.fixture(scope="module")
def behind_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Server]]:
    if find("nginx") is None:
        give_up("nginx", "apt-get install nginx-light")
    directory = tmp_path_factory.mktemp("nginx")
    with serving("bridge serve", directory) as server, proxying("nginx", directory, server.url) as url:
        yield url, server


@pytest.mark.parametrize("check", CHECKS)
def test_holds(behind_nginx: tuple[str, Server], check: str) -> None:
    CHECKS[check](*behind_nginx)


def test_the_russian_page_has_the_same_configuration() -> None:
    def without_comments(page: Path) -> list[str]:
        return [re.sub(r"\s*#.*", "", line) for line in snippet_of("nginx", page).splitlines()]

    assert without_comments(DEPLOYMENT.parent / "ru" / "deployment.md") == without_comments(DEPLOYMENT)
