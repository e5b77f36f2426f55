"""docs/configuration.md has every setting, and none that is not there."""

from __future__ import annotations

import dataclasses
import re

import click

from bridge import Settings
from bridge.cli import serve
from tests.server import ROOT

PAGE = (ROOT / "docs" / "configuration.md").read_text("utf-8")
TABLE = PAGE.partition("## The server's settings")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in TABLE.splitlines() if row.startswith("| ")
]


def test_flags_and_variables() -> None:
    told = {(flag, variable) for flag, variable, *_ in ROWS[1:] if flag}
    options = {
        (next(name for name in option.opts if name.startswith("--")), option.envvar)
        for option in serve.params
        if isinstance(option, click.Option)
    }
    assert told == options


def test_fields() -> None:
    told = {row[2] for row in ROWS[1:] if row[2]}
    assert told == {field.name for field in dataclasses.fields(Settings)}


def test_plain_defaults_are_said_as_they_are() -> None:
    told = {row[2]: row[3] for row in ROWS[1:] if row[2]}
    for field in dataclasses.fields(Settings):
        value = getattr(Settings(), field.name)
        if (
            isinstance(value, bool)
            or value in (None, ())
            or field.name in ("cors_origins", "chat_headers", "user_headers")
        ):
            continue
        if field.name.endswith("_bytes"):
            value = f"{value // 1024 // 1024} MiB"
        assert told[field.name] == (f"{value:g}" if isinstance(value, float) else str(value)), field.name


def test_the_agent_s_variables_exist() -> None:
    table = PAGE.partition("## The agent that comes along")[2].partition("\n## ")[0]
    code = "".join(path.read_text("utf-8") for path in (ROOT / "graphs").rglob("*.py"))
    for name in re.findall(r"`([A-Z_]{8,})`", table):
        assert f'environ.get("{name}")' in code, name
