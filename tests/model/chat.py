"""A chat with the model and nothing else: the sales agent's instructions and tools would take it minutes to read."""

from __future__ import annotations

import os
from typing import Any

from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import SecretStr

MOST = 24
"""Tokens of an answer."""

model = ChatOpenAI(
    model="smollm2",
    base_url=os.environ["MODEL_URL"],
    api_key=SecretStr("none"),
    stream_usage=True,
    max_retries=0,
    extra_body={"max_tokens": MOST},  # ChatOpenAI renames its own `max_tokens`, and this server ignores the new name
)


async def answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [await model.ainvoke(state["messages"])]}


graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
