"""What a server has stored: a look into its database, from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.server import Server


def rows(server: Server, table: str) -> int:
    """How many rows a table of the server's own database has."""
    with closing(sqlite3.connect(server.db)) as connection:
        count: int = connection.execute(f"select count(*) from {table}").fetchone()[0]
        return count


def stored(server: Server) -> tuple[int, ...]:
    """What is stored, in numbers: threads, turns, checkpoints, writes."""
    return tuple(rows(server, table) for table in ("bridge_threads", "bridge_turns", "checkpoints", "writes"))
