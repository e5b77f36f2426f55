"""A graph whose answer shows all that it had before it, and clients that send their history to it.

Its answer names the users' messages it was given, a digest of the assistant's, the system prompts, and the messages
that its state remembers: whatever is mixed up is seen.
"""

from __future__ import annotations

import asyncio
import hashlib
import operator
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from pydantic import PrivateAttr

from bridge import Settings, create_app
from bridge.openai_compat.fold import Fold
from bridge.runs.request import ANONYMOUS, ThreadKey
from bridge.service import Bridge
from tests.http.talking import chunks_of

Message = dict[str, Any]

COLOUR = {"type": "function", "function": {"name": "colour", "parameters": {"type": "object"}}}


class Slow:
    """The ``slow`` answers of one app: they say when they have begun, and wait to be let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.more = asyncio.Semaphore(0)


class Echo(BaseChatModel):
    """Answers what the last message asks for.

    ``slow`` says two words and waits; ``fail`` and ``break`` raise, the second one after two words; ``call`` calls the
    client's tool, once with each of the arguments; to all else what it was given is the answer.
    """

    _slow: Slow = PrivateAttr()
    _seen: list[str] = PrivateAttr()
    _tools: list[Any] = PrivateAttr()

    def __init__(self, slow: Slow, seen: list[str], tools: list[Any]) -> None:
        super().__init__()
        self._slow, self._seen, self._tools = slow, seen, tools

    @property
    def _llm_type(self) -> str:
        return "echo"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(described(messages, self._seen)))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for message in self._pieces(messages):
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                await run_manager.on_llm_new_token(message.text, chunk=chunk)
            yield chunk

    async def _pieces(self, messages: list[BaseMessage]) -> AsyncIterator[AIMessageChunk]:
        asked = messages[-1].text.split(" ")[0] if messages[-1].type == "human" else ""
        match asked:
            case "call" if self._tools:
                for index, argument in enumerate(messages[-1].text.split(" ")[1:]):
                    call = tool_call_chunk(name="colour", args=argument, id=f"c-{uuid.uuid4().hex}", index=index)
                    yield AIMessageChunk(content="", tool_call_chunks=[call])
                return
            case "fail":
                raise RuntimeError("it failed")
            case "slow" | "break":
                yield AIMessageChunk(content="Half of ")
                yield AIMessageChunk(content=f"an answer to {messages[-1].text}")
                if asked == "break":
                    await asyncio.sleep(0)
                    raise RuntimeError("it broke")
                self._slow.begun.release()
                await self._slow.more.acquire()
                yield AIMessageChunk(content=", and the rest")
                return
            case _:
                pass
        said = described(messages, self._seen)
        for start in range(0, len(said), 40):
            yield AIMessageChunk(content=said[start : start + 40])


def digest(texts: list[str]) -> str:
    """A name for these texts, in their order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:8]


def described(messages: list[BaseMessage], seen: list[str]) -> str:
    """What a model was given."""
    by_kind: dict[str, list[str]] = {"human": [], "ai": [], "system": [], "tool": []}
    for message in messages:
        if message.type != "ai" or message.text:
            by_kind[message.type].append(message.text)
    return told(by_kind["human"], by_kind["ai"], by_kind["system"], seen)


def told(users: list[str], answers: list[str], prompts: list[str], seen: list[str]) -> str:
    """The graph's answer to this."""
    return f"users={'; '.join(users)} answers={digest(answers)} prompts={'; '.join(prompts)} seen={'; '.join(seen)}"


class State(MessagesState, total=False):
    """``seen``: the users' messages that this thread has worked on."""

    seen: Annotated[list[str], operator.add]


def build(slow: Slow) -> Any:
    """A message that begins with ``quote`` needs an approval."""

    async def note(state: State) -> dict[str, Any]:
        return {"seen": [state["messages"][-1].text] if state["messages"][-1].type == "human" else []}

    async def approve(state: State) -> dict[str, Any]:
        asked = state["messages"][-1].text
        if not asked.startswith("quote"):
            return {}
        answer = interrupt({"message": f"Grant {asked}?", "responseSchema": {"type": "boolean"}})
        return {"seen": [f"{asked} {'granted' if answer else 'refused'}"]}

    async def answer(state: State, config: RunnableConfig) -> dict[str, Any]:
        model = Echo(slow, state.get("seen", []), config["configurable"]["client_tools"])
        return {"messages": [await model.ainvoke(state["messages"], config)]}

    graph = StateGraph(State).add_node(note).add_node(approve).add_node(answer)
    graph.add_edge(START, "note").add_edge("note", "approve").add_edge("approve", "answer")
    return graph.compile()


@dataclass
class App:
    """The bridge, and how to speak to it."""

    client: httpx.AsyncClient
    bridge: Bridge
    slow: Slow

    async def post(self, messages: list[Message], headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        return await self.client.post(
            "/v1/chat/completions", json={"messages": messages, **body}, headers=headers, timeout=30
        )

    async def stop(self, thread_id: str, principal: str = ANONYMOUS) -> None:
        """Stop a ``slow`` answer when its words are in the journal."""
        run = self.bridge.runs.of_thread(ThreadKey(principal, "talk", thread_id))
        assert run is not None
        while "Half of" not in str(run.journal.after(0)) or "answer to" not in str(run.journal.after(0)):
            assert await run.journal.changed(run.journal.last, 5)
        await run.stop()

    async def messages(self, thread_id: str, headers: dict[str, str] | None = None) -> list[Message]:
        """What the thread holds."""
        answer = await self.client.get(f"/api/copilotkit/threads/{thread_id}/messages", headers=headers)
        found: list[Message] = answer.json()["messages"]
        return found


@asynccontextmanager
async def opened(db: str, **settings: Any) -> AsyncIterator[App]:
    """The bridge with that graph."""
    slow = Slow()
    app = create_app({"talk": build(slow)}, Settings(db=db, **settings))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bridge") as client,
    ):
        yield App(client, app.state.bridge, slow)


@dataclass
class Window:
    """A chat window: it keeps its history, and sends it."""

    app: App
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)

    async def say(self, text: str | None = None, *, messages: list[Message] | None = None, **body: Any) -> str:
        """Send a text after the history, or the history as it stands; keep the answer."""
        self.history += messages or ([] if text is None else [user(text)])
        response = await self.app.post(self.history, self.headers, **self.body, **body)
        assert response.status_code == 200, response.text
        self.threads.append(response.headers["x-thread-id"])
        message = message_of(response)
        self.history.append({key: message[key] for key in ("role", "content", "tool_calls") if key in message})
        return str(message["content"])


def message_of(response: httpx.Response) -> Message:
    """The answer, streamed or not."""
    if not response.headers["content-type"].startswith("text/event-stream"):
        answer: Message = response.json()["choices"][0]["message"]
        return answer
    folded = Fold()
    for chunk in chunks_of(response.content):
        folded.add(chunk)
    return folded.message()


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def expected(history: list[Message], seen: list[str], prompts: list[str] | None = None) -> str:
    """The answer to this history, whose last message it answers."""
    users = [message["content"] for message in history if message["role"] == "user"]
    answers = [message["content"] for message in history if message["role"] == "assistant" and message["content"]]
    return told(users, answers, prompts or [], seen)
