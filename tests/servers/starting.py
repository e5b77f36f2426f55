"""``python -m tests.servers.starting DB…``: opens each database when it is told to, as a server's process does."""

from __future__ import annotations

import asyncio
import sys
import traceback

from bridge import Settings
from bridge.service import Bridge
from tests.http.graphs import teller


async def _started(db: str) -> None:
    bridge = Bridge({"teller": teller}, Settings(db=db))
    await bridge.open()
    await bridge.close()


def main() -> None:
    """Say ``ready``; for each line that comes, start on the next database and say how it went."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for db in sys.argv[1:]:
        sys.stdin.readline()
        try:
            asyncio.run(_started(db))
        except Exception:
            sys.stdout.write(f"failed: {traceback.format_exc()!r}\n")
        else:
            sys.stdout.write("started\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
