"""A LangGraph graph as an agent: edited, cut and regenerated conversations, forked in the graph's own checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge.agents.langgraph.agent import LangGraphAgent
from bridge.agents.langgraph.healing import ended
from bridge.agui import Verifier
from bridge.errors import InterruptPending
from bridge.events.event import NOTE
from bridge.runs.request import RunRequest


class Talk:
    """One conversation with an agent, as a client has it."""

    def __init__(self, agent: LangGraphAgent) -> None:
        self.agent = agent
        self.messages: list[dict[str, Any]] = []
        self.aliases: Mapping[str, str] = {}
        self.runs = 0

    async def run(self, **fields: Any) -> dict[str, Any]:
        """A run with the messages as they are; its last event. The client takes the snapshot over."""
        self.runs += 1
        request = RunRequest(
            "agent",
            "thread",
            f"run-{self.runs}",
            self.messages,
            protocol_version="1.0",
            aliases=self.aliases,
            **fields,
        )
        verifier = Verifier()
        last: dict[str, Any] = {}
        async for event in self.agent.run(request):
            if event["type"] == NOTE:
                self.aliases = event.get("aliases", self.aliases)
                continue
            verifier.feed(event)
            last = event
            if event["type"] == "MESSAGES_SNAPSHOT":
                self.messages = event["messages"]
        return last

    async def say(self, text: str) -> dict[str, Any]:
        """One more user message."""
        self.messages = [*self.messages, {"id": f"user-{self.runs}", "role": "user", "content": text}]
        return await self.run()

    def edit(self, index: int, text: str) -> None:
        """The user changes a message and drops what came after it."""
        self.messages = [*self.messages[:index], self.messages[index] | {"content": text}]

    def texts(self) -> list[str]:
        """What is on the screen."""
        return [message.get("content", "") for message in self.messages]


def counting() -> Any:
    """Answers with what it was told and how often it has answered in this conversation."""

    def answer(state: MessagesState) -> dict[str, list[BaseMessage]]:
        said = sum(isinstance(message, AIMessage) for message in state["messages"])
        return {"messages": [AIMessage(f"{state['messages'][-1].text} {said + 1}")]}

    return StateGraph(MessagesState).add_node("answer", answer).add_edge(START, "answer").compile()


def hiding() -> Any:
    """A hidden node writes a message before the answer."""

    def notes(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [AIMessage("secret")]}

    def answer(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [AIMessage(f"heard {len(state['messages'])}")]}

    graph = StateGraph(MessagesState).add_node("notes", notes).add_node("answer", answer)
    return graph.add_edge(START, "notes").add_edge("notes", "answer").compile()


def asking() -> Any:
    """A subgraph speaks, then waits for a person; a client tool's call waits beside it."""

    def speak(state: MessagesState) -> dict[str, list[BaseMessage]]:
        call = ToolCall(name="page", args={}, id=f"call-{len(state['messages'])}", type="tool_call")
        return {"messages": [AIMessage("let me ask", tool_calls=[call])]}

    def ask(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [AIMessage(f"so: {interrupt('well?')}")]}

    inner = StateGraph(MessagesState).add_node("speak", speak).add_node("ask", ask)
    inner.add_edge(START, "speak").add_edge("speak", "ask")
    return StateGraph(MessagesState).add_node("inner", inner.compile()).add_edge(START, "inner").compile()


async def test_a_conversation_goes_on_where_it_was() -> None:
    talk = Talk(LangGraphAgent("agent", counting()))
    await talk.say("a")
    await talk.say("b")
    assert talk.texts() == ["a", "a 1", "b", "b 2"]


async def test_an_edited_message_forks_before_it() -> None:
    talk = Talk(LangGraphAgent("agent", counting()))
    await talk.say("a")
    await talk.say("b")
    talk.edit(2, "c")
    await talk.run()
    assert talk.texts() == ["a", "a 1", "c", "c 2"]


async def test_the_first_message_edited_begins_anew() -> None:
    talk = Talk(LangGraphAgent("agent", counting()))
    await talk.say("a")
    await talk.say("b")
    talk.edit(0, "z")
    await talk.run()
    assert talk.texts() == ["z", "z 1"]


async def test_an_answer_taken_back_is_given_again() -> None:
    talk = Talk(LangGraphAgent("agent", counting()))
    await talk.say("a")
    await talk.say("b")
    before = talk.messages[-1]["id"]
    talk.messages = talk.messages[:-1]
    await talk.run()
    assert talk.texts() == ["a", "a 1", "b", "b 2"]
    assert talk.messages[-1]["id"] != before


async def test_messages_of_hidden_nodes_do_not_stand_in_the_way() -> None:
    talk = Talk(LangGraphAgent("agent", hiding(), hidden=["notes"]))
    await talk.say("a")
    await talk.say("b")
    assert talk.texts() == ["a", "heard 2", "b", "heard 5"]
    talk.edit(2, "c")
    await talk.run()
    assert talk.texts() == ["a", "heard 2", "c", "heard 5"]


async def test_a_message_beside_a_question_changes_nothing() -> None:
    talk = Talk(LangGraphAgent("agent", asking()))
    [asked] = (await talk.say("a"))["outcome"]["interrupts"]
    before = talk.messages
    with pytest.raises(InterruptPending):
        await talk.say("b")
    talk.messages = before
    await talk.run(resume=[{"interruptId": asked["id"], "status": "resolved", "payload": "yes"}])
    assert talk.texts() == ["a", "let me ask", "so: yes"]


async def test_a_fork_among_the_messages_of_a_paused_subgraph() -> None:
    talk = Talk(LangGraphAgent("agent", asking()))
    [asked] = (await talk.say("a"))["outcome"]["interrupts"]
    await talk.run(resume=[{"interruptId": asked["id"], "status": "resolved", "payload": "yes"}])
    await talk.say("c")
    assert talk.texts() == ["a", "let me ask", ended(), "so: yes", "c", "let me ask"]
    # between "let me ask" and its answer the thread itself has no checkpoint: the message is said again
    talk.messages = [*talk.messages[:2], {"id": "d", "role": "user", "content": "d"}]
    await talk.run()
    assert talk.texts() == ["a", "let me ask", ended(), "d", "let me ask"]


async def test_a_client_call_that_waited_beside_an_interrupt_is_named_when_the_run_goes_on() -> None:
    talk = Talk(LangGraphAgent("agent", asking()))
    tools = [{"name": "page", "description": ""}]
    talk.messages = [{"id": "u", "role": "user", "content": "a"}]
    [asked] = (await talk.run(tools=tools))["outcome"]["interrupts"]
    resume = [{"interruptId": asked["id"], "status": "resolved", "payload": "yes"}]
    ending = await talk.run(tools=tools, resume=resume)
    assert talk.texts()[-1] == "so: yes"
    assert ending["outcome"] == {"type": "success", "pendingToolCallIds": ["call-1"]}
