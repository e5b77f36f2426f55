"""docs/settings.md has every setting as the code has it; docs/configuration.md the variables of the agent."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bridge import Settings
from bridge.commands.serve import serve
from bridge.fields import flag_of, takes_several, variable_of
from bridge.runs.request import RIGHTS
from bridge.settings import ServerSettings
from bridge.web.keys import Keys
from tests.docs.blocks import Block, checked_by
from tests.docs.settings_table import PAGE, written
from tests.server import ROOT

KEY_FILES = checked_by(__name__)
OPTIONS = {option.name: option for option in serve.params if isinstance(option, click.Option)}


def test_the_page_is_what_the_settings_make_of_it() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page), "docs/settings.md is out of date: make settings"


@pytest.mark.parametrize("name", ServerSettings.model_fields)
def test_a_setting_has_an_option_a_variable_and_a_row(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by the same names: a value that is given either way arrives in the field."""
    field = ServerSettings.model_fields[name]
    option = OPTIONS[name]
    assert option.opts == [flag_of(name, field)]
    assert option.multiple is takes_several(field)
    variable = variable_of(name, field)
    assert variable in (option.help or "")
    row = next(row for row in PAGE.read_text("utf-8").splitlines() if row.startswith(f"| `{option.opts[0]}` |"))
    assert f"| `{variable}` |" in row
    assert (f"| `{name}` |" in row) is (name in Settings.model_fields)
    value, text = SAMPLES.get(name) or (7, "7")
    with monkeypatch.context() as environment:
        if name == "cors_credentials":
            environment.setenv("BRIDGE_CORS_ORIGINS", "https://a.example")
        environment.setenv(variable, text)
        assert getattr(ServerSettings.from_environment(), name) == value
        environment.setenv(variable, "nonsense" if value != "nonsense" else "other")
        assert getattr(ServerSettings.from_environment(**{name: value}), name) == value  # what is given wins


SAMPLES = {
    "host": ("::1", "::1"),
    "root_path": ("/ai", "/ai/"),
    "reveal_errors": (True, "1"),
    "no_auth": (True, "1"),
    "allowed_hosts": (("a.example", "b.example"), "a.example b.example"),
    "context": ("app:context", "app:context"),
    "store": ("app:store", "app:store"),
    "db": ("./here.sqlite", "./here.sqlite"),
    "retention_listed": (True, "yes"),
    "api_keys": (("ann=sk-1", "sk-2"), " ann=sk-1  sk-2 "),
    "api_key_file": (__file__, __file__),
    "shared_keys": (("office=sk-3",), "office=sk-3"),
    "chat_headers": (("X-Chat", "X-Other"), "X-Chat X-Other"),
    "user_headers": (("X-User",), "X-User"),
    "cors_origins": (("https://a.example", "app://x"), "https://a.example app://x"),
    "cors_credentials": (True, "true"),
    "disconnect": ("continue", "continue"),
    "hidden": (("router", "draft"), "router draft"),
    "state_allow": (("basket",), "basket"),
    "client_keys": (("tenant",), "tenant"),
    "client_history": ("refuse", "refuse"),
    "durability": (("exit", "clerk=sync"), "exit clerk=sync"),
    "serializer_types": (("app.orders:Order",), "app.orders:Order"),
    "max_header_size": (2048, "2048"),
    "max_journal_bytes": (65_536, "65536"),
    "journal_memory_bytes": (65_536, "65536"),
    "reasoning_field": ("reasoning", "reasoning"),
    "show_tools": ("details", "details"),
    "same_name_tools": ("client", "client"),
    "log_json": (True, "on"),
    "studio": (True, "on"),
    "studio_inputs": (False, "off"),
}


def test_the_agent_s_variables_exist() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    table = page.partition("## The sales agent")[2].partition("\n## ")[0]
    code = "".join(path.read_text("utf-8") for path in (ROOT / "graphs").rglob("*.py"))
    names = re.findall(r"`([A-Z_]{8,})`", table)
    assert names
    for name in names:
        assert f'environ.get("{name}")' in code, name


@pytest.mark.parametrize("block", KEY_FILES, ids=lambda block: block.name)
def test_a_file_of_keys_is_read(block: Block, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(block.text, "utf-8")
    keys = Keys.read((), tmp_path / "keys")
    lines = [line for line in block.text.splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        written, *scopes = line.split()
        alone = tmp_path / "one"
        alone.write_text(line, "utf-8")
        (found,) = Keys.read((), alone)._principals.values()
        assert found.name == written.partition("=")[0]
        assert found.scopes == (frozenset(scopes) or RIGHTS)
    assert len(keys._principals) == len(lines)
