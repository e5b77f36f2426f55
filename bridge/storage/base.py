"""What is open while the bridge serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from bridge.storage.threads import ThreadIndex


@dataclass(frozen=True, slots=True)
class Storage:
    """What is open while the bridge serves."""

    checkpointer: BaseCheckpointSaver[Any]
    index: ThreadIndex
