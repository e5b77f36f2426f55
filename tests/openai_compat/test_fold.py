"""The JSON answer is the fold of the stream, as OpenAI's own SDK folds it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from bridge.errors import AgentFailure, UpstreamFailure
from bridge.openai_compat import AguiToChunks, fold
from bridge.openai_compat.fold import Fold
from tests.openai_compat.test_chunks import FINISHED, STARTED, arguments, call, chunk, end, say, start

THOUGHT = {"type": "REASONING_MESSAGE_CONTENT", "messageId": "r", "delta": "хм"}
PIECES: list[list[dict[str, Any]]] = [
    [start("m"), say("m", "раз "), say("m", ""), say("m", "два"), end("m")],
    [start("n"), say("n", "три"), end("n")],
    [chunk(messageId="k", delta="четыре"), chunk(delta=" пять")],
    [call("a"), call("b"), arguments("b", "2"), arguments("a", '{"x":'), arguments("a", "1}")],
    [call("s", "find_leads"), arguments("s", "тайна")],
    [THOUGHT],
    [{"type": "STATE_SNAPSHOT", "snapshot": {}}],
]
USAGE = [{"model": "m", "inputTokens": 3, "outputTokens": 4, "totalTokens": 7}]


def chunks_of(*events: dict[str, Any], include_usage: bool = True, **more: Any) -> list[dict[str, Any]]:
    forth = AguiToChunks(id="chatcmpl-r", model="sales", created=7, client_tools=["paint"], **more)
    return [*(forth.feed(event) for event in events), *forth.finish(include_usage=include_usage)]


def by_the_sdk(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    state: Any = ChatCompletionStreamState()
    for one in chunks:
        state.handle_chunk(ChatCompletionChunk.model_validate(one))
    completion: dict[str, Any] = state.get_final_completion().to_dict()
    return completion


def plain(completion: dict[str, Any]) -> dict[str, Any]:
    """Without what the SDK adds of its own (parsed forms), nulls and absences alike."""
    [choice] = completion["choices"]
    message = {k: v for k, v in choice["message"].items() if v is not None and k != "parsed"}
    if not message.get("content"):
        message.pop("content", None)  # OpenAI's own answers have null beside calls, the SDK's fold an empty string
    for made in message.get("tool_calls") or []:
        made.pop("index", None)
        made["function"].pop("parsed_arguments", None)
    return {
        "id": completion["id"],
        "model": completion["model"],
        "created": completion["created"],
        "finish_reason": choice["finish_reason"],
        "message": message,
        "usage": completion.get("usage"),
    }


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from(PIECES), unique_by=id, max_size=5), st.booleans())
def test_as_the_sdk_folds_it(pieces: list[list[dict[str, Any]]], counted: bool) -> None:
    events = [
        STARTED,
        *(event for piece in pieces for event in piece),
        FINISHED | ({"usage": USAGE} if counted else {}),
    ]
    chunks = chunks_of(*events)
    folded = fold(chunks)
    ChatCompletion.model_validate(folded)
    assert plain(folded) == plain(by_the_sdk(chunks))


def test_the_whole_of_it() -> None:
    events = [STARTED, *PIECES[0], *PIECES[1], *PIECES[3], THOUGHT, FINISHED | {"usage": USAGE}]
    assert fold(chunks_of(*events)) == {
        "object": "chat.completion",
        "id": "chatcmpl-r",
        "created": 7,
        "model": "sales",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "раз два\n\nтри",
                    "refusal": None,
                    "reasoning_content": "хм",
                    "tool_calls": [
                        {"id": "a", "type": "function", "function": {"name": "paint", "arguments": '{"x":1}'}},
                        {"id": "b", "type": "function", "function": {"name": "paint", "arguments": "2"}},
                    ],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }


def test_no_text_is_null_only_beside_calls() -> None:
    assert fold(chunks_of(STARTED, FINISHED))["choices"][0]["message"]["content"] == ""
    assert fold(chunks_of(STARTED, call("a"), FINISHED))["choices"][0]["message"]["content"] is None
    assert "usage" not in fold(chunks_of(STARTED, FINISHED))


def test_the_extension_is_folded_too() -> None:
    events = [STARTED, *PIECES[0], {"type": "CUSTOM", "name": "n", "value": None}, FINISHED]
    assert fold(chunks_of(*events, extension=True))["ag_ui"]["events"] == events


def test_errors_are_raised() -> None:
    for code, kind in (("upstream_error", UpstreamFailure), ("what", AgentFailure)):
        with pytest.raises(kind, match="Упало"):
            fold(chunks_of(STARTED, *PIECES[0], {"type": "RUN_ERROR", "message": "Упало.", "code": code}))
    with pytest.raises(UpstreamFailure, match="finish_reason"):
        fold(chunks_of(STARTED, *PIECES[0]))


@given(st.permutations(PIECES), st.booleans())
@settings(max_examples=60, deadline=None)
def test_folding_events_is_folding_their_chunks(pieces: list[list[dict[str, Any]]], extension: bool) -> None:
    events = [STARTED, *(event for piece in pieces for event in piece), FINISHED]
    folded = Fold()
    forth = AguiToChunks(id="chatcmpl-r", model="sales", created=7, client_tools=["paint"], extension=extension)
    for event in events:
        folded.add_event(event, forth)
    assert folded.completion() == fold(chunks_of(*events, include_usage=False, extension=extension))
