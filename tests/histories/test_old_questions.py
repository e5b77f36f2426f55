"""Calls of the tool ``interrupt`` in a history that becomes a new thread's: they are the bridge's, and no model's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import BaseMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge import Settings, create_app
from bridge.openai_compat.alignment import without_questions
from tests.histories.talk import Message, assistant, user
from tests.strict import Strict

AS_TOOL: dict[str, Any] = {"ag_ui": {"interrupts": "tool"}}


def call(name: str, call_id: str) -> Message:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def test_a_mixed_message_keeps_its_other_calls() -> None:
    mixed = {"id": "1", "role": "assistant", "content": None, "toolCalls": [call("interrupt", "i"), call("paint", "p")]}
    answers = [{"id": f"{name}-1", "role": "tool", "toolCallId": name, "content": "{}"} for name in ("i", "p")]
    given = without_questions([mixed, *answers], [mixed, *answers])
    assert given == [mixed | {"toolCalls": [call("paint", "p")]}, answers[1]]
    assert without_questions(answers, [mixed, *answers]) == answers[1:]  # the call is before what is new
    said = mixed | {"content": "One moment.", "toolCalls": [call("interrupt", "i")]}
    assert without_questions([said], [said]) == [{"id": "1", "role": "assistant", "content": "One moment."}]


class Talk:
    """A chat window whose question is a call, in front of a model that refuses what providers refuse."""

    def __init__(self, client: httpx.AsyncClient, model: Strict) -> None:
        self.client, self.model = client, model

    async def post(self, messages: list[Message], **body: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", json={"messages": messages, **AS_TOOL, **body})

    @property
    def given(self) -> list[BaseMessage]:
        """What the model was given the last time."""
        assert self.model.refused == []
        return self.model.seen[-1]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    model = Strict(reply=lambda messages: f"answer {len(messages)}")

    async def approve(state: MessagesState) -> dict[str, Any]:
        if state["messages"][-1].text == "quote":
            interrupt({"message": "Grant it?", "responseSchema": {"type": "boolean"}})
        return {}

    async def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node(approve).add_node(answer)
    graph.add_edge(START, "approve").add_edge("approve", "answer")
    app = create_app({"talk": graph.compile()}, Settings(db=str(tmp_path / "b.sqlite")))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as client,
    ):
        yield Talk(client, model)


async def approved(talk: Talk) -> list[Message]:
    """A history with an approval in it."""
    history = [user("quote")]
    asked = (await talk.post(history)).json()["choices"][0]["message"]
    history += [asked, {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "true"}]
    done = await talk.post(history)
    return [*history, assistant(done.json()["choices"][0]["message"]["content"])]


@pytest.mark.parametrize("more", [{"user": "another"}, {"ag_ui": {"thread_id": "t", "interrupts": "tool"}}])
async def test_a_new_thread_is_given_no_question(talk: Talk, more: dict[str, Any]) -> None:
    history = await approved(talk)
    answered = await talk.post([*history, user("and now?")], **more)
    assert answered.status_code == 200, answered.text
    assert [message.type for message in talk.given] == ["human", "ai", "human"]


async def test_a_question_that_was_typed_over(talk: Talk) -> None:
    history = [user("quote")]
    asked = (await talk.post(history)).json()["choices"][0]["message"]
    answered = await talk.post([*history, asked, user("and now?")], user="another")
    assert answered.status_code == 200
    assert [message.text for message in talk.given] == ["quote", "and now?"]


async def test_an_answer_in_a_new_thread_is_asked_again(talk: Talk) -> None:
    history = [user("quote")]
    asked = (await talk.post(history)).json()["choices"][0]["message"]
    answer = {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "true"}
    again = (await talk.post([*history, asked, answer], user="another")).json()["choices"][0]
    assert again["finish_reason"] == "tool_calls"
    assert again["message"]["tool_calls"][0]["id"] != answer["tool_call_id"]


async def test_an_answer_alone_is_refused(talk: Talk) -> None:
    asked = (await talk.post([user("quote")])).json()["choices"][0]["message"]
    answer = {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "true"}
    refused = await talk.post([asked, answer], user="another")
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "messages"
