"""Importing what ``module:attribute`` and ``path/to/file.py:attribute`` name."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

from bridge.agents.load_error import LoadError
from bridge.agents.loading.faults import missing_attribute, what_failed


def find(what: str, place: str, base: Path, *, graph: bool = False) -> Any:
    """The object at ``place``, which is found from the folder ``base``.

    Raises `LoadError`; ``what`` is its subject (``Agent 'sales'``). ``graph``: a graph is wanted, and those that are
    there are named where it is not.
    """
    name, _, attribute = place.rpartition(":")
    if not name or not attribute:
        raise LoadError(f"{what}: '{place}' is not of the form module:attribute.")
    base = base.resolve()
    if str(base) not in sys.path:
        sys.path.insert(0, str(base))
    by_path = name.endswith(".py") or "/" in name or "\\" in name
    path = Path(os.path.normpath(base / name))  # a link in the project is of the project, wherever it leads
    if by_path and not path.is_file():
        raise LoadError(f"{what}: there is no file {name} in {base}.")
    if by_path and path.suffix != ".py":
        raise LoadError(f"{what}: {name} is not a file of Python.")
    importlib.invalidate_caches()
    try:
        module = _of_file(path, base) if by_path else importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever somebody's module does when it is imported
        raise LoadError(f"{what}: {what_failed(error, name, base)}") from error
    try:
        return getattr(module, attribute)
    except AttributeError:
        missing = missing_attribute(module, name, attribute) if graph else f"{name} has no '{attribute}'."
        raise LoadError(f"{what}: {missing}") from None
    except Exception as error:  # a module may have a `__getattr__` of its own
        raise LoadError(f"{what}: {what_failed(error, name, base)}") from error


def _of_file(path: Path, base: Path) -> ModuleType:
    """The module in a file: by its dotted name, so that the file's own package and relative imports work; by a name
    made of its path where that name is no name, or another module's.
    """
    if path.is_relative_to(base):
        parts = path.relative_to(base).with_suffix("").parts
        parts = parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts
        if all(part.isidentifier() for part in parts) and _is_at(dotted := ".".join(parts), path):
            return importlib.import_module(dotted)
    name = f"{re.sub(r'[^0-9A-Za-z_]', '_', path.stem)}_{crc32(str(path).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_at(dotted: str, path: Path) -> bool:
    """Whether importing this name would give the module in this file. Imports the packages it is in."""
    loaded = sys.modules.get(dotted)
    if loaded is not None:
        return _same(getattr(loaded, "__file__", None), path)
    try:
        spec = importlib.util.find_spec(dotted)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{dotted}.".startswith(f"{error.name}."):
            return False  # a package of this name is somewhere else
        raise
    except ValueError:
        return False
    return spec is not None and _same(spec.origin, path)


def _same(origin: str | None, path: Path) -> bool:
    return origin is not None and Path(origin).resolve() == path.resolve()
