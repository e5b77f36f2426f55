"""The OpenAI clients that people use from Node, holding a whole conversation: openai-node, the AI SDK, LangChain JS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import anyio.to_thread

from tests.clients.node import run_node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NodeClient = Literal[
    "openai-node raw",  # iterates the chunks
    "openai-node helper",  # `.stream()`, which insists on a finish_reason; it loses reasoning
    "openai-node whole",  # does not stream
    "ai-sdk compatible",  # @ai-sdk/openai-compatible
    "ai-sdk openai",  # @ai-sdk/openai, its chat API; always asks for usage; it knows no reasoning
    "langchain-js stream",  # @langchain/openai; gathers the chunks of `.stream()`
    "langchain-js whole",  # `.invoke()`, which does not stream
    "openai-responses raw",  # openai-node over the Responses API, as above
    "openai-responses helper",
    "openai-responses whole",
    "ai-sdk responses",  # @ai-sdk/openai as it is by default; refers to what the server has stored
    "langchain-js responses",
]
NODE_CLIENTS: tuple[NodeClient, ...] = (
    "openai-node raw",
    "openai-node helper",
    "openai-node whole",
    "ai-sdk compatible",
    "ai-sdk openai",
    "langchain-js stream",
    "langchain-js whole",
)
RESPONSES_CLIENTS: tuple[NodeClient, ...] = (
    "openai-responses raw",
    "openai-responses helper",
    "openai-responses whole",
    "ai-sdk responses",
    "langchain-js responses",
)
PROGRAMS = {
    "openai-node": "openai_node.mjs",
    "openai-responses": "openai_responses.mjs",
    "ai-sdk": "aisdk.mjs",
    "langchain-js": "langchain.mjs",
}


@dataclass(frozen=True)
class ClientTool:
    """A tool of the client: what it declares, and the `result` it answers every call with."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    result: Any


@dataclass(frozen=True)
class Delta:
    """A piece of text, `at` milliseconds after the request of its `turn` was sent."""

    at: float
    turn: int
    text: str


@dataclass(frozen=True)
class Round:
    """One request of a turn and its answer. `tool_calls` have id, name and arguments (JSON text)."""

    turn: int
    text: str
    reasoning: str
    tool_calls: list[dict[str, str]]
    finish_reason: str | None
    usage: dict[str, Any] | None


@dataclass(frozen=True)
class ClientError:
    """What the client threw: its class, and the facts of OpenAI's error object that it handed on."""

    name: str
    message: str
    status: int | None
    code: str | None
    type: str | None
    param: str | None


@dataclass(frozen=True)
class Conversation:
    """All of it: `error` ended it early, or is None. `messages` are in the client's own form."""

    rounds: list[Round]
    deltas: list[Delta]
    messages: list[dict[str, Any]]
    error: ClientError | None = None

    def text(self, turn: int = -1) -> str:
        """What was answered in that turn; negative numbers count from the end."""
        number = turn if turn >= 0 else self.rounds[turn].turn
        return "".join(answer.text for answer in self.rounds if answer.turn == number)


@dataclass(frozen=True)
class Request:
    """What a conversation is to be: `turns` are what the user says, one after another."""

    base_url: str
    model: str
    turns: Sequence[str]
    tools: Sequence[ClientTool] = ()
    usage: bool = True
    api_key: str = "test"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)  # openai-node only: more fields of the request


async def converse(client: NodeClient, request: Request) -> Conversation:
    """Let that client hold the conversation. Node runs beside the event loop: the server may live in it."""
    program, mode = client.split()
    document = {
        "baseURL": request.base_url,
        "apiKey": request.api_key,
        "model": request.model,
        "turns": request.turns,
        "tools": request.tools,
        "usage": request.usage,
        "headers": request.headers,
        "body": request.body,
        "mode": mode,
    }
    lines = await anyio.to_thread.run_sync(lambda: run_node(PROGRAMS[program], documents=[document]))
    *deltas, last = lines
    result = last["result"]
    return Conversation(
        rounds=[
            Round(
                turn=answer["turn"],
                text=answer["text"],
                reasoning=answer["reasoning"],
                tool_calls=answer["toolCalls"],
                finish_reason=answer["finishReason"],
                usage=answer["usage"],
            )
            for answer in result["rounds"]
        ],
        deltas=[Delta(line["at"], line["turn"], line["delta"]) for line in deltas],
        messages=result["messages"],
        error=ClientError(**result["error"]) if result["error"] else None,
    )
