"""Databases for tests: a PostgreSQL database of one's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import make_url

from tests.tools import require_postgres


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database that exists inside the block."""
    url, name = make_url(require_postgres()), f"bridge_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"drop database {name} with (force)".encode())
