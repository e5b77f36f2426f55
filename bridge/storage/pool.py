"""A pool whose connections are looked at before they are used. Imported only where psycopg is installed."""

from __future__ import annotations

from time import monotonic
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool


class CheckedPool(AsyncConnectionPool[AsyncConnection[dict[str, Any]]]):
    """Replaces a connection that its server has closed, and all others like it, before anybody sees one.

    The pool's own ``check=`` pauses a second after the first such connection, and twice as long after each further
    one: after a restart of the server a turn would wait for as many as there are.
    """

    async def getconn(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg_pool's signature
    ) -> AsyncConnection[dict[str, Any]]:
        """A connection that answers. Raises ``OperationalError`` where none does."""
        until = monotonic() + (self.timeout if timeout is None else timeout)
        for _ in range(self.max_size + 1):  # all that were open, and a new one
            connection = await super().getconn(until - monotonic())
            try:
                await self.check_connection(connection)
            except OperationalError as error:
                broken = error
                await self.putconn(connection)
            except BaseException:
                await self.putconn(connection)
                raise
            else:
                return connection
        raise broken
