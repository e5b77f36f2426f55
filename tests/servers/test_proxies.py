"""The bridge behind nginx, as ``docs/deployment.md`` configures it; ``make servers`` tries the other proxies too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server import Server
from tests.servers.checks import CHECKS
from tests.servers.commands import serving
from tests.servers.proxies import find, proxying
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
