"""The official AG-UI client, in the two generations people run, as the judge of our streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import anyio.to_thread

from tests.clients.node import run_node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ClientVersion = Literal["1.0.0", "0.0.59"]
CLIENT_VERSIONS: tuple[ClientVersion, ...] = ("1.0.0", "0.0.59")


@dataclass(frozen=True)
class RecordedStream:
    """One HTTP answer, kept: `sse` is its whole text, `input` the RunAgentInput it answers.

    `connect` marks the answer to CopilotKit's connect: only there may it be empty.
    """

    name: str
    sse: str
    input: Mapping[str, Any] = field(default_factory=dict)
    connect: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the client made of one stream.

    `ok` means that it neither failed nor lost anything; otherwise `error` says what happened. `events` counts
    what its transport read. `messages`, `state` and `outcome` are what an application has at the end,
    `run_error` the RUN_ERROR it received (message, code): a stream that ends in one is still `ok`. `warnings`
    are the client's own, on its console.
    """

    name: str
    client: ClientVersion
    ok: bool
    error: str | None
    events: int
    messages: list[dict[str, Any]]
    state: Any
    outcome: dict[str, Any] | None
    run_error: dict[str, Any] | None
    warnings: list[str]


@dataclass(frozen=True)
class Arrival:
    """An event as the application got it, `at` milliseconds after the request was sent."""

    at: float
    event: dict[str, Any]


@dataclass(frozen=True)
class Talk:
    """One live run: the events as they came, and the client's verdict on the whole."""

    arrivals: list[Arrival]
    verdict: Verdict

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events alone."""
        return [arrival.event for arrival in self.arrivals]


def verify(streams: Sequence[RecordedStream], client: ClientVersion) -> list[Verdict]:
    """Let the client read every stream, in one Node process, and return its verdicts in the same order."""
    documents = [
        {"name": stream.name, "sse": stream.sse, "input": stream.input, "connect": stream.connect} for stream in streams
    ]
    return [parse_verdict(line) for line in run_node("verify.mjs", client, documents=documents)]


async def talk(
    url: str,
    input: Mapping[str, Any],  # noqa: A002 - AG-UI's own word
    *,
    client: ClientVersion = "1.0.0",
    headers: Mapping[str, str] | None = None,
    connect: bool = False,
    leave_after: int | None = None,
) -> Talk:
    """Let the client make one run at `url` and read it to the end, or to the event number `leave_after`.

    Node runs beside the event loop, so the server may live in it.
    """
    request = {
        "url": url,
        "input": input,
        "headers": headers or {},
        "connect": connect,
        "leaveAfter": leave_after,
    }
    lines = await anyio.to_thread.run_sync(lambda: run_node("talk.mjs", client, documents=[request]))
    *arrivals, last = lines
    return Talk([Arrival(line["at"], line["event"]) for line in arrivals], parse_verdict(last["verdict"]))


def parse_verdict(line: Mapping[str, Any]) -> Verdict:
    """A verdict as `verify.mjs` prints it."""
    return Verdict(
        name=line["name"],
        client=line["client"],
        ok=line["ok"],
        error=line["error"],
        events=line["events"],
        messages=line["messages"],
        state=line["state"],
        outcome=line["outcome"],
        run_error=line["runError"],
        warnings=line["warnings"],
    )
