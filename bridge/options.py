"""The options of ``bridge serve`` that say who may call, from where, and how much."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

from bridge.settings import Settings
from bridge.web.gate import Gate, is_loopback
from bridge.web.keys import Keys
from bridge.web.prefix import checked_prefix

_DEFAULTS = Settings()
_KEYS = "BRIDGE_API_KEYS"

Command = Callable[..., None]
Option = Callable[[Command], Command]


def _checked_root_path(context: click.Context, parameter: click.Parameter, path: str) -> str:
    del context
    try:
        return checked_prefix(path)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param=parameter) from None


_ACCESS: tuple[Option, ...] = (
    click.option("--host", default="127.0.0.1", show_default=True, envvar="BRIDGE_HOST"),
    click.option("--port", default=8000, show_default=True, type=int, envvar="BRIDGE_PORT"),
    click.option(
        "--root-path",
        default="",
        callback=_checked_root_path,
        envvar="BRIDGE_ROOT_PATH",
        help="The path below which a proxy serves it, such as /ai; default: the proxy's X-Forwarded-Prefix.",
    ),
    click.option("--api-key", "api_keys", multiple=True, envvar=_KEYS, help="key or name=key; several may be given."),
    click.option(
        "--api-key-file",
        type=click.Path(exists=True, dir_okay=False),
        envvar="BRIDGE_API_KEY_FILE",
        help="A file of hashed keys ('bridge key' makes them); read again on SIGHUP.",
    ),
    click.option("--no-auth", is_flag=True, envvar="BRIDGE_NO_AUTH", help="Everybody who reaches --host may call."),
    click.option(
        "--allowed-host",
        "allowed_hosts",
        multiple=True,
        envvar="BRIDGE_ALLOWED_HOSTS",
        help="A name that a server without keys answers to, beside localhost and IP addresses.",
    ),
    click.option(
        "--cors-origin",
        "cors_origins",
        multiple=True,
        envvar="BRIDGE_CORS_ORIGINS",
        help="An origin whose pages may call; '*': any. Default: any with keys, this machine's without.",
    ),
    click.option(
        "--cors-credentials",
        is_flag=True,
        envvar="BRIDGE_CORS_CREDENTIALS",
        help="Allow cookies, for the origins that are named.",
    ),
)

_COUNT = click.IntRange(min=1)
_SECONDS = click.FloatRange(min=0, min_open=True)


def _limit(name: str, kind: click.ParamType[Any], what: str) -> Option:
    default = getattr(_DEFAULTS, name)
    return click.option(
        "--" + name.replace("_", "-"),
        type=kind,
        default=default,
        show_default=default is not None,
        envvar=f"BRIDGE_{name.upper()}",
        help=what,
    )


_LIMITS = (
    _limit("max_runs", _COUNT, "Runs at once."),
    _limit("max_runs_per_principal", _COUNT, "Runs at once of one principal; default: half of --max-runs."),
    _limit("requests_per_minute", _COUNT, "Of one principal; default: no limit."),
    _limit("max_stored_bytes", _COUNT, "Of one principal's conversations; default: no limit."),
    _limit("max_body_bytes", _COUNT, "Of a request's body."),
    _limit("max_messages", _COUNT, "In a body."),
    _limit("max_tools", _COUNT, "In a body; also of context entries and of answers."),
    _limit("max_values", _COUNT, "In a body: numbers, strings, arrays, objects."),
    _limit("max_depth", click.IntRange(min=1, max=200), "Of arrays and objects within each other in a body."),
    _limit("storage_patience", click.FloatRange(min=0), "Seconds that a run waits for a database that is away."),
    _limit("body_timeout", _SECONDS, "Seconds in which a body must be there."),
    _limit("header_timeout", _SECONDS, "Seconds in which a request's headers must be there."),
    _limit("max_header_size", click.IntRange(min=1024), "Bytes of a request's line and headers."),
)


def access_options(command: Command) -> Command:
    """Where the server listens, and who may call."""
    return _with(_ACCESS, command)


def limit_options(command: Command) -> Command:
    """How much one caller, and one request, may be."""
    return _with(_LIMITS, command)


def _with(options: Collection[Option], command: Command) -> Command:
    for option in reversed(tuple(options)):
        command = option(command)
    return command


def check_access(host: str, *, no_auth: bool, allowed_hosts: Collection[str], options: Mapping[str, Any]) -> bool:
    """Whether there are keys. Raises ``click.UsageError`` for a server that would be open by mistake."""
    try:
        locked = bool(Keys.read((*options["api_keys"], *options.get("shared_keys", ())), options["api_key_file"]))
    except (ValueError, OSError) as error:
        raise click.BadParameter(f"{error}.", param_hint="--api-key") from None
    if not options["api_keys"] and _KEYS in os.environ:
        raise click.UsageError(f"{_KEYS} is empty: give it a key, or unset it.")
    if locked and no_auth:
        raise click.UsageError("--no-auth and API keys exclude each other.")
    if not locked and not no_auth and not is_loopback(host):
        raise click.UsageError(
            f"Everybody who reaches {host or 'this machine'} could run your agents and read all conversations: "
            "give a key with --api-key (or --api-key-file), or say --no-auth."
        )
    if options["cors_credentials"] and (not options["cors_origins"] or "*" in options["cors_origins"]):
        raise click.UsageError(
            "--cors-credentials needs origins that are named, with --cors-origin: any page could act as its visitor."
        )
    try:
        Gate(allowed_hosts)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--allowed-host") from None
    return locked
