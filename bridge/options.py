"""The options of the command, made from the settings; and what a server must not start with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from bridge.fields import about, flag_of, takes_several, variable_of
from bridge.settings import InvalidSettings, ServerSettings, Settings
from bridge.web.gate import Gate, is_loopback
from bridge.web.keys import Keys

Command = Callable[..., None]
Model = TypeVar("Model", bound=Settings)


def setting_options(model: type[Settings], *names: str) -> Callable[[Command], Command]:
    """An option for each setting of the model, its own before those of `Settings`; or for those that are named.

    The values are texts still: `read_options` reads them.
    """
    own = [name for name in model.model_fields if name not in Settings.model_fields]
    chosen = names or (*own, *(name for name in model.model_fields if name not in own))

    def decorate(command: Command) -> Command:
        for name in reversed(chosen):
            command = _option(name, model.model_fields[name])(command)
        return command

    return decorate


def _option(name: str, field: FieldInfo) -> Callable[[Command], Command]:
    several, is_flag = takes_several(field), field.annotation is bool
    what = str(field.description).replace("`", "")
    notes = [f"env: {variable_of(name, field)}"]
    if several:
        what += " May be given again."
    if not is_flag:
        notes.append(f"default: {shown_default(field)}".replace("`", ""))
    return click.option(
        flag_of(name, field),
        name,
        multiple=several,
        is_flag=is_flag or None,  # click: an option of which `False` is said takes no value that begins with a dash
        metavar=None if is_flag else _metavar(field),
        help=f"{what}  [{'; '.join(notes)}]",
    )


def _metavar(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return f"[{'|'.join(get_args(field.annotation))}]"
    kinds = str(field.annotation)
    if "bool" in kinds:
        return "[on|off]"
    return "INTEGER" if "int" in kinds else "NUMBER" if "float" in kinds else "TEXT"


def shown_default(field: FieldInfo) -> str:
    """A setting's default as the help and the page have it."""
    value = field.default
    if (words := about(field).shown) is not None:
        return words
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    if isinstance(value, int) and value >= 1 << 20 and value % (1 << 20) == 0:
        return f"{value >> 20} MiB"
    return f"{value:g}" if isinstance(value, float) else f"`{value}`" if isinstance(value, str) else str(value)


def read_options(model: type[Model], options: dict[str, Any]) -> Model:
    """The settings of the options that were given, then of the variables.

    Raises ``click.BadParameter``, which names the option or the variable.
    """
    given = {name: value for name, value in options.items() if value not in (None, (), False)}
    try:
        return model.from_environment(**given)
    except InvalidSettings as error:
        name, why = error.faults[0]
        field = model.model_fields[name]
        where = flag_of(name, field) if name in given else variable_of(name, field)
        raise click.BadParameter(f"{why.rstrip('.')}.", param_hint=f"'{where}'") from None


def check_access(settings: ServerSettings) -> bool:
    """Whether there are keys. Raises ``click.UsageError`` for a server that would be open by mistake."""
    try:
        locked = bool(Keys.read((*settings.api_keys, *settings.shared_keys), settings.api_key_file))
    except (ValueError, OSError) as error:
        raise click.BadParameter(f"{error}.", param_hint="--api-key-file") from None
    if locked and settings.no_auth:
        raise click.UsageError("--no-auth and API keys exclude each other.")
    if not locked and not settings.no_auth and not is_loopback(settings.host):
        raise click.UsageError(
            f"Everybody who reaches {settings.host or 'this machine'} could run your agents and read all "
            "conversations: give a key with --api-key (or --api-key-file), or say --no-auth."
        )
    if settings.studio_inputs and not is_loopback(settings.host):
        raise click.UsageError(
            "--studio-inputs shows prompts to whoever may open the studio: it is for a loopback address alone."
        )
    try:
        Gate(settings.allowed_hosts)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--allowed-host") from None
    return locked
