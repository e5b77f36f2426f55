"""Requests: what is served reaches the graph by the names it knows, what is not is a 400 that names it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InvalidRequest
from bridge.openai_compat.responses.body import ResponsesRequest, head_of, parse_response_request
from bridge.openai_compat.responses.items import estimated_tokens, messages_of, references
from tests.openai_compat.responses.typed import check_item, check_response

TOOL = {"type": "function", "name": "paint", "parameters": {"type": "object"}, "strict": True}
SCHEMA = {"type": "json_schema", "name": "city", "schema": {"type": "object"}, "strict": True}


def parse(known: dict[str, Any] | None = None, **body: Any) -> ResponsesRequest:
    ids = iter(range(1000))
    return parse_response_request(
        {"input": "Привет", **body}, base="r", known=known or {}, new_id=lambda: f"n{next(ids)}"
    )


def said(request: ResponsesRequest) -> list[dict[str, Any]]:
    return [{key: value for key, value in message.items() if key != "id"} for message in request.chat.messages]


def test_a_text() -> None:
    request = parse(model="sales", instructions="Коротко.", user="u")
    assert said(request) == [
        {"role": "system", "content": "Коротко."},
        {"role": "user", "content": "Привет"},
    ]
    assert (request.chat.model, request.chat.user, request.store, request.background) == ("sales", "u", True, False)
    assert [item["id"] for item in request.items] == ["msg_r_i0"]


IMAGE = "data:image/png;base64,iVBO"
ITEMS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"role": "developer", "content": "Д"}, [{"role": "developer", "content": "Д"}]),
    (
        {"role": "user", "content": [{"type": "input_text", "text": "а"}, {"type": "input_text", "text": "б"}]},
        [{"role": "user", "content": "аб"}],
    ),
    (
        {"role": "user", "content": [{"type": "input_image", "image_url": IMAGE, "detail": "low"}]},
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "data", "value": "iVBO", "mimeType": "image/png"},
                        "metadata": {"detail": "low"},
                    }
                ],
            }
        ],
    ),
    (
        {"role": "user", "content": [{"type": "input_file", "file_data": "JVBE", "filename": "a.pdf"}]},
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "source": {"type": "data", "value": "JVBE", "mimeType": "application/pdf"},
                        "metadata": {"filename": "a.pdf"},
                    }
                ],
            }
        ],
    ),
    (
        {"role": "user", "content": [{"type": "input_file", "file_url": "https://example.org/a.pdf"}]},
        [
            {
                "role": "user",
                "content": [{"type": "document", "source": {"type": "url", "value": "https://example.org/a.pdf"}}],
            }
        ],
    ),
    (
        {"role": "assistant", "content": [{"type": "output_text", "text": "Да.", "annotations": [], "logprobs": []}]},
        [{"role": "assistant", "content": "Да."}],
    ),
    (
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "Нет."}]},
        [{"role": "assistant", "content": "Нет."}],
    ),
    (
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "paint", "arguments": "{}"},
        [
            {
                "role": "assistant",
                "toolCalls": [{"id": "c", "type": "function", "function": {"name": "paint", "arguments": "{}"}}],
            }
        ],
    ),
    (
        {"type": "function_call_output", "call_id": "c", "output": "готово"},
        [{"role": "tool", "toolCallId": "c", "content": "готово"}],
    ),
    (
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "готово"}]},
        [{"role": "tool", "toolCallId": "c", "content": "готово"}],
    ),
    ({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "хм"}]}, []),
    (
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_r_i", "approve": False, "reason": "дорого"},
        [
            {
                "role": "tool",
                "toolCallId": "i",
                "content": "no",
                "approve": False,
                "reason": "дорого",
                "request": "mcpr_r_i",
            }
        ],
    ),
]


@pytest.mark.parametrize(("item", "messages"), ITEMS)
def test_items(item: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    request = parse(input=[item])
    assert said(request) == messages
    for full in request.items:
        check_item(full)


def test_sound_is_a_part_too() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "UklG", "format": "mp3"}}
    [message] = said(parse(input=[{"role": "user", "content": [audio]}]))
    assert message["content"][0]["source"] == {"type": "data", "value": "UklG", "mimeType": "audio/mp3"}


def test_an_answer_of_several_items_is_one_message() -> None:
    items = [
        {"type": "reasoning", "summary": []},
        {"role": "assistant", "content": "Раз."},
        {"role": "assistant", "content": "Два."},
        {"type": "function_call", "call_id": "c", "name": "paint", "arguments": "{}"},
        {"type": "mcp_approval_request", "id": "mcpr_r_i.1", "server_label": "s", "name": "send", "arguments": "{}"},
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "Три."},
    ]
    first, _, last = said(parse(input=items))
    assert first["content"] == "Раз.\n\nДва."
    assert [(call["id"], call["function"]["name"]) for call in first["toolCalls"]] == [
        ("c", "paint"),
        ("i.1", "interrupt"),
    ]
    assert last["content"] == "Три."


def test_a_reference_is_the_item() -> None:
    known = {"msg_x_0": parse(input=[{"role": "assistant", "content": "Да."}]).items[0]}
    sent = [{"type": "item_reference", "id": "msg_x_0"}]
    assert references(sent) == ["msg_x_0"]
    assert references("msg_x_0") == []
    assert said(parse(known, input=sent)) == [{"role": "assistant", "content": "Да."}]


def test_settings_reach_the_graph_by_the_names_of_a_chat() -> None:
    request = parse(
        temperature=0.5,
        top_p=1,
        max_output_tokens=10,
        tools=[TOOL],
        tool_choice={"type": "function", "name": "paint"},
        parallel_tool_calls=False,
        reasoning={"effort": "low", "summary": "auto"},
        text={"format": SCHEMA, "verbosity": "low"},
        metadata={"a": "b"},
        truncation="auto",
    )
    assert request.chat.settings == {
        "temperature": 0.5,
        "top_p": 1,
        "max_completion_tokens": 10,
        "tool_choice": {"type": "function", "function": {"name": "paint"}},
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "city", "schema": {"type": "object"}, "strict": True},
        },
        "verbosity": "low",
        "metadata": {"a": "b"},
        "truncation": "auto",
    }
    assert request.chat.tools == [{"name": "paint", "description": "", "parameters": {"type": "object"}}]
    head = head_of(request, response_id="resp_r", model="sales", created_at=7)
    check_response(head)
    assert head["text"] == {"format": SCHEMA, "verbosity": "low"}
    assert head["tool_choice"] == {"type": "function", "name": "paint"}
    assert (head["temperature"], head["max_output_tokens"], head["metadata"]) == (0.5, 10, {"a": "b"})
    assert parse().chat.settings == {}
    check_response(head_of(parse(conversation={"id": "conv_1"}), response_id="resp_r", model="sales", created_at=7))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"input": None}, "input"),
    ({"input": []}, "input"),
    ({"input": 7}, "input"),
    ({"input": ["?"]}, "input[0]"),
    ({"input": [{"type": "web_search_call", "id": "x"}]}, "input[0].type"),
    ({"input": [{"type": "computer_call_output"}]}, "input[0].type"),
    ({"input": [{}]}, "input[0].type"),
    ({"input": [{"role": "critic", "content": "?"}]}, "input[0].role"),
    ({"input": [{"role": "user"}]}, "input[0].content"),
    ({"input": [{"role": "user", "content": [{"type": "video"}]}]}, "input[0].content[0].type"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].image_url"),
    ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0].file_data"),
    ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input[0].content[0].input_audio.data"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
    (
        {"input": [{"role": "system", "content": [{"type": "input_image", "image_url": "x"}]}]},
        "input[0].content[0].type",
    ),
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_image", "image_url": "x"}]}]},
        "input[0].content[0].type",
    ),
    ({"input": [{"type": "function_call", "call_id": "c", "name": "n"}]}, "input[0].arguments"),
    ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
    ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
    ({"input": [{"type": "item_reference", "id": "nothing"}]}, "input[0].id"),
    ({"input": [{"type": "mcp_approval_response", "approval_request_id": "x"}]}, "input[0].approve"),
    ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "previous_response_id"),
    ({"previous_response_id": ""}, "previous_response_id"),
    ({"conversation": {}}, "conversation"),
    ({"background": True, "store": False}, "background"),
    ({"ag_ui": {"events": True}}, "ag_ui.events"),
    ({"ag_ui": {"thread_id": "t"}, "conversation": "conv_1"}, "ag_ui.thread_id"),
    ({"prompt": {"id": "p"}}, "prompt"),
    ({"max_tool_calls": 3}, "max_tool_calls"),
    ({"top_logprobs": 3}, "top_logprobs"),
    ({"context_management": []}, "context_management"),
    ({"include": ["message.output_text.logprobs"]}, "include[0]"),
    ({"include": ["reasoning.encrypted_content", 7]}, "include[1]"),
    ({"service_tier": "flex"}, "service_tier"),
    ({"stream": "yes"}, "stream"),
    ({"temperature": 9}, "temperature"),
    ({"max_output_tokens": 0}, "max_output_tokens"),
    ({"max_output_tokens": "ten"}, "max_output_tokens"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"),
    ({"tool_choice": "any"}, "tool_choice"),
    ({"tool_choice": {"type": "function", "name": "paint"}}, "tool_choice.name"),
    ({"tool_choice": {"type": "mcp"}}, "tool_choice.type"),
    ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
    ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name"),
    ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
    ({"text": {"verbosity": "loud"}}, "text.verbosity"),
    ({"reasoning": {"effort": "most"}}, "reasoning.effort"),
    ({"truncation": "middle"}, "truncation"),
    ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
    ({"metadata": {"a": 1}}, "metadata.a"),
    ({"metadata": {"a" * 65: ""}}, "metadata"),
]


@pytest.mark.parametrize(("body", "param"), REFUSED)
def test_what_is_not_served_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(**body)
    assert refused.value.param == param
    assert param.rpartition(".")[2].rpartition("[")[0] in refused.value.message or param in refused.value.message


def test_what_asks_for_nothing_is_taken() -> None:
    parse(
        include=["reasoning.encrypted_content", "web_search_call.action.sources"],
        service_tier="auto",
        prompt_cache_key="k",
        prompt_cache_retention="24h",
        something_new={},
        stream_options={"include_obfuscation": False},
        text={"format": {"type": "text"}},
        top_logprobs=0,
    )
    assert parse(input=None, previous_response_id="resp_1").items == []


def test_tokens_are_estimated() -> None:
    assert estimated_tokens("a" * 398) == 100
    assert estimated_tokens("", None, []) == 0
    assert messages_of([], str) == []
