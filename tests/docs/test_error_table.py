"""The table of errors in ``docs/protocols.md`` says what the code does."""

from __future__ import annotations

import re

from tests.server import ROOT
from tests.test_errors import TABLE, classes

TYPED = {name: (status, code) for name, (status, _, code) in TABLE.items() if name != "LeaseLost"}  # no client sees it


def rows() -> list[tuple[str, list[str]]]:
    """Of each row the status and the codes."""
    text = (ROOT / "docs" / "protocols.md").read_text("utf-8").partition("## Errors\n")[2]
    lines = [line for line in text.partition("\n\n## ")[0].splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(cell[1], re.findall(r"`(\w+)`", cell[2]) or re.findall(r"^`(\w+)`", cell[3])) for cell in cells]


def test_every_error_of_the_code_is_in_the_table_with_its_status() -> None:
    written = {code: status for status, codes in reversed(rows()) for code in codes if code != "param"}
    assert set(written) == {code for _, code in TYPED.values()}
    for name, (status, code) in TYPED.items():
        said = re.match(r"\d+", written[code])
        assert code == "events_lost" or (said is not None and int(said[0]) == status), name


def test_a_status_says_whether_to_try_again() -> None:
    for status, codes in rows():
        for name, (_, code) in TYPED.items():
            if code in codes and code not in ("interrupt_pending", "param"):
                retried = "Retry-After" in status
                kind = classes()[name]
                waits = name in ("RateLimited", "UpstreamRateLimited") or issubclass(kind, classes()["StorageFailure"])
                assert retried == waits, (name, status)
