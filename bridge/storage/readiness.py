"""Whether a database takes writes, found out without writing."""

from __future__ import annotations

from sqlalchemy import Connection, text

from bridge.errors import StorageReadOnly
from bridge.storage.schema import transaction


def check_writable(database: Connection) -> None:
    """Raises what the database raises where it cannot be written, or `StorageReadOnly`."""
    if database.dialect.name == "sqlite":
        with transaction(database):  # takes the lock of the one writer
            pass
    elif database.scalar(text("SHOW transaction_read_only")) == "on":
        raise StorageReadOnly
