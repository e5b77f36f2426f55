"""Runs, whoever started them: a list, announcements, their wire, what their model calls were given."""

from __future__ import annotations

from bridge.web.dialect import Operation

OPERATIONS: tuple[Operation, ...] = ()
