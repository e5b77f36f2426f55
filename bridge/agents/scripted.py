"""An agent's stream whose events are known beforehand: no model, no database.

Two uses: asking an interrupt's question again, and the fixed answer by which the wiring is checked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from bridge.events.event import Event


async def scripted(events: Sequence[Event], *, pace: float = 0.0) -> AsyncIterator[Event]:
    """These events; ``pace`` seconds pass after each."""
    for event in events:
        yield event
        await asyncio.sleep(pace)
