"""CopilotKit's two languages, of the same server: GraphQL (up to 1.10) beside today's runtime API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from benchmarks.contenders import Arena, Contender, agui_body
from benchmarks.graph import TOKEN, TURN
from benchmarks.load import Load, Outcome
from benchmarks.report import Table
from benchmarks.scale import Scale
from benchmarks.stats import ratios, spread

RUNTIME = "bridge, CopilotKit's runtime API"
GRAPHQL = "bridge, CopilotKit over GraphQL"


def graphql_body(thread: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    """A ``generateCopilotResponse``, as CopilotKit 1.10 sends it."""
    listed = [{"id": str(uuid4()), "textMessage": message} for message in messages]
    data = {"threadId": thread, "messages": listed, "metadata": {"requestType": "Chat"}, "frontend": {"actions": []}}
    return {
        "operationName": "generateCopilotResponse",
        "query": "mutation generateCopilotResponse",
        "variables": {"data": data, "properties": {}},
    }


BOTH = (
    Contender(RUNTIME, "ours", "/api/copilotkit/agent/tokens/run", agui_body, 'data: {"type":"TEXT_MESSAGE_CONTENT"'),
    Contender(GRAPHQL, "ours", "/api/copilotkit", graphql_body, f'"{TOKEN}"'),
)


def measure(arena: Arena, scale: Scale) -> list[Table]:
    """One stream each, in turn: what a token costs, and when the first event comes."""
    return [
        _table(arena, scale, Load(tokens=scale.tokens), "copilotkit", "all tokens at once"),
        _table(
            arena,
            scale,
            Load(tokens=scale.tokens, pace=TURN),
            "copilotkit turn",
            "a turn of the loop before each token",
        ),
    ]


def _table(arena: Arena, scale: Scale, load: Load, key: str, kind: str) -> Table:
    columns = ("", "µs per token", "CPU µs per token", "bytes per token", "first event, ms", f"× {RUNTIME}")
    table = Table(key, f"CopilotKit: one stream, {load.tokens:,} tokens, {kind}", columns)
    results: dict[str, dict[int, Outcome]] = {each.name: {} for each in BOTH}
    for each in BOTH:
        arena.run(each, load)  # warm
    for number in range(scale.rounds * 3):
        for each in BOTH if number % 2 else BOTH[::-1]:
            results[each.name][number] = arena.run(each, load)
    costs = {
        name: {number: outcome.per_token for number, outcome in outcomes.items()} for name, outcomes in results.items()
    }
    for name, outcomes in results.items():
        cpu = {number: outcome.cpu_per_token for number, outcome in outcomes.items()}
        first = {number: outcome.wait(0.5, event=True) for number, outcome in outcomes.items()}
        some = next(iter(outcomes.values()))
        table.add(
            name,
            spread(costs[name].values()),
            spread(cpu.values()),
            f"{some.size / max(some.tokens, 1):,.0f}",
            spread(first.values()),
            ratios(costs[name], costs[RUNTIME]),
        )
        table.record(name, "per token", costs[name])
        table.record(name, "cpu per token", cpu)
        table.record(name, "first event", first)
        table.note_errors(name, outcomes.values())
    return table
