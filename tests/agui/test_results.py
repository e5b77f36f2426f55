"""Tool results that come early, failed attempts, and how models end: `MessagesToAgui` fed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langgraph.graph import START, MessagesState, StateGraph

from bridge.agents.langgraph.callbacks import Progress, callbacks_of
from bridge.agents.langgraph.ends import Ends, finish_reason_of
from bridge.agents.langgraph.message_stream import MessagesToAgui

NODE = {"langgraph_node": "tools", "langgraph_checkpoint_ns": "tools:1"}
CALL = {"name": "look", "args": {"q": "x"}, "id": "c"}


def asked(stream: MessagesToAgui) -> None:
    stream.feed(AIMessage("", id="m", tool_calls=[CALL]), {"langgraph_node": "agent"})


def result(identity: str, text: str = "видно") -> ToolMessage:
    return ToolMessage(text, tool_call_id="c", id=identity)


def test_an_early_result_is_emitted_once() -> None:
    stream = MessagesToAgui()
    asked(stream)
    [event] = stream.early_result(result("r"), NODE)
    assert (event["type"], event["toolCallId"], event["content"]) == ("TOOL_CALL_RESULT", "c", "видно")
    assert stream.feed(result("r"), NODE) == []


def test_a_result_that_middleware_made_anew_goes_by_the_early_ones_id() -> None:
    stream = MessagesToAgui()
    asked(stream)
    stream.early_result(result("r"), NODE)
    assert stream.feed(result("s", "исправлено"), NODE) == []
    assert stream.aliases == {"s": "r"}


@pytest.mark.parametrize(
    ("hidden", "metadata"),
    [(["tools"], NODE), ([], {**NODE, "emit-tool-calls": False}), (["secret"], {**NODE, "tags": ["secret"]})],
)
def test_an_early_result_of_a_hidden_node_is_not_emitted(hidden: list[str], metadata: dict[str, Any]) -> None:
    stream = MessagesToAgui(hidden=hidden)
    asked(stream)
    assert stream.early_result(result("r"), metadata) == []


def test_a_result_of_a_call_that_nobody_made_waits_for_its_node() -> None:
    assert MessagesToAgui().early_result(result("r"), NODE) == []


def test_the_calls_of_a_failed_attempt_wait_for_nobody() -> None:
    stream = MessagesToAgui()
    piece: Any = {"type": "tool_call_chunk", "index": 0, "id": "c", "name": "paint", "args": '{"x'}
    chunk = AIMessageChunk(content="", id="m", tool_call_chunks=[piece])
    stream.feed(chunk, {"langgraph_node": "agent", "langgraph_checkpoint_ns": "agent:1"})
    assert stream.call_ids.names == {"c": "paint"}
    assert [event["type"] for event in stream.attempt_failed("agent:1")] == ["TOOL_CALL_END"]
    assert stream.call_ids.names == {}


class Own(BaseCallbackHandler):
    """A graph's own callbacks (a tracer, say)."""


def test_a_graphs_own_callbacks_stay() -> None:
    graph = StateGraph(MessagesState).add_node("n", lambda _: {}).add_edge(START, "n").compile()
    own, progress = Own(), Progress()
    assert callbacks_of(graph.with_config(callbacks=[own]), progress) == [own, progress]
    assert callbacks_of(graph, progress) == [progress]
    assert callbacks_of(object(), progress) == [progress]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"finish_reason": "stop"}, "stop"),
        ({"finish_reason": "STOP"}, "stop"),
        ({"finish_reason": "length"}, "length"),
        ({"finish_reason": "MAX_TOKENS"}, "length"),
        ({"finish_reason": "content_filter"}, "content_filter"),
        *(({"finish_reason": word}, "content_filter") for word in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT")),
        *(({"finish_reason": word}, "content_filter") for word in ("BLOCKLIST", "SPII", "IMAGE_SAFETY")),
        ({"prompt_feedback": {"block_reason": "SAFETY"}}, "content_filter"),
        ({"prompt_feedback": {"block_reason": 0}}, None),
        ({"stop_reason": "end_turn"}, "stop"),
        ({"stop_reason": "tool_use"}, "tool_calls"),
        ({"stop_reason": "refusal"}, "content_filter"),
        ({"stop_reason": "model_context_window_exceeded"}, "length"),
        ({"stopReason": "guardrail_intervened"}, "content_filter"),
        ({"stopReason": "content_filtered"}, "content_filter"),
        ({"done_reason": "length"}, "length"),
        ({"status": "completed"}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"finish_reason": None}, None),
        ({}, None),
    ],
)
def test_how_providers_say_that_a_model_ended(response: dict[str, Any], reason: str | None) -> None:
    assert finish_reason_of(AIMessage("", response_metadata=response)) == reason


def test_the_end_after_a_refusal_is_the_refusals() -> None:
    tally = Ends()
    tally.add(AIMessageChunk(content=[{"type": "refusal", "refusal": "нет"}], id="m"), {})
    tally.add(AIMessageChunk(content=[], id="m", response_metadata={"status": "completed"}), {})
    assert tally.finish_reason == "content_filter"
    tally.add(AIMessageChunk(content="да", id="n", response_metadata={"finish_reason": "stop"}), {})
    assert tally.finish_reason == "stop"


def test_usage_that_a_node_takes_over_is_not_counted_again() -> None:
    stream = MessagesToAgui()
    node = {"langgraph_node": "agent", "langgraph_checkpoint_ns": "agent:1"}
    usage: Any = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    chunk = AIMessageChunk(content="Тайна.", id="m", usage_metadata=usage, chunk_position="last")
    stream.feed(chunk, {**node, "ls_provider": "p", "ls_model_name": "x"})
    stream.feed(AIMessage("Об этом не говорю.", id="n", usage_metadata=usage), node)
    assert [entry["totalTokens"] for entry in stream.usage.entries()] == [7]


def test_an_empty_message_of_a_node_has_no_empty_delta() -> None:
    events = MessagesToAgui().feed(HumanMessage("", id="u"), {"langgraph_node": "n"})
    assert [event["type"] for event in events] == ["TEXT_MESSAGE_START", "TEXT_MESSAGE_END"]
