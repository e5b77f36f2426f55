"""Made the two dumps beside it, once, with the bridge as it was at schema version 1 (commit 43108c2):

    git worktree add /tmp/before 43108c2
    cd /tmp/before && PYTHONPATH=. python …/tests/version_1/make.py bridge.sqlite
    cd /tmp/before && PYTHONPATH=. python …/tests/version_1/make.py postgresql://…

then ``sqlite3 bridge.sqlite .dump`` and ``pg_dump --inserts --no-owner --no-privileges --schema=public``.
"""

from __future__ import annotations

import asyncio
import runpy
import sys
from pathlib import Path

from httpx import ASGITransport, AsyncClient
from langgraph.checkpoint.memory import InMemorySaver

from bridge import Settings, create_app

_OURS = runpy.run_path(str(Path(__file__).with_name("graphs.py")))  # the tests beside the old bridge have no such file
agents, agui = _OURS["agents"], _OURS["agui"]

KEY = {"Authorization": "Bearer key-a"}


async def write(db: str, headers: dict[str, str], who: str) -> None:
    """The same conversations, of a caller: two turns, an open question, a history without a thread."""
    settings = Settings(db=db, api_keys=("key-a",) if headers else ())
    app = create_app(agents(InMemorySaver()), settings)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://bridge", headers=headers) as client,
    ):
        for agent, thread, texts in (
            ("plain", f"{who}-two", ["one", "two"]),
            ("asking", f"{who}-open", ["choose"]),
            ("own", f"{who}-own", ["one"]),
        ):
            for number, text in enumerate(texts):
                answer = await client.post(f"/agui/{agent}", json=agui(thread, f"{thread}-{number}", text))
                assert "RUN_FINISHED" in answer.text, answer.text
        body = {"model": "plain", "messages": [{"role": "user", "content": f"history of {who}"}]}
        answer = await client.post("/v1/chat/completions", json=body)
        assert answer.json()["choices"][0]["message"]["content"] == "answer 1"


async def main() -> None:
    await write(sys.argv[1], {}, "anybody")
    await write(sys.argv[1], KEY, "a")


if __name__ == "__main__":
    asyncio.run(main())
