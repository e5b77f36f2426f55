"""``make servers``: all checks under all servers and behind all proxies, as the table of ``docs/deployment.md``."""

from __future__ import annotations

import re
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.databases import postgres
from tests.servers.checks import CHECKS, prefix
from tests.servers.commands import DEPLOYMENT, KINDS, serving
from tests.servers.proxies import PROXIES, find, proxying

COLUMNS = ("first start", *CHECKS, "prefix")
_TABLE = re.compile(r"(<!-- servers -->\n).*?(<!-- /servers -->)", re.DOTALL)


def _held(what: str, check: Callable[[], None]) -> str:
    sys.stderr.write(f"{what} …\n")
    try:
        check()
    except Exception:
        traceback.print_exc()
        return "no"
    return "yes"


def _row_of_server(name: str, directory: Path) -> dict[str, str]:
    kind, row = KINDS[name], dict.fromkeys(COLUMNS, "")
    if not kind.installed:
        return dict.fromkeys(COLUMNS, "not here")

    def first_start() -> None:
        (directory / "first").mkdir()
        with postgres() as url, serving(name, directory / "first", db=url, more=(str(kind.workers), "4")) as server:
            CHECKS["idle"](kind.address(server.url), server)
            assert "Traceback" not in server.log, server.log

    def below() -> None:
        (directory / "below").mkdir()
        with serving(name, directory / "below", more=(str(kind.root_path), "/ai")) as server:
            prefix(server.url, server)

    if kind.workers is not None:
        row["first start"] = _held(f"{name}: first start", first_start)
    if kind.root_path is not None:
        row["prefix"] = _held(f"{name}: prefix", below)
    try:
        with serving(name, directory) as server:
            for check, run in CHECKS.items():
                row[check] = _held(f"{name}: {check}", lambda run=run: run(kind.address(server.url), server))  # type: ignore[misc]
    except Exception:
        traceback.print_exc()
        row["SIGTERM"] = "no"
    return row


def _row_of_proxy(name: str, directory: Path) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    if find(name) is None:
        return dict.fromkeys(COLUMNS, "not here")
    with serving("bridge serve", directory) as server, proxying(name, directory, server.url) as url:
        for check, run in CHECKS.items():
            row[check] = _held(f"{name}: {check}", lambda run=run: run(url, server))  # type: ignore[misc]
    return row


def main() -> None:
    """Try all, and write the table."""
    rows = ["| | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
    for names, row_of in ((KINDS, _row_of_server), (PROXIES, _row_of_proxy)):
        for name in names:
            with tempfile.TemporaryDirectory() as directory:
                row = row_of(name, Path(directory))
            rows.append(f"| {name} | " + " | ".join(row[column] for column in COLUMNS) + " |")
    table = "\n".join(rows) + "\n"
    text = DEPLOYMENT.read_text("utf-8")
    DEPLOYMENT.write_text(_TABLE.sub(lambda found: found[1] + table + found[2], text), "utf-8")


if __name__ == "__main__":
    main()
