"""Requests and streams that nobody would send on purpose.

``make test`` tries some; ``make torture`` many (``TORTURE`` is how many for each route).
"""

import os

TORTURE = int(os.environ.get("TORTURE", "0"))
TIMEOUT = 36_000 if TORTURE else 240
"""Seconds for one test."""

ENDLESS = ("/runs/announcements",)
"""Streams that end with the server alone: their answer cannot be waited for (see `tests/studio/test_wire.py`)."""
