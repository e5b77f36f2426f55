"""Bodies of 8 MiB hold the event loop for less than a tenth of a second, whatever is in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

from bridge import Settings, create_app
from bridge.web.bodies import count_values
from tests.http.heavy import SHAPES, watching
from tests.http.talking import chat, run_input

LONGEST = 1.5  # seconds: a guard against a loop that stands still, on any machine; the figure is a benchmark's
TRIES = 8  # other processes take the machine at times; what holds the loop itself does so every time


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async def say(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("да")]}

    graph = StateGraph(MessagesState).add_node(say).add_edge(START, "say").compile()
    app = create_app({"brief": graph}, Settings(db=":memory:"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge", timeout=60) as opened,
    ):
        for path, body in (("/agui/brief", run_input("да")), ("/v1/chat/completions", chat("да"))):
            assert (await opened.post(path, json=body)).status_code == 200  # what is made at first is made
        yield opened


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


@pytest.mark.parametrize("path", ["/agui/brief", "/v1/chat/completions"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_large_body_does_not_hold_the_loop(client: httpx.AsyncClient, shape: str, path: str) -> None:
    body = SHAPES[shape]()
    longest = []
    for _ in range(TRIES):
        async with watching() as pauses:
            answer = await client.post(path, content=pieces(body))
        assert answer.status_code < 500, answer.text[:200]
        longest.append(pauses.longest)
        if pauses.longest < LONGEST:
            return
    pytest.fail(f"the loop stood still for {min(longest) * 1000:.0f} ms")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("[1,2,3]", 4),
        ('{"a":1,"b":[2]}', 6),
        (r'["\\",1]', 3),
        (r'["\\\",[{:",1]', 3),
        (r'["[,{:",{"x":"\"[,"}]', 5),
    ],
)
def test_values_are_counted_outside_of_strings(text: str, count: int) -> None:
    assert count_values(text.encode(), 0)[0] in (count, count + 1)  # an opening bracket may have nothing behind it
    assert count_values(text.encode(), count + 1)[0] <= count + 1


def test_values_are_counted_across_slices() -> None:
    body = b'["' + b"," * 70_000 + b'",1,"' + b"[" * 70_000 + b'",2]'
    assert count_values(body, 4) == (5, 0)
    assert count_values(b"[" * 200_000, 100_000)[1] > 60_000
