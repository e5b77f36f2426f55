"""Threads that were left in mid-tool, or with a client's call open, in graphs of every make: the next turn is fine."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, TypedDict

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Send

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.healing import WENT_ON, ended
from bridge.events.event import NOTE
from bridge.runs.request import RunRequest, ThreadKey
from tests.agui.fold import fold_messages
from tests.healing.graphs import (
    CONFIRM,
    KINDS,
    entering,
    look,
    looping,
    nested,
    pausing,
    repeating,
    reply,
    results,
    server_calls,
    wait,
)
from tests.strict import Strict, check


class Noting(MessagesState):
    notes: list[str]


class Last(TypedDict):
    messages: list[Any]


Leave = Literal["", "in the tool", "after a result"]


class Saver(InMemorySaver):
    """Says when the result of a tool is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.result = asyncio.Event()

    async def aput_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        await super().aput_writes(config, writes, task_id, task_path)
        if any(channel == "messages" and "ToolMessage" in repr(value) for channel, value in writes):
            self.result.set()


class Talk:
    """A conversation with one agent. Its messages are what a client has on the screen."""

    def __init__(self, make: Any, model: Strict | None = None, **settings: Any) -> None:
        self.model = model or Strict(reply=reply)
        self.saver = Saver()
        self.agent = LangGraphAgent("agent", make(self.model).copy(update={"checkpointer": self.saver}), **settings)
        self.graph, _ = self.agent.in_thread(ThreadKey("anonymous", "agent", "thread"))
        self.screen: list[dict[str, Any]] = []
        self.turns = 0

    async def run(self, *new: dict[str, Any], leave: Leave = "", **fields: Any) -> list[dict[str, Any]]:
        """A run. With ``leave`` it is left in the tool ``wait``, or when another's result is stored too.

        What a run raises ends it, as it ends a real one.
        """
        self.turns += 1
        self.screen = [*self.screen, *new]
        fields = {"tools": [CONFIRM], "messages": self.screen} | fields
        request = RunRequest("agent", "thread", f"run-{self.turns}", protocol_version="1.0", **fields)
        run = self.agent.run(request)
        events: list[dict[str, Any]] = []
        entered = entering()
        running = asyncio.ensure_future(_all(run, events))
        if leave:
            await entered.wait()
            if leave == "after a result":
                await self.saver.result.wait()
            running.cancel()
        try:
            await running
        except asyncio.CancelledError:
            events += run.last_events(None)
        except Exception as error:
            events += run.last_events(error)
        events = [event for event in events if event["type"] != NOTE]
        whole = [event["messages"] for event in events if event["type"] == "MESSAGES_SNAPSHOT"]
        self.screen = whole[-1] if whole else fold_messages(events, self.screen)
        return events

    async def say(self, text: str, **fields: Any) -> list[dict[str, Any]]:
        """One more message of the person's."""
        return await self.run({"id": f"user-{self.turns}", "role": "user", "content": text}, **fields)

    async def answer(self, call: str, text: str, **fields: Any) -> list[dict[str, Any]]:
        """The client's answer to a call."""
        tool_message = {"id": f"answer-{self.turns}", "role": "tool", "toolCallId": call, "content": text}
        return await self.run(tool_message, **fields)

    async def held(self) -> list[Any]:
        """The messages in the checkpoint."""
        state = await self.graph.aget_state({"configurable": {"thread_id": "thread"}})
        messages: list[Any] = state.values["messages"]
        return messages


async def _all(run: Any, events: list[dict[str, Any]]) -> None:
    async for event in run:
        events.append(event)  # noqa: PERF401 - they are wanted one by one: the run may be left


def kinds(events: list[dict[str, Any]]) -> str:
    return str(events[-1]["type"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", ["wait", "look wait", "wait confirm", "look wait confirm"])
async def test_a_run_that_was_left_in_a_tool_does_not_wedge_its_thread(kind: str, asked: str) -> None:
    talk = Talk(KINDS[kind])
    kept = "look" in asked and kind != "a task for all"  # of a task that did not end LangGraph keeps nothing
    await talk.say(asked, leave="after a result" if kept else "in the tool")
    for turn in range(2):
        events = await talk.say(f"hello {turn}")
        assert kinds(events) == "RUN_FINISHED", events[-1]
    assert talk.model.refused == []
    held = await talk.held()
    check(held)
    caller = next(message for message in held if isinstance(message, AIMessage) and message.tool_calls)
    for call in caller.tool_calls:
        text, status = results(held)[str(call["id"])]
        match call["name"]:
            case "look" if kept:
                assert (text, status) == ("seen 0", "success")
            case "confirm":
                assert (text, status) == (WENT_ON, "error")
            case _:
                assert (text, status) == (ended(), "error")
    assert [message for message in talk.screen if message.get("error") == ended()]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_tool_that_raised_is_named_by_its_error_s_class(kind: str) -> None:
    talk = Talk(KINDS[kind])
    events = await talk.say("look fail")
    assert kinds(events) == "RUN_ERROR"
    events = await talk.say("hello")
    assert kinds(events) == "RUN_FINISHED", events[-1]
    held = await talk.held()
    check(held)
    assert (ended("LookupError"), "error") in results(held).values()
    assert "secret" not in str(talk.screen)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_s_call_that_nobody_answers(kind: str) -> None:
    talk = Talk(KINDS[kind])
    events = await talk.say("look confirm")
    [pending] = events[-1]["outcome"]["pendingToolCallIds"]
    for turn in range(2):
        events = await talk.say(f"never mind {turn}")
        assert kinds(events) == "RUN_FINISHED", events[-1]
        assert "pendingToolCallIds" not in events[-1]["outcome"]
        assert talk.screen[-1]["content"].startswith("fine")
    assert results(await talk.held())[pending] == (WENT_ON, "error")
    check(await talk.held())


@pytest.mark.parametrize("kind", KINDS)
async def test_a_late_answer_takes_its_place(kind: str) -> None:
    talk = Talk(KINDS[kind])
    [pending] = (await talk.say("confirm"))[-1]["outcome"]["pendingToolCallIds"]
    await talk.say("never mind")
    events = await talk.answer(pending, "yes")
    assert kinds(events) == "RUN_FINISHED", events[-1]
    held = await talk.held()
    check(held)
    assert results(held)[pending] == ("yes", "success")
    assert sum(isinstance(message, ToolMessage) for message in held) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_one_answer_of_two_and_then_the_other(kind: str) -> None:
    talk = Talk(KINDS[kind])
    one, other = (await talk.say("confirm confirm"))[-1]["outcome"]["pendingToolCallIds"]
    events = await talk.answer(one, "yes")
    assert kinds(events) == "RUN_FINISHED", events[-1]
    assert talk.screen[-1]["content"].startswith("fine")
    assert results(await talk.held()) == {one: ("yes", "success"), other: (WENT_ON, "error")}
    await talk.answer(other, "no")
    assert results(await talk.held()) == {one: ("yes", "success"), other: ("no", "success")}
    assert talk.model.refused == []


@pytest.mark.parametrize("kind", KINDS)
async def test_ids_that_repeat_from_turn_to_turn(kind: str) -> None:
    talk = Talk(KINDS[kind], Strict(reply=repeating))
    for turn in range(3):
        events = await talk.say("confirm")
        assert events[-1]["outcome"]["pendingToolCallIds"] == ["confirm:0"], turn
        events = await talk.answer("confirm:0", f"yes {turn}")
        assert kinds(events) == "RUN_FINISHED", events[-1]
        assert talk.screen[-1]["content"].startswith("fine")
    answers = [message.text for message in await talk.held() if isinstance(message, ToolMessage)]
    assert answers == ["yes 0", "yes 1", "yes 2"]
    await talk.say("confirm")
    await talk.say("never mind")
    assert [message.text for message in await talk.held() if isinstance(message, ToolMessage)] == [*answers, WENT_ON]
    assert talk.model.refused == []


async def test_ids_that_repeat_within_a_turn() -> None:
    def thrice(messages: list[Any]) -> AIMessage | str:
        answers = sum(isinstance(message, ToolMessage) for message in messages)
        return repeating([HumanMessage("confirm")]) if answers < 3 else f"fine {len(messages)}"

    talk = Talk(looping, Strict(reply=thrice))
    events = await talk.say("confirm")
    for turn, name in enumerate(("confirm:0", "confirm:0::2", "confirm:0::3")):  # within a turn each has its own
        assert events[-1]["outcome"]["pendingToolCallIds"] == [name], turn
        events = await talk.answer(name, f"yes {turn}")
    assert events[-1]["outcome"] == {"type": "success"}
    assert [message.text for message in await talk.held()][1::2] == ["On it.", "On it.", "On it.", "fine 7"]


async def test_a_client_without_snapshots_is_not_taken_to_have_cut_the_history() -> None:
    talk = Talk(looping)
    await talk.say("wait", leave="in the tool")
    own = [*talk.screen]
    await talk.say("hello")
    own += [{"id": "user-1", "role": "user", "content": "hello"}, talk.screen[-1]]
    talk.screen = [message for message in talk.screen if message["role"] != "tool"]
    before = await talk.held()
    await talk.say("and again")
    held = await talk.held()
    assert [message.id for message in held[: len(before)]] == [message.id for message in before]


@pytest.mark.parametrize("kind", ["a task a call", "langchain's agent", "a subgraph"])
async def test_the_calls_that_an_interrupt_holds_are_left_to_its_answer(kind: str) -> None:
    talk = Talk(KINDS[kind])
    events = await talk.say("look ask")
    [asked] = events[-1]["outcome"]["interrupts"]
    resume = [{"interruptId": asked["id"], "status": "resolved", "payload": "gladly"}]
    events = await talk.run(resume=resume)
    assert kinds(events) == "RUN_FINISHED", events[-1]
    assert sorted(results(await talk.held()).values()) == [("approved gladly", "success"), ("seen 0", "success")]


@pytest.mark.parametrize("kind", ["a task a call", "langchain's agent", "a subgraph"])
async def test_and_are_left_so_where_new_input_comes_instead(kind: str) -> None:
    talk = Talk(KINDS[kind])
    before = await talk.say("look ask")
    [asked] = before[-1]["outcome"]["interrupts"]
    screen = list(talk.screen)
    refused = await talk.say("something else")
    assert refused[-1]["code"] == "interrupt_pending"
    talk.screen = screen
    events = await talk.run(resume=[{"interruptId": asked["id"], "status": "resolved", "payload": "gladly"}])
    assert kinds(events) == "RUN_FINISHED", events[-1]
    assert sorted(results(await talk.held()).values()) == [("approved gladly", "success"), ("seen 0", "success")]


async def test_a_pause_before_the_tools_goes_on_with_them() -> None:
    talk = Talk(pausing)
    [paused] = (await talk.say("look"))[-1]["outcome"]["interrupts"]
    resume = [{"interruptId": paused["id"], "status": "resolved", "payload": True}]
    await talk.run(resume=resume)
    assert list(results(await talk.held()).values()) == [("seen 0", "success")]
    await talk.say("look")
    refused = await talk.say("something else")
    assert refused[-1]["code"] == "interrupt_pending"
    assert list(results(await talk.held()).values()) == [("seen 0", "success")]


async def test_an_edit_after_an_open_call_heals_the_fork() -> None:
    talk = Talk(looping)
    await talk.say("confirm")
    await talk.say("never mind")
    talk.screen = [*talk.screen[:2], talk.screen[3] | {"content": "something else"}]
    events = await talk.run()
    assert kinds(events) == "RUN_FINISHED", events[-1]
    held = await talk.held()
    check(held)
    assert [message.text for message in held if isinstance(message, HumanMessage)] == ["confirm", "something else"]


@pytest.mark.parametrize("kind", ["a task a call", "a reducer that adds", "langchain's agent", "deepagents"])
async def test_a_thread_that_an_older_version_wedged(kind: str) -> None:
    talk = Talk(KINDS[kind])
    call: Any = {"name": "wait", "args": {}, "id": "c", "type": "tool_call"}
    wedged = [HumanMessage("work", id="u"), AIMessage("", id="a", tool_calls=[call]), HumanMessage("and?", id="v")]
    await talk.graph.aupdate_state({"configurable": {"thread_id": "thread"}}, {"messages": wedged}, as_node="__start__")
    events = await talk.say("hello")
    assert kinds(events) == "RUN_FINISHED", events[-1]
    held = await talk.held()
    assert [message.type for message in held] == ["human", "ai", "tool", "human", "human", "ai"]
    assert results(held) == {"c": (ended(), "error")}


async def test_it_is_written_once() -> None:
    talk = Talk(looping)
    await talk.say("look wait", leave="after a result")
    await talk.say("hello")
    where: Any = {"configurable": {"thread_id": "thread"}}
    written = [state async for state in talk.graph.aget_state_history(where) if state.metadata["source"] == "update"]
    assert len(written) == 2  # what had finished; what had not
    await talk.say("hello again")
    assert len([s async for s in talk.graph.aget_state_history(where) if s.metadata["source"] == "update"]) == 2


async def test_a_whole_thread_is_not_written_to() -> None:
    talk = Talk(looping)
    for text in ("look", "hello"):
        await talk.say(text)
    where: Any = {"configurable": {"thread_id": "thread"}}
    sources = {state.metadata["source"] async for state in talk.graph.aget_state_history(where)}
    assert sources == {"input", "loop"}


@pytest.mark.parametrize("asked", ["look", "look confirm"])
async def test_a_whole_history_in_a_new_thread_is_healed_too(asked: str) -> None:
    calls = [
        {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for number, name in enumerate(asked.split())
    ]
    talk = Talk(looping)
    history = [
        {"id": "t0", "role": "tool", "toolCallId": "before the cut", "content": "?"},
        {"id": "u", "role": "user", "content": asked},
        {"id": "a", "role": "assistant", "content": "On it.", "toolCalls": calls},
        {"id": "v", "role": "user", "content": "and?"},
        {"id": "t", "role": "tool", "toolCallId": "c0", "content": "seen"},
        {"id": "t2", "role": "tool", "toolCallId": "c0", "content": "seen again"},
    ]
    events = await talk.run(messages=history, fresh=True)
    assert kinds(events) == "RUN_FINISHED", events[-1]
    held = await talk.held()
    check(held)
    assert results(held)["c0"] == ("seen", "success")


async def test_a_stopped_subgraph_s_words_are_kept_as_they_were() -> None:
    talk = Talk(nested)
    await talk.say("look wait", leave="after a result")
    await talk.say("hello")
    texts = [message.text for message in await talk.held()]
    assert texts == ["look wait", "On it.", "seen 0", ended(), "hello", "fine 5"]


async def test_a_graph_whose_every_edge_fails_on_what_heals_is_healed_with_its_input() -> None:
    def picky(state: Any) -> str:
        if isinstance(state["messages"][-1], ToolMessage):
            raise LookupError("a question was expected")
        return "__end__" if isinstance(state["messages"][-1], AIMessage) else "agent"

    def make(model: Strict) -> Any:
        async def agent(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        graph = StateGraph(MessagesState).add_node("agent", agent)
        for node in (START, "agent"):
            graph.add_conditional_edges(node, picky, ["agent", END])
        return graph.compile()

    talk = Talk(make)
    [pending] = (await talk.say("confirm"))[-1]["outcome"]["pendingToolCallIds"]
    for text in ("never mind", "hello"):
        events = await talk.say(text)
        assert kinds(events) == "RUN_FINISHED", events[-1]
    assert results(await talk.held()) == {pending: (WENT_ON, "error")}
    assert [message.type for message in await talk.held()] == ["human", "ai", "tool", "human", "ai", "human", "ai"]


async def test_healing_has_no_consequences_in_the_graph() -> None:
    """A node that waits for two others runs when both have; a router is asked once for each question."""
    ran: list[str] = []

    def passing(name: str) -> Any:
        def node(state: MessagesState) -> None:
            ran.append(name)

        return node

    def make(model: Strict) -> Any:
        async def agent(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        def route(state: MessagesState) -> str:
            ran.append("route")
            return "agent"

        graph = StateGraph(MessagesState)
        for name in ("one", "two", "both"):
            graph.add_node(name, passing(name))
        graph.add_node("agent", agent)
        graph.add_conditional_edges(START, route, ["agent"])
        graph.add_edge("agent", "two")
        graph.add_edge("two", "one")
        return graph.add_edge(["one", "two"], "both").compile()

    talk = Talk(make)
    await talk.say("confirm")
    await talk.say("never mind")
    assert ran == ["route", "two", "one", "both"] * 2
    assert list(results(await talk.held()).values()) == [(WENT_ON, "error")]


async def test_what_a_finished_tool_wrote_beside_its_result_is_kept() -> None:
    def make(model: Strict) -> Any:
        async def agent(state: Noting) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        async def tools(call: Any) -> dict[str, Any]:
            text = await (wait(0) if call["name"] == "wait" else look(0))
            return {"messages": [ToolMessage(text, tool_call_id=call["id"])], "notes": [text]}

        def route(state: Noting) -> Any:
            return [Send("tools", call) for call in server_calls(state["messages"])] or END

        graph: Any = StateGraph(Noting, input_schema=MessagesState)
        graph.add_node("agent", agent).add_node("tools", tools)
        graph.add_edge(START, "agent").add_edge("tools", "agent")
        return graph.add_conditional_edges("agent", route, ["tools", END]).compile()

    talk = Talk(make)
    await talk.say("look wait", leave="after a result")
    await talk.say("hello")
    held = await talk.graph.aget_state({"configurable": {"thread_id": "thread"}})
    assert held.values["notes"] == ["seen 0"]
    assert sorted(results(held.values["messages"]).values()) == [(ended(), "error"), ("seen 0", "success")]


async def test_messages_that_new_input_replaces_are_not_healed() -> None:
    def make(model: Strict) -> Any:
        async def agent(state: Last) -> dict[str, Any]:
            return {"messages": [*state["messages"], await model.ainvoke(state["messages"])]}

        return StateGraph(Last).add_node("agent", agent).add_edge(START, "agent").compile()

    talk = Talk(make)
    await talk.say("confirm")
    events = await talk.say("hello")
    assert kinds(events) == "RUN_FINISHED", events[-1]
    assert [message.text for message in await talk.held()] == ["hello", "fine 1"]
    where: Any = {"configurable": {"thread_id": "thread"}}
    assert "update" not in {state.metadata["source"] async for state in talk.graph.aget_state_history(where)}
