"""Every provider class: each text, thought and call once and in order, usage once, the right finish reason.

Each in a node of a hand-made graph and in ``create_agent``. The table of ``docs/compatibility.md`` has the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from bridge.events.event import Event
from bridge.events.verify import Verifier
from bridge.openai_compat import AguiToChunks, fold
from tests.agui.fold import fold_messages
from tests.agui.harness import Case, record
from tests.providers.classes import CLASSES, Class, responses_in
from tests.providers.conftest import Provider
from tests.providers.wires import GIVEN, TAKEN, Call, Turn

ROOT = Path(__file__).parents[2]
ASKED = {"messages": [HumanMessage("Look!", id="question")]}
THOUGHTS = (("One ", "two."), ("Three.",))
FIRST, SECOND = Call("call-1", "look", '{"q": "x"}'), Call("call-2", "look", '{"q": "y"}')
PLAIN_STOP = ("ChatOpenAI, Responses API", "ChatOpenAI, response_format")
"""OpenAI itself reports a plain end after a refusal."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the providers' packages, among themselves
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


async def look(q: str) -> str:
    """Looks."""
    return f"seen {q}"


def node(model: BaseChatModel) -> Any:
    """A graph made by hand."""
    bound = model.bind_tools([look])

    async def agent(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await bound.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("agent", agent).add_node("tools", ToolNode([look]))
    graph.add_edge(START, "agent").add_conditional_edges("agent", tools_condition).add_edge("tools", "agent")
    return graph.compile(checkpointer=InMemorySaver())


def agent(model: BaseChatModel) -> Any:
    """LangChain's own."""
    return create_agent(model, [look], checkpointer=InMemorySaver())


@pytest.fixture(params=list(CLASSES))
def name(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


@pytest.fixture(params=[node, agent], ids=["node", "create_agent"])
def build(request: pytest.FixtureRequest) -> Callable[[BaseChatModel], Any]:
    value: Callable[[BaseChatModel], Any] = request.param
    return value


@pytest.fixture(autouse=True, params=["v0", "v1"])
def output_version(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of LangChain's formats for content: the providers' own blocks, and its standard ones."""
    if request.param == "v1":
        monkeypatch.setenv("LC_OUTPUT_VERSION", "v1")


async def run(provider: Provider, made: Class, build: Callable[[BaseChatModel], Any], *turns: Turn) -> list[Event]:
    """The events of a run in which the provider gives these answers; legal, and the snapshot says what they say."""
    provider.script(*turns)
    graph = build(made.build(provider.url))
    recording = await record(Case("case", lambda _: graph, [ASKED]), InMemorySaver())
    [recorded] = recording.runs
    assert recorded.error is None, recorded.error
    assert provider.turns == []
    events = recorded.events()
    verifier = Verifier()
    for event in events:
        verifier.feed(event)
    verifier.finish()
    assert not [event for event in events if event.get("delta") == ""]
    question = [{"id": "question", "role": "user", "content": "Look!"}]
    streamed = fold_messages([event for event in events if event["type"] != "MESSAGES_SNAPSHOT"], question)
    assert comparable(streamed) == comparable(events[-2]["messages"])
    return events


def comparable(messages: Sequence[dict[str, Any]]) -> list[Any]:
    """Messages, their arguments as values; reasoning is beside its message."""
    shown = []
    for message in messages:
        calls = [(call["id"], orjson.loads(call["function"]["arguments"])) for call in message.get("toolCalls") or ()]
        if message.get("content") or calls:  # an answer that is empty is only stored
            shown.append((message["id"], message["role"], message.get("content") or "", calls))
    return shown


def emitted(events: Sequence[Event]) -> list[tuple[str, Any]]:
    """What was emitted, in its order: each message's text, thought and calls in one piece, results."""
    pieces: dict[tuple[str, str], list[Any]] = {}
    for event in events:
        match event["type"]:
            case "TEXT_MESSAGE_START" | "REASONING_MESSAGE_START" as kind:
                assert (kind[:4], event["messageId"]) not in pieces
                pieces[kind[:4], event["messageId"]] = []
            case "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT" as kind:
                pieces[kind[:4], event["messageId"]].append(event["delta"])
            case "TOOL_CALL_START":
                assert ("CALL", event["toolCallId"]) not in pieces
                pieces["CALL", event["toolCallId"]] = [event["toolCallName"] + " "]
            case "TOOL_CALL_ARGS":
                pieces["CALL", event["toolCallId"]].append(event["delta"])
            case "TOOL_CALL_RESULT":
                assert ("CALL", event["toolCallId"]) in pieces
                pieces["RESULT", event["messageId"]] = [event["content"]]
            case _:
                pass
    return [(kind, "".join(texts).replace(": ", ":")) for (kind, _), texts in pieces.items()]


def usage(events: Sequence[Event]) -> tuple[int, int]:
    entries = events[-1]["usage"]
    return sum(entry["inputTokens"] for entry in entries), sum(entry["outputTokens"] for entry in entries)


def completion(events: Sequence[Event], *, whole: bool) -> Any:
    forth = AguiToChunks(id="chatcmpl-r", model="m", created=7, whole=whole)
    return fold([*(forth.feed(event) for event in events), *forth.finish(include_usage=True)])


async def test_text(provider: Provider, name: str, build: Callable[[BaseChatModel], Any]) -> None:
    events = await run(provider, CLASSES[name], build, Turn(text=("Hello ", "there", ".")))
    assert emitted(events) == [("TEXT", "Hello there.")]
    assert usage(events) == (GIVEN, TAKEN)
    for whole in (False, True):
        answer = completion(events, whole=whole)
        assert answer["choices"][0]["message"]["content"] == "Hello there."
        assert answer["choices"][0]["finish_reason"] == "stop"
        assert answer["usage"]["total_tokens"] == GIVEN + TAKEN


async def test_thoughts(provider: Provider, name: str, build: Callable[[BaseChatModel], Any]) -> None:
    made = CLASSES[name]
    events = await run(provider, made, build, Turn(THOUGHTS if made.thoughts else (), ("Hello.",)))
    thought = "One two.\n\nThree." if made.parts else "One two.Three."
    expected = thought if made.thoughts else None  # this wire has none
    assert emitted(events) == [*([("REAS", expected)] if expected else []), ("TEXT", "Hello.")]
    for whole in (False, True):
        message = completion(events, whole=whole)["choices"][0]["message"]
        assert (message.get("reasoning_content"), message["content"]) == (expected, "Hello.")


async def test_calls(provider: Provider, name: str, build: Callable[[BaseChatModel], Any]) -> None:
    made = CLASSES[name]
    thoughts = THOUGHTS[:1] if made.thoughts else ()
    turns = Turn(thoughts, calls=(FIRST, SECOND)), Turn((), ("I look ", "again."), (FIRST,)), Turn((), ("Done.",))
    if made.ids:
        turns = turns[0], Turn((), ("I look ", "again."), (Call("call-3", "look", FIRST.arguments),)), turns[2]
    events = await run(provider, made, build, *turns)
    found = emitted(events)
    results = [item for item in found if item[0] == "RESULT"]
    assert sorted(results) == [("RESULT", "seen x"), ("RESULT", "seen x"), ("RESULT", "seen y")]
    look_x, look_y = ("CALL", 'look {"q":"x"}'), ("CALL", 'look {"q":"y"}')
    before = [("REAS", "One two.")] if thoughts else []
    assert [item for item in found if item[0] != "RESULT"] == [
        *before,
        look_x,
        look_y,
        ("TEXT", "I look again."),
        look_x,
        ("TEXT", "Done."),
    ]
    assert usage(events) == (3 * GIVEN, 3 * TAKEN)
    answer = completion(events, whole=True)["choices"][0]
    assert (answer["message"]["content"], answer["finish_reason"]) == ("I look again.\n\nDone.", "stop")


async def test_a_model_that_was_cut(provider: Provider, name: str, build: Callable[[BaseChatModel], Any]) -> None:
    turn = Turn(text=("Hel", "lo"), end="length")
    if not CLASSES[name].cut:  # the class raises an error instead
        with pytest.raises(AssertionError, match="LengthFinishReasonError"):
            await run(provider, CLASSES[name], build, turn)
        return
    events = await run(provider, CLASSES[name], build, turn)
    assert completion(events, whole=False)["choices"][0]["finish_reason"] == "length"


async def test_a_refusal(provider: Provider, name: str, build: Callable[[BaseChatModel], Any]) -> None:
    made = CLASSES[name]
    turn = Turn(refusal="I cannot help with that.", end="stop" if name in PLAIN_STOP else "content_filter")
    events = await run(provider, made, build, turn)
    for whole in (False, True):
        answer = completion(events, whole=whole)["choices"][0]
        assert answer["finish_reason"] == "content_filter"
        assert answer["message"]["content"] == (turn.refusal if made.refusal == "text" else "")


@pytest.mark.parametrize("form", ["v0", "responses/v1", "v1"])
async def test_every_format_of_the_responses_api(
    provider: Provider, build: Callable[[BaseChatModel], Any], form: str
) -> None:
    made = Class(lambda url: responses_in(form, url), parts=True)
    turns = Turn(THOUGHTS, ("I ", "look."), (FIRST,)), Turn(THOUGHTS, ("Done.",))
    events = await run(provider, made, build, *turns)
    thought = ("REAS", "One two.\n\nThree.")
    assert [item for item in emitted(events) if item[0] != "RESULT"] == [
        *(thought, ("TEXT", "I look."), ("CALL", 'look {"q":"x"}')),
        *(thought, ("TEXT", "Done.")),
    ]
    assert usage(events) == (2 * GIVEN, 2 * TAKEN)


def test_the_table_in_the_docs_has_these_rows() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "compatibility.md").read_text("utf-8").splitlines()
        if line.startswith("| `Chat")
    ]
    assert [row[0].replace("`", "") for row in rows] == list(CLASSES)
    for row, made in zip(rows, CLASSES.values(), strict=True):
        _, text, thought, call, tokens, reason = row
        assert text == call == tokens == "yes"
        assert thought.startswith("yes") is made.thoughts
        assert ("no text" in reason) is (made.refusal == "reason")
        assert ("an error" in reason) is not made.cut
