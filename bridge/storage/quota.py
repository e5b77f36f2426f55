"""How much a principal has stored: measured where the checkpoints are, before each run."""

from __future__ import annotations

from sqlalchemy import Connection, text

from bridge.errors import RateLimited
from bridge.storage.checkpoint_tables import present
from bridge.storage.threads import ThreadIndex

_COLUMNS = {
    "checkpoints": ("checkpoint", "metadata"),
    "checkpoint_blobs": ("blob",),
    "checkpoint_writes": ("blob",),
    "writes": ("value",),
}
"""What LangGraph's savers keep values in; see `bridge.storage.checkpoint_tables.TABLES`."""


def stored_bytes(database: Connection, principal: str) -> int:
    """Bytes of all this principal has: checkpoints, responses, items; a graph's own checkpointer is not asked."""
    # neither database reads a value to know its size
    size_of = "pg_column_size({})" if database.dialect.name == "postgresql" else "length({})"
    total = 0
    for table in present(database):
        size = " + ".join(f"coalesce({size_of.format(column)}, 0)" for column in _COLUMNS[table])
        query = text(
            f"SELECT coalesce(sum({size}), 0) FROM {table} WHERE thread_id IN"  # noqa: S608 - names of our own
            " (SELECT key FROM bridge_threads WHERE principal = :principal)"
        )
        total += int(database.execute(query, {"principal": principal}).scalar_one())
    texts = " + ".join(f"coalesce({size_of.format(column)}, 0)" for column in ("head", "input", "facts", "events"))
    responses = text(f"SELECT coalesce(sum({texts}), 0) FROM bridge_responses WHERE principal = :principal")  # noqa: S608
    items = text(
        f"SELECT coalesce(sum({size_of.format('item')}), 0) FROM bridge_conversation_items WHERE conversation IN"  # noqa: S608
        " (SELECT id FROM bridge_conversations WHERE principal = :principal)"
    )
    more = (database.execute(query, {"principal": principal}).scalar_one() for query in (responses, items))
    return total + sum(map(int, more))


class Quota:
    """What every principal may store. A run over it is refused; reading and deleting are not.

    Args:
        limit: bytes.
    """

    def __init__(self, index: ThreadIndex, limit: int) -> None:
        self._index = index
        self._limit = limit

    async def check(self, principal: str) -> None:
        """Raises `RateLimited` for a principal that has stored too much."""
        size = await self._index.ask(lambda database: stored_bytes(database, principal))
        if size > self._limit:
            raise RateLimited(
                f"{size} bytes of conversations are stored, and {self._limit} are allowed "
                "(max_stored_bytes); delete some.",
                retry_after=60,
            )
