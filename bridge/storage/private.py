"""Conversations are nobody else's on this machine: the database file is its owner's alone."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

OWN_FOLDER = ".bridge"
"""The folder of the default ``--db``. It is ours, so it is made private also where an older bridge made it."""


def make_private(path: Path) -> None:
    """Make the file (mode 0600) and its folder (0700) where they are missing; an older file is made private.

    A folder that somebody else made keeps its mode: other things may be in it. SQLite gives its journals the file's.
    """
    folder = path.parent
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
    elif folder.name == OWN_FOLDER:
        _restrict(folder, 0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal"))):
        _restrict(file, 0o600)


def _restrict(path: Path, mode: int) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError):  # another user's: what it lets us do is enough
        if stat.S_IMODE(path.stat().st_mode) & ~mode:
            path.chmod(mode)
