"""LangGraph's own tables in the bridge's database, where its savers have no method for what is needed."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from bridge.runs.request import STORED

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "writes")
"""What LangGraph's savers for SQLite (``checkpoints``, ``writes``) and PostgreSQL (the others) store threads in."""


def rename(database: Connection, old: str, new: str) -> bool:
    """Move a stored thread to another id; whether there was one. Within a transaction of the caller's."""
    moved = False
    for table in present(database):
        change = text(f"UPDATE {table} SET thread_id = :new WHERE thread_id = :old")  # noqa: S608 - names of our own
        moved |= database.execute(change, {"old": old, "new": new}).rowcount > 0
    return moved


def orphans(database: Connection, before: str) -> list[str]:
    """Ids of stored threads that the index does not know, and whose last checkpoint has an id below ``before``.

    Only ids that the bridge made: other programs may keep theirs in the same tables.
    """
    if "checkpoints" not in present(database):
        return []
    query = text(
        "SELECT thread_id FROM checkpoints WHERE thread_id LIKE :ours"
        " AND thread_id NOT IN (SELECT key FROM bridge_threads)"
        " GROUP BY thread_id HAVING max(checkpoint_id) < :before"
    )
    return list(database.execute(query, {"ours": f"{STORED}%", "before": before}).scalars())


def present(database: Connection) -> list[str]:
    """The tables that this database has. Asked once a connection's inspector: SQLAlchemy keeps the answer in it."""
    known = database.info.get("bridge_checkpoint_tables")
    if known is None:
        there = set(inspect(database).get_table_names())
        known = database.info["bridge_checkpoint_tables"] = [table for table in TABLES if table in there]
    found: list[str] = known
    return found
