"""Wrong settings are refused by name: from code, as an option and as a variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge import Settings, create_app
from bridge.cli import main
from bridge.fields import about, flag_of, takes_several, variable_of
from bridge.settings import InvalidSettings, ServerSettings
from tests.test_principal import echo

WRONG: dict[str, list[Any]] = {
    "host": [7],
    "port": ["tcp://10.0.0.1:8000", -1, 65_536, 80.5],
    "root_path": ["ai", "//ai"],
    "no_auth": ["maybe"],
    "allowed_hosts": [(7,), (" ",)],
    "context": ["nonsense", "module:", ":name"],
    "store": ["nonsense"],
    "db": ["sqlite.db", "", "mysql://u:secret@h/d"],
    "retention_days": [-1, "week", float("inf"), 1e9],
    "retention_count": [-1, 1.5],
    "retention_listed": ["maybe"],
    "response_days": [-1, "week"],
    "api_keys": [("",), ("a=sk-secret", "b=sk-secret")],
    "api_key_file": ["/no/such/secret"],
    "shared_keys": [("",)],
    "chat_headers": [("X Chat",), ("Чат",), ("",)],
    "user_headers": [("X-User:",)],
    "cors_origins": [("https://app.example/",), ("app.example",), ("https://*.example",), ("",)],
    "cors_credentials": [True],
    "disconnect": ["nonsense"],
    "disconnect_grace": [-1, float("nan")],
    "stop_timeout": [-1],
    "run_timeout": [-1, float("inf"), 1e300],
    "recursion_limit": [0],
    "shutdown_grace": [-1],
    "threads": [0],
    "max_loop_lag": [-1],
    "reveal_errors": ["maybe"],
    "storage_patience": [-1],
    "keep_alive": [0, -1, 0.0001, "often", float("nan")],
    "patience": [-1],
    "slow_reader": [-1],
    "reasoning_field": ["content", "tool_calls", "two words", ""],
    "show_tools": ["always", True],
    "same_name_tools": ["server", ""],
    "hidden": [("",), (7,)],
    "state_allow": [("",)],
    "client_keys": [("",)],
    "client_history": ["nonsense"],
    "durability": [("never",), ("a=never",), ("=sync",)],
    "serializer_types": [("Order",), ("app:",)],
    "max_runs": [0, -1, "many", 2**60],
    "max_runs_per_principal": [0],
    "requests_per_minute": [0],
    "max_stored_bytes": [0],
    "max_body_bytes": [0, "8 MiB"],
    "body_memory_bytes": [0],
    "max_messages": [0],
    "max_tools": [0],
    "max_values": [0],
    "max_depth": [0, 201],
    "body_timeout": [0],
    "header_timeout": [0],
    "max_header_size": [0, 1023],
    "max_journal_bytes": [0],
    "journal_memory_bytes": [0],
    "log_json": ["maybe"],
    "studio": ["maybe"],
    "studio_inputs": ["maybe"],
}
FIELDS = ServerSettings.model_fields


def texts(name: str, value: Any) -> list[str]:
    """The values as somebody types them; none where nobody can, since a text is right there."""
    values = value if isinstance(value, tuple) else (value,)
    if name == "host" or (takes_several(FIELDS[name]) and not all(isinstance(each, str) for each in values)):
        return []
    return [str(each) for each in values]


def as_option(name: str, value: Any) -> list[str]:
    """The command line's arguments; a flag has no value that could be wrong."""
    flag = flag_of(name, FIELDS[name])
    if FIELDS[name].annotation is bool:
        return [flag] if value is True else []
    return [f"{flag}={text}" for text in texts(name, value)]


def as_variable(name: str, value: Any) -> str:
    """The variable's text; none where spaces separate the values, or a blank one counts as not set."""
    text = " ".join(texts(name, value))
    split = takes_several(FIELDS[name]) and text.split() != texts(name, value)
    return "" if split or (not text.strip() and not about(FIELDS[name]).secret) else text or " "


CASES = [(name, value) for name, values in WRONG.items() for value in values]
OPTIONS = [(name, arguments) for name, value in CASES if (arguments := as_option(name, value))]
VARIABLES = [(name, text) for name, value in CASES if (text := as_variable(name, value))]


def test_every_setting_has_wrong_values() -> None:
    assert set(WRONG) == set(FIELDS)


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_wrong_value_is_refused_from_code(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: ") as raised:
        ServerSettings(**{name: value})
    assert "secret" not in str(raised.value).replace("/no/such/secret", "")
    assert "\n" not in str(raised.value)


def refused(*arguments: str, env: dict[str, str] | None = None) -> str:
    result = CliRunner().invoke(main, ["serve", "nothing", *arguments], env=env)
    assert result.exit_code == 2, result.output
    assert "sk-secret" not in result.output
    return result.output


@pytest.mark.parametrize(("name", "arguments"), OPTIONS)
def test_a_wrong_value_is_refused_as_an_option(name: str, arguments: list[str]) -> None:
    assert f"Invalid value for '{flag_of(name, FIELDS[name])}'" in refused(*arguments)


@pytest.mark.parametrize(("name", "text"), VARIABLES)
def test_a_wrong_value_is_refused_as_a_variable(name: str, text: str) -> None:
    variable = variable_of(name, FIELDS[name])
    assert f"Invalid value for '{variable}'" in refused(env={variable: text})


def test_a_name_that_is_none_is_refused_and_the_right_one_named() -> None:
    with pytest.raises(InvalidSettings, match=r"^keepalive: there is no such setting; is keep_alive meant\?$"):
        Settings(keepalive=3)  # type: ignore[call-arg] # the mistake


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as raised:
        Settings(max_runs=0, keep_alive=0)
    assert [name for name, _ in raised.value.faults] == ["keep_alive", "max_runs"]


def test_code_reads_no_variable_unless_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_MAX_RUNS", "7")
    monkeypatch.setenv("BRIDGE_HIDE", "router")
    assert (Settings().max_runs, Settings().hidden) == (1000, ())
    read = Settings.from_environment(hidden=("draft",))
    assert (read.max_runs, read.hidden) == (7, ("draft",))


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if about(field).secret])
def test_a_secret_that_is_blank_is_an_error_not_an_open_door(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable_of(name, FIELDS[name]), " ")
    with pytest.raises(InvalidSettings, match=f"{name}: is empty"):
        ServerSettings.from_environment()


def test_no_secret_is_shown() -> None:
    shown = repr(Settings(db="postgresql://bob:hunter2@127.0.0.1/d", api_keys=("ann=sk-1",), shared_keys=("o=sk-2",)))
    assert not [secret for secret in ("hunter2", "sk-1", "sk-2") if secret in shown]


def test_one_text_is_one_value_or_several(tmp_path: Path) -> None:
    assert Settings(hidden="router").hidden == ("router",)  # type: ignore[arg-type] # not its six letters
    assert Settings(db=tmp_path / "b.sqlite").db == str(tmp_path / "b.sqlite")  # type: ignore[arg-type] # a path will do


def test_settings_stay_as_they_were_checked() -> None:
    settings = Settings(max_runs=3)
    with pytest.raises(ValueError, match="frozen"):
        settings.max_runs = 0
    assert create_app({"echo": echo()}, settings).state.bridge.settings.max_runs == 3


def test_prompts_are_not_shown_on_a_public_address() -> None:
    shown = refused("--host", "0.0.0.0", "--api-key", "k" * 32, "--studio-inputs=on")
    assert "--studio-inputs" in shown
    assert "loopback" in shown
