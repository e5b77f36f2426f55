"""What a client received is what it sends back: a fingerprint is made of that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app
from tests.histories.talk import user
from tests.http.talking import chunks_of, text_of


class Pieces(GenericFakeChatModel):
    """Says 👍 in two halves, and ❤️ in one."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        del args, kwargs
        for piece in ("ok ", "\ud83d", "\udc4d", " 👍 ", "❤️ \r\n", "  done  \n"):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))


async def answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [await Pieces(messages=iter(())).ainvoke(state["messages"])]}


@pytest.mark.parametrize("stream", [True, False])
async def test_halves_of_an_emoji_and_line_ends(tmp_path: Path, stream: bool) -> None:
    graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
    app = create_app({"pieces": graph}, Settings(db=str(tmp_path / "b.sqlite")))
    history, threads = [user("go")], set()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
    ):
        for _ in range(3):
            response = await client.post("/v1/chat/completions", json={"messages": history, "stream": stream})
            received = (
                text_of(chunks_of(response.content)) if stream else response.json()["choices"][0]["message"]["content"]
            )
            threads.add(response.headers["x-thread-id"])
            history += [{"role": "assistant", "content": received.replace("\r\n", "\n").rstrip()}, user("on")]
    assert len(threads) == 1
