"""Checkpoints of a thread: its history, its state at each, forks."""

from __future__ import annotations

from bridge.web.dialect import Operation

OPERATIONS: tuple[Operation, ...] = ()
