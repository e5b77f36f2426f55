"""``env`` of a ``langgraph.json``, and the ``.env`` beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

from bridge.agents.load_error import LoadError


def set_environment(env: str | Mapping[str, str] | None, manifest: Path) -> list[str]:
    """Set the variables that a manifest names, for this process. Returns a warning for a file that is not there.

    What ``env`` says goes over what the shell has, as with LangGraph's server. Where it says nothing, a ``.env`` beside
    the manifest is read, for variables that the shell does not have.
    """
    if isinstance(env, Mapping):
        _set(env, f"{manifest.name}: 'env'")
        return []
    file = manifest.parent / (env or ".env")
    if not file.is_file():
        return [f"{manifest.name}: 'env' names {env}, which is not there."] if env else []
    over = env is not None
    try:
        values = dict(_values(file))
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{file.name} cannot be read: {error}.") from error
    _set({name: value for name, value in values.items() if over or name not in os.environ}, file.name)
    return []


def _set(values: Mapping[str, str], what: str) -> None:
    for name, value in values.items():
        try:
            os.environ[name] = value
        except (OSError, ValueError) as error:  # a name with an "=", a NUL
            raise LoadError(f"{what} has a variable {name!r} that cannot be set: {error}.") from error


def _values(file: Path) -> Iterator[tuple[str, str]]:
    for name, value in dotenv_values(file, encoding="utf-8").items():
        if value is not None:  # a name without a value says nothing
            yield name, value
