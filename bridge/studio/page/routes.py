"""The page itself, as ``studio/`` builds it."""

from __future__ import annotations

from bridge.web.dialect import Operation

OPERATIONS: tuple[Operation, ...] = ()
