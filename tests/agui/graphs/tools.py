"""Graphs that call tools: streamed, whole, parallel, the server's and the client's, failing and commanding ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command

from tests.agui.harness import ASKED, Case
from tests.agui.models import Scripted, Turn, Whole, calls, say

Saver = BaseCheckpointSaver[Any]


class Leads(MessagesState, total=False):
    """What the tools of these graphs write to."""

    lead: dict[str, Any]


@tool
def find_lead(name: str) -> str:
    """Find a lead."""
    return f"Лид {name}: 42"


@tool
async def count_leads() -> int:
    """Count the leads."""
    return 318


@tool
def open_lead(name: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Open a lead: writes to the state."""
    answer = ToolMessage(f"Открыт {name}", tool_call_id=tool_call_id)
    return Command(update={"lead": {"name": name}, "messages": [answer]})


@tool
def break_down(name: str) -> str:
    """Fail."""
    raise RuntimeError(f"secret path of {name}")


@tool
def draw(name: str) -> list[dict[str, Any]]:
    """Answer with an image."""
    return [{"type": "text", "text": name}, {"type": "image", "url": "https://example.invalid/chart.png"}]


TOOLS = [find_lead, count_leads, open_lead, break_down, draw]


def react(*turns: Turn, model: type[Scripted] = Scripted, handle: bool = True) -> Callable[[Saver], Any]:
    """The usual loop: a model, and a ToolNode for the tools of the server."""

    def build(saver: Saver) -> Any:
        speaker = model(turns=list(turns))

        async def agent(state: Any) -> dict[str, Any]:
            return {"messages": [await speaker.ainvoke(state["messages"])]}

        graph = StateGraph(Leads)
        graph.add_node("agent", agent)
        graph.add_node("tools", ToolNode(TOOLS, handle_tool_errors=handle))
        graph.add_edge(START, "agent")
        graph.add_conditional_edges("agent", tools_condition)
        graph.add_edge("tools", "agent")
        return graph.compile(checkpointer=saver)

    return build


def _client_tools(*turns: Turn) -> Callable[[Saver], Any]:
    """A loop that runs the server's tools and leaves the client's to the client."""

    def build(saver: Saver) -> Any:
        speaker = Scripted(turns=list(turns))
        known = {item.name for item in TOOLS}

        async def agent(state: Any) -> dict[str, Any]:
            return {"messages": [await speaker.ainvoke(state["messages"])]}

        async def tools(state: Any) -> Any:
            last = state["messages"][-1]
            mine = last.model_copy(update={"tool_calls": [call for call in last.tool_calls if call["name"] in known]})
            return await ToolNode(TOOLS).ainvoke({"messages": [mine]})

        def after(state: Any) -> str:
            return "tools" if any(call["name"] in known for call in state["messages"][-1].tool_calls) else END

        def again(state: Any) -> str:
            asked = next(item for item in reversed(state["messages"]) if isinstance(item, AIMessage))
            return END if any(call["name"] not in known for call in asked.tool_calls) else "agent"

        graph = StateGraph(Leads)
        graph.add_node("agent", agent)
        graph.add_node("tools", tools)
        graph.add_edge(START, "agent")
        graph.add_conditional_edges("agent", after)
        graph.add_conditional_edges("tools", again)
        return graph.compile(checkpointer=saver)

    return build


def _agent(saver: Saver) -> Any:
    model = Scripted(turns=[calls((0, "call-1", "find_lead", '{"name": "А"}'), text="Ищу."), say("Нашла.")])
    return create_agent(model, TOOLS, checkpointer=saver, name="sales")


def _entrypoint(saver: Saver) -> Any:
    model = Scripted(turns=[say("Из ", "функции.")])

    @task
    async def ask(question: str) -> AIMessage:
        return await model.ainvoke(question)

    @entrypoint(checkpointer=saver)
    async def flow(given: dict[str, Any]) -> dict[str, Any]:
        answer = await ask("?")
        return {"messages": [*given["messages"], answer], "length": len(str(answer.content))}

    return flow


def _entrypoint_text(saver: Saver) -> Any:
    @entrypoint(checkpointer=saver)
    async def flow(given: str) -> str:
        return given.upper()

    return flow


_WHOLE: Turn = [AIMessageChunk(content="", tool_calls=[{"id": "call-1", "name": "find_lead", "args": {"name": "А"}}])]
_INVALID = calls((0, "call-1", "find_lead", '{"name": '))

CASES = [
    Case(
        "a streamed call",
        react(calls((0, "call-1", "find_lead", ""), (0, None, None, '{"name"'), (0, None, None, ': "А"}')), say("Да.")),
    ),
    Case("a call whole in one chunk", react(calls((0, "call-1", "find_lead", '{"name": "А"}')), say("Да."))),
    Case("a call only in the finished message", react(_WHOLE, say("Да."))),
    Case("a call of a model that cannot stream", react(_WHOLE, say("Да."), model=Whole)),
    Case("text, then a call", react(calls((0, "call-1", "find_lead", '{"name": "А"}'), text="Ищу."), say("Да."))),
    Case("a call, then text", react([*calls((0, "call-1", "find_lead", '{"name": "А"}')), *say("Ищу.")], say("Да."))),
    Case("a call without arguments", react(calls((0, "call-1", "count_leads", "")), say("318."))),
    Case("a call with an empty object", react(calls((0, "call-1", "count_leads", "{}")), say("318."))),
    Case(
        "parallel calls, interleaved",
        react(
            calls(
                (0, "call-1", "find_lead", ""),
                (1, "call-2", "find_lead", ""),
                (0, None, None, '{"name"'),
                (1, None, None, '{"name"'),
                (0, None, None, ': "А"}'),
                (1, None, None, ': "Б"}'),
            ),
            say("Оба."),
        ),
    ),
    Case(
        "parallel calls, whole, with the same index",
        react(calls((0, "c1", "find_lead", '{"name": "А"}'), (0, "c2", "find_lead", '{"name": "Б"}')), say("Оба.")),
    ),
    Case(
        "parallel calls, whole, without an index",
        react(
            calls((None, "c1", "find_lead", '{"name": "А"}'), (None, "c2", "find_lead", '{"name": "Б"}')), say("Оба.")
        ),
    ),
    Case("a call whose arguments do not parse", react(_INVALID, say("Не поняла."))),
    Case("an unknown tool", react(calls((0, "call-1", "no_such", "{}")), say("Нет такого."))),
    Case("a tool that returns a Command", react(calls((0, "c1", "open_lead", '{"name": "А"}')), say("Открыла."))),
    Case("a tool that fails, handled", react(calls((0, "c1", "break_down", '{"name": "А"}')), say("Не вышло."))),
    Case(
        "a tool that fails, not handled",
        react(calls((0, "c1", "break_down", '{"name": "А"}')), handle=False),
        error=RuntimeError,
    ),
    Case("a tool that answers with an image", react(calls((0, "c1", "draw", '{"name": "А"}')), say("Вот."))),
    Case(
        "the client's tool, answered in the next run",
        _client_tools(calls((0, "call-1", "show", '{"page": 1}')), say("Показала.")),
        [ASKED, {"messages": [ToolMessage("готово", tool_call_id="call-1", id="answer-1")]}],
        options={"client_tools": ["show"]},
    ),
    Case(
        "server and client tools in one message",
        _client_tools(calls((0, "c1", "find_lead", '{"name": "А"}'), (1, "c2", "show", '{"page": 1}'))),
        options={"client_tools": ["show"]},
    ),
    Case("create_agent", _agent),
    Case("a functional entrypoint", _entrypoint),
    Case("a functional entrypoint of plain text", _entrypoint_text, ["привет"]),
]
