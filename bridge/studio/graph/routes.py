"""The drawing of an agent."""

from __future__ import annotations

from bridge.web.dialect import Operation

OPERATIONS: tuple[Operation, ...] = ()
