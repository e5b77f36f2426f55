"""The table of errors in docs/protocols.md, beside the code: each error is in it, under its status."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge import errors
from bridge.errors import BridgeError, LeaseLost
from tests.server import ROOT


def kinds(kind: type[BridgeError]) -> Iterator[type[BridgeError]]:
    yield kind
    for more in kind.__subclasses__():
        yield from kinds(more)


def in_code() -> dict[str, set[int]]:
    """Code -> the statuses under which clients get it. `LeaseLost` reaches none."""
    found: dict[str, set[int]] = {}
    for kind in kinds(BridgeError):
        if kind.__module__ == errors.__name__ and kind is not LeaseLost:
            found.setdefault(kind.code, set()).add(kind.status)
    return found


def in_docs() -> dict[str, set[int]]:
    page = (ROOT / "docs" / "protocols.md").read_text("utf-8")
    table = page.partition("\n## Errors\n")[2].partition("\n\nAn OpenAI stream")[0]
    found: dict[str, set[int]] = {}
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 4:
            status = re.match(r"\d{3}", cells[1])
            for code in re.findall(r"`([a-z_]+)`", cells[2]):
                if code != "param":
                    found.setdefault(code, set()).update({int(status[0])} if status else ())
    return found


def test_every_error_is_in_the_table_under_its_status() -> None:
    said = in_docs()
    assert len(said) > 25
    for code, statuses in in_code().items():
        assert code in said, f"docs/protocols.md lacks {code}"
        assert said[code] <= statuses, f"{code} has the status {statuses}"
    assert said.keys() <= in_code().keys()
