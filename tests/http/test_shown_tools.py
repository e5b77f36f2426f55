"""The server's tools shown to people, over HTTP: the conversation goes on whatever a client makes of the blocks."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.server import Server, serve

AGENT = "seller=tests.http.tooled:graph"
BLOCK = re.compile("<details.*?</details>", re.DOTALL)


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("seller"), AGENT) as running:
        yield running


@pytest.fixture
def sdk(seller: Server, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{seller.url}/v1", api_key=request.node.name, max_retries=0) as client:
        yield client


def replaced(by: Callable[[str], str]) -> Callable[[str], str]:
    """What Open WebUI does to a block before it sends the history."""

    def change(text: str) -> str:
        return BLOCK.sub(lambda found: by(dict(re.findall(r'(\w+)="([^"]*)"', found[0]))["result"]), text)

    return change


CLIENTS: dict[str, Callable[[str], str]] = {
    "sends it back": lambda text: text,
    "an older Open WebUI": replaced(lambda written: f'"{written}"'),
    "a newer one": replaced(html.unescape),
    "takes it out": replaced(lambda _: ""),
}


def ask(sdk: openai.OpenAI, messages: list[Any], **ag_ui: Any) -> tuple[str, str, str]:
    """The text, the reasoning and the thread of a streamed answer."""
    raw = sdk.chat.completions.with_raw_response.create(
        model="seller", messages=messages, stream=True, extra_body={"ag_ui": ag_ui}
    )
    text = reasoning = ""
    for chunk in raw.parse():
        delta = chunk.choices[0].delta
        text += delta.content or ""
        reasoning += getattr(delta, "reasoning_content", None) or ""
        assert delta.tool_calls is None
    return text, reasoning, raw.headers["x-thread-id"]


@pytest.mark.parametrize("change", CLIENTS.values(), ids=CLIENTS)
def test_the_thread_goes_on_and_the_model_sees_no_block(sdk: openai.OpenAI, change: Callable[[str], str]) -> None:
    messages: list[Any] = [{"role": "user", "content": "Окна-Сервис"}]
    text, _, thread = ask(sdk, messages, tools="details")
    [block] = BLOCK.findall(text)
    assert "сделка «Окна»" in html.unescape(block)
    assert BLOCK.sub("…", text) == "Смотрю.\n\n…\n\nВидел 3 сообщений, блоков 0."

    messages += [{"role": "assistant", "content": change(text)}, {"role": "user", "content": "Двери"}]
    text, _, again = ask(sdk, messages, tools="details")
    assert again == thread
    assert text.endswith("Видел 7 сообщений, блоков 0.")


def test_reasoning_and_nothing(sdk: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": "Окна-Сервис"}]
    text, reasoning, _ = ask(sdk, messages, tools="show")
    assert text == "Смотрю.\n\nВидел 3 сообщений, блоков 0."
    assert reasoning == 'find_deals {"company":"Окна-Сервис"}\n→ Окна-Сервис: сделка «Окна», 5 & более'
    assert ask(sdk, messages, tools="hide")[1] == ""
    assert ask(sdk, messages)[1] == ""


def test_show_means_blocks_for_open_webui_and_the_setting_is_the_default(tmp_path: Path) -> None:
    with serve(tmp_path, AGENT, "--show-tools", "show") as server:
        body = {"messages": [{"role": "user", "content": "Окна"}]}
        webui = {"X-OpenWebUI-User-Id": "anna"}
        with httpx.Client(base_url=server.url, trust_env=False) as client:

            def answered(headers: dict[str, str], **more: Any) -> dict[str, Any]:
                answer = client.post("/v1/chat/completions", json=body | more, headers=headers)
                message: dict[str, Any] = answer.json()["choices"][0]["message"]
                return message

            assert "<details" in answered(webui)["content"]
            assert answered({})["reasoning_content"].startswith("find_deals")
            hidden = answered(webui, ag_ui={"tools": "hide"})
            assert (hidden["content"], "reasoning_content" in hidden) == (
                "Смотрю.\n\nВидел 3 сообщений, блоков 0.",
                False,
            )


def test_a_wrong_value_is_refused(seller: Server) -> None:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "?"}], "ag_ui": {"tools": "all"}}
    answer = httpx.post(f"{seller.url}/v1/chat/completions", json=body, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "ag_ui.tools")
    answer = httpx.post(f"{seller.url}/v1/responses", json={"input": "?", "ag_ui": {"tools": "show"}}, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "ag_ui.tools")


# A client's tool with the name of one of the server's

CLASH = {"name": "find_deals", "description": "", "parameters": {"type": "object", "properties": {}}}


def test_a_name_that_the_agent_has_is_refused(seller: Server) -> None:
    function = {"type": "function", "function": CLASH}
    other = {"type": "function", "function": {**CLASH, "name": "paint"}}
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "?"}], "tools": [other, function]}
    answer = httpx.post(f"{seller.url}/v1/chat/completions", json=body, trust_env=False)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "tools[1].function.name")
    assert "'find_deals'" in error["message"]
    body = {"input": "?", "tools": [{"type": "function", **CLASH}]}
    answer = httpx.post(f"{seller.url}/v1/responses", json=body, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "tools[0].name")


def test_a_setting_lets_the_client_have_it(tmp_path: Path) -> None:
    """For graphs like the sales agent, which leaves its own tool aside then."""
    with serve(tmp_path, "sales=graphs.agent:graph", "--same-name-tools", "client") as server:
        tools: Any = [{"type": "function", "function": {**CLASH, "name": "pipeline_report"}}]
        messages: list[Any] = [{"role": "user", "content": "Покажи воронку продаж"}]
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as sdk:
            asked = sdk.chat.completions.create(
                model="sales",
                messages=messages,
                tools=tools,
                tool_choice={"type": "function", "function": {"name": "pipeline_report"}},
            )
            [call] = asked.choices[0].message.tool_calls or []
            messages.append(asked.choices[0].message.model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps({"stages": 0})})
            answer = sdk.chat.completions.create(model="sales", messages=messages, tools=tools)
        assert asked.choices[0].finish_reason == "tool_calls"
        assert answer.choices[0].finish_reason == "stop"
