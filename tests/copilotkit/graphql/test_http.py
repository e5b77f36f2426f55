"""The three operations over HTTP: what a page of CopilotKit up to 1.10 sends, and what it is given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime

from bridge.runs.request import ANONYMOUS, ThreadKey
from tests.browser.puppet import puppet
from tests.copilotkit.chat import run_input, spoken_text, user
from tests.copilotkit.graphql.pages import (
    HEADERS,
    ask,
    generate,
    load,
    merged,
    operation,
    parts_of,
    post,
    returned,
    states,
    text,
    texts,
)
from tests.copilotkit.graphs import WHOLE, Halves, asker, echo, speaker, unreachable
from tests.copilotkit.live import events, live

AGENTS = operation("availableAgents", {})
BASES = ("/api/copilotkit", "/api/copilotkit-streaming")
PAINT = {
    "name": "paint_page",
    "description": "Paint.",
    "jsonSchema": '{"type":"object","properties":{"color":{"type":"string"}}}',
    "available": "enabled",
}
NOTE = {"name": "write_note", "description": "Note.", "jsonSchema": '{"type":"object","properties":{}}'}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_it_is_served_beside_todays_runtime(base: str, slash: str) -> None:
    async with live({"echo": echo(), "other": echo()}) as page:
        url = page.url + base + slash
        agents = (await page.client.post(url, json=AGENTS, headers=HEADERS, follow_redirects=False)).json()
        assert agents["data"]["availableAgents"]["__typename"] == "AgentsResponse"
        listed = agents["data"]["availableAgents"]["agents"]
        assert [agent["name"] for agent in listed] == ["echo", "other", "default"]
        assert {agent["__typename"] for agent in listed} == {"Agent"}
        answer = await page.client.post(url, json=generate([text("u", "Привет")]), headers=HEADERS)
        assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"'
        assert "x-copilotkit-runtime-version" not in answer.headers
        said, errors = merged(parts_of(answer.content))
        assert (texts(said), errors) == (["Вы сказали: Привет"], [])
        assert (said["threadId"], said["status"]["code"]) == ("t", "Success")
        assert answer.headers["x-thread-id"] == "t"


async def test_a_browser_may_send_its_headers_from_another_origin() -> None:
    async with live({"echo": echo()}) as page:
        asked = "content-type,x-copilotkit-runtime-client-gql-version,x-my-header"
        preflight = {
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        }
        answer = await page.client.options(page.runtime, headers=preflight)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert set(asked.split(",")) <= set(answer.headers["access-control-allow-headers"].replace(" ", "").split(","))


async def test_a_thread_is_loaded_as_it_is_stored() -> None:
    async with live({"puppet": puppet}) as page:
        nothing = await load(page)
        assert (nothing["threadExists"], nothing["state"], nothing["messages"]) == (False, {}, [])
        said, _ = await ask(page, generate([text("u", "работай")]))
        loaded = await load(page)
    assert loaded["threadExists"] is True
    assert loaded["state"]["progress"] == "готово"
    shown = [message for message in said["messages"] if message["__typename"] != "AgentStateMessageOutput"]
    assert [entry["id"] for entry in loaded["messages"]] == ["u", *(message["id"] for message in shown)]
    user_text, before, call, result, after = loaded["messages"]
    assert (user_text["role"], before["content"], after["content"][:5]) == (
        "user",
        "Сначала **посмотрю** в базе.",
        "Нашёл",
    )
    assert (call["name"], call["arguments"], call["parentMessageId"]) == ("look_up", {"what": "лиды"}, before["id"])
    assert (result["result"], result["actionExecutionId"], result["actionName"]) == ("найдено 7", call["id"], "look_up")


async def test_the_whole_list_comes_back_and_nothing_is_stored_twice() -> None:
    async with live({"puppet": puppet}) as page:
        listed: list[dict[str, Any]] = []
        for number, word in enumerate(("работай", "раз", "два")):
            listed.append(text(f"u{number}", word))
            said, errors = await ask(page, generate(listed))
            assert errors == []
            assert not any("messages" in orjson.loads(one["state"]) for one in states(said)), "the list was right"
            listed += returned(said)
            listed.append(text(f"placeholder{number}", "", "assistant"))
        loaded = await load(page)
    assert [entry["id"] for entry in loaded["messages"]] == [
        entry["id"] for entry in listed if not entry["id"].startswith("placeholder")
    ]
    assert not any(entry.get("role") == "system" for entry in loaded["messages"])


async def test_two_tools_of_the_page_run_in_one_turn() -> None:
    async with live({"puppet": puppet}) as page:
        listed = [text("u", "двое")]
        disabled = {**NOTE, "name": "never", "available": "disabled"}
        said, _ = await ask(page, generate(listed, actions=[PAINT, NOTE, disabled]))
        *_, first, second = [one for one in said["messages"] if one["__typename"] == "ActionExecutionMessageOutput"]
        assert [(one["name"], one["status"]["code"]) for one in (first, second)] == [
            ("paint_page", "Success"),
            ("write_note", "Success"),
        ]
        listed += returned(said)
        for call in (first, second):
            given = {"actionExecutionId": call["id"], "actionName": call["name"], "result": f"сделано {call['name']}"}
            listed.append({"id": f"result-{call['id']}", "resultMessage": given})
        after, errors = await ask(page, generate(listed, actions=[PAINT, NOTE]))
    assert (texts(after), errors) == (["Готово: сделано paint_page; сделано write_note"], [])


async def test_a_page_that_does_not_know_whose_a_call_is_is_understood() -> None:
    """Before 1.5 a call came back without its message."""
    async with live({"puppet": puppet}) as page:
        listed = [text("u", "двое")]
        said, _ = await ask(page, generate(listed, actions=[PAINT, NOTE]))
        listed += returned(said)
        calls = [entry for entry in listed if "actionExecutionMessage" in entry]
        for call in calls:
            del call["actionExecutionMessage"]["parentMessageId"]
            given = {"actionExecutionId": call["id"], "actionName": "x", "result": "да"}
            listed.append({"id": f"result-{call['id']}", "resultMessage": given})
        after, errors = await ask(page, generate(listed, actions=[PAINT, NOTE]))
        loaded = await load(page)
    assert (texts(after), errors) == (["Готово: да; да"], [])
    assert len([entry for entry in loaded["messages"] if "arguments" in entry]) == 2
    assert len([entry for entry in loaded["messages"] if entry.get("content", "").startswith("Делаю")]) == 1


async def test_a_list_that_ends_in_a_result_of_the_server_is_not_answered_again() -> None:
    """Without an agent of its own a page asks again by itself; an empty answer would make it ask for ever."""
    async with live({"puppet": puppet}) as page:
        listed = [text("u", "работай")]
        said, _ = await ask(page, generate(listed))
        upto = [entry for entry in returned(said) if "Нашёл" not in entry.get("textMessage", {}).get("content", "")]
        again, errors = await ask(page, generate([*listed, *upto]))
        assert (texts(again), errors) == ([], [])
        assert [message["__typename"] for message in again["messages"]] == ["AgentStateMessageOutput"] * 2
        assert states(again)[-1]["running"] is False
        assert len((await load(page))["messages"]) == 5


async def test_state_goes_both_ways() -> None:
    async with live({"puppet": puppet}) as page:
        kept = {"agentName": "default", "state": '{"note":"от страницы","messages":[1]}', "config": None}
        read, _ = await ask(page, generate([text("u", "заметка")], agentStates=[kept]))
        assert texts(read) == ["В заметке: от страницы"]
        assert {one["agentName"] for one in states(read)} == {"default"}
        wrote, _ = await ask(page, generate([text("u", "заметка"), *returned(read), text("v", "запиши")]))
        assert orjson.loads(states(wrote)[-1]["state"])["note"] == "от агента"
        assert {one["agentName"] for one in states(wrote)} == {"puppet"}


async def test_an_interrupt_is_asked_answered_and_asked_again_after_a_reload() -> None:
    async with live({"puppet": puppet}) as page:
        session = {"agentName": "puppet"}
        said, _ = await ask(page, generate([text("u", "решай")], agentSession=session))
        assert states(said)[-1]["running"] is True
        shown = orjson.loads(said["metaEvents"][-1]["value"])
        waiting = (await load(page))["messages"]
        assert waiting[-1]["content"] == shown["message"]
        typed, errors = await ask(page, generate([*_again(waiting), text("v", "ну как?")], agentSession=session))
        assert errors == []
        assert orjson.loads(typed["metaEvents"][-1]["value"]) == shown
        assert typed["messages"][0]["content"] != []

        def answer(asked: dict[str, Any], word: str) -> dict[str, Any]:
            value, given = orjson.loads(asked["metaEvents"][-1]["value"]), None
            given = orjson.dumps(value["options"][f"{word}, {value['message'].split()[1].rstrip('?')}"]).decode()
            event = {"name": "LangGraphInterruptEvent", "value": asked["metaEvents"][-1]["value"], "response": given}
            return generate([*_again(waiting), text("v", "ну как?")], agentSession=session, metaEvents=[event])

        second, errors = await ask(page, answer(typed, "Да"))
        assert errors == []
        assert orjson.loads(second["metaEvents"][-1]["value"])["message"] != shown["message"]
        done, errors = await ask(page, answer(second, "Нет"))
        assert errors == []
        first, other = ("Альфа", "Бета") if "Альфа" in shown["message"] else ("Бета", "Альфа")
        assert set(texts(done)[0].removeprefix("Решено: ").split("; ")) == {f"{first} да", f"{other} нет"}
        loaded = await load(page)
    listed = orjson.loads(states(done)[-1]["state"])["messages"]
    assert listed == loaded["messages"], "what was typed meanwhile is in no thread, and leaves the page"


def _again(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [text(entry["id"], entry["content"], entry["role"]) for entry in entries]


async def test_a_page_that_leaves_stops_its_run_and_is_not_kept_waiting() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        body = generate([text("u", "Говори")])
        async with page.client.stream("POST", page.runtime, json=body, headers=HEADERS) as answer:
            heard = b""
            async for piece in answer.aiter_raw():
                heard += piece
                if model.half.is_set():
                    break
            run = page.bridge.runs.of_thread(ThreadKey(ANONYMOUS, "speaker", "t"))
            assert run is not None
        async with asyncio.timeout(30):
            while not run.left:  # noqa: ASYNC110 - the server notices it in its own time, and sets no event
                await asyncio.sleep(0)
        loaded = await load(page)
        assert model.cancelled
        assert loaded["messages"][0]["content"] == "Говори"
        model.gate.set()
        said, errors = await ask(page, generate([*_again(loaded["messages"]), text("v", "Ещё")]))
        assert errors == []
        assert "".join(texts(said)) == "".join(WHOLE)


async def test_suggestions_and_tasks_are_run_beside_the_thread() -> None:
    async with live({"echo": echo()}) as page:
        for kind in ("Task", "Suggestion", "TextareaCompletion"):
            forced = {"toolChoice": "function", "toolChoiceFunctionName": "extract", "temperature": 0.5}
            given = generate([text("u", "Предложи")], metadata={"requestType": kind}, forwardedParameters=forced)
            said, errors = await ask(page, given)
            assert (texts(said), errors) == (["Вы сказали: Предложи"], [])
            assert said["threadId"] != "t"
        assert (await load(page))["threadExists"] is False
        assert (await page.ask("GET", "/threads")).json()["threads"] == []
        task, _ = await ask(page, generate([], metadata={"requestType": "Task"}))
        assert texts(task) == ["Вы сказали: You are a page."]


@pytest.mark.parametrize("thread", [None, ""])
async def test_a_page_without_a_thread_is_given_one(thread: str | None) -> None:
    async with live({"echo": echo()}) as page:
        said, _ = await ask(page, generate([text("u", "Раз")], thread))
        assert (await load(page, said["threadId"]))["threadExists"] is True
        other, _ = await ask(
            page, generate([text("u", "Раз")], None, agentSession={"agentName": "echo", "threadId": "s"})
        )
        assert other["threadId"] == "s"


async def test_an_image_is_seen_and_comes_back() -> None:
    async with live({"puppet": puppet}) as page:
        image = {"id": "i", "imageMessage": {"format": "png", "bytes": "aWNvbg==", "role": "user"}}
        said, errors = await ask(page, generate([image]))
        assert errors == []
        assert texts(said)[0].startswith("Вижу: image")
        first = (await load(page))["messages"][0]
    assert (first["id"], first["format"], first["bytes"], first["role"]) == ("i", "png", "aWNvbg==", "user")


async def test_one_thread_for_old_pages_new_ones_and_openai_clients() -> None:
    async with live({"echo": echo()}) as page:
        await ask(page, generate([text("u", "Раз")]))
        connected = events(await page.agent("connect", run_input("t")))
        known = next(event["messages"] for event in connected if event["type"] == "MESSAGES_SNAPSHOT")
        assert [message["content"] for message in known] == ["Раз", "Вы сказали: Раз"]
        new = events(await page.agent("run", run_input("t", [*known, user("Два")])))
        assert spoken_text(new) == "Вы сказали: Два"
        chat = {"model": "echo", "messages": [{"role": "user", "content": "Три"}]}
        await page.client.post(f"{page.url}/v1/chat/completions", json=chat, headers={"X-Thread-Id": "t"})
        loaded = (await load(page))["messages"]
        assert [entry["content"] for entry in loaded][-1] == "Вы сказали: Три"
        assert len(loaded) == 6


@pytest.mark.parametrize(
    ("language", "sentence"), [("ru", "Модель не ответила"), ("en", "The agent's model could not be reached")]
)
async def test_a_failure_is_one_sentence_in_the_pages_language(language: str, sentence: str) -> None:
    async with live({"broken": unreachable()}) as page:
        answer = await post(page, generate([text("u", "Привет")]), **{"Accept-Language": language})
        _, errors = merged(parts_of(answer.content))
    assert errors[0]["message"].startswith(sentence)
    assert errors[0]["extensions"]["code"] == "NETWORK_ERROR"
    for leaked in (b"secret", b"Traceback", b"stack", b'File "'):
        assert leaked not in answer.content


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such operation": (operation("dance", {}), "UNKNOWN"),
    "no variables": ({"operationName": "generateCopilotResponse", "query": "q", "variables": 7}, "UNKNOWN"),
    "an agent that is not there": (generate([text("u", "а")], agentSession={"agentName": "nobody"}), "AGENT_NOT_FOUND"),
    "a state of an agent that is not there": (
        operation("loadAgentState", {"data": {"threadId": "t", "agentName": "nobody"}}),
        "AGENT_NOT_FOUND",
    ),
    "a message without an id": (generate([{"textMessage": {"content": "а", "role": "user"}}]), "UNKNOWN"),
    "a list that is none": (generate([text("u", "а")], context="no"), "UNKNOWN"),
    "a schema that is no JSON": (generate([], actions=[{"name": "a", "jsonSchema": "{"}]), "UNKNOWN"),
    "a schema that is nested too deep": (generate([], actions=[{"name": "a", "jsonSchema": "[" * 500}]), "UNKNOWN"),
    "a schema that is a list": (generate([], actions=[{"name": "a", "jsonSchema": "[]"}]), "UNKNOWN"),
    "a tool without a name": (generate([], actions=[{"jsonSchema": "{}"}]), "UNKNOWN"),
    "half a surrogate pair": (generate([], actions=[{"name": "a", "jsonSchema": '{"a": "\\ud83d"}'}]), ""),
    "an answer to no question": (
        generate([text("u", "а")], metaEvents=[{"name": "LangGraphInterruptEvent", "response": "да"}]),
        "UNKNOWN",
    ),
    "a thread id that is too long": (generate([text("u", "а")], "t" * 300), "UNKNOWN"),
    "too many messages": (generate([text(f"u{n}", "а") for n in range(20)]), "UNKNOWN"),
    "too many tools": (generate([], actions=[{"name": f"a{n}"} for n in range(20)]), "UNKNOWN"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_request_at_fault_is_an_error_that_the_page_can_show(wrong: str) -> None:
    body, code = WRONG[wrong]
    async with live({"echo": echo()}, max_messages=10, max_tools=10) as page:
        _, errors = await ask(page, body)
    if code:
        (error,) = errors
        assert error["message"]
        assert error["extensions"]["code"] == code
        assert error["extensions"]["visibility"] == "banner"
        assert error["extensions"]["originalError"] == {"message": error["message"]}


async def test_what_is_refused_before_the_body_is_read_is_shown_too() -> None:
    async with live({"echo": echo()}, api_keys=("right",), max_body_bytes=2000) as page:
        for key, body, code in (
            ("wrong", AGENTS, "AUTHENTICATION_ERROR"),
            ("right", generate([text("u", "а" * 3000)]), "UNKNOWN"),
        ):
            answer = await post(page, body, Authorization=f"Bearer {key}", **{"Accept-Language": "ru"})
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == code
            assert error["message"][0] in "КБ"
        answer = await page.client.post(
            page.runtime, content=b"{", headers={**HEADERS, "Authorization": "Bearer right"}
        )
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (200, "UNKNOWN")


async def test_a_busy_thread_is_an_error_and_its_run_goes_on() -> None:
    model = Halves()
    async with live({"speaker": speaker(model)}) as page:
        first = asyncio.create_task(ask(page, generate([text("u", "Говори")])))
        await model.half.wait()
        _, errors = await ask(page, generate([text("v", "И ты")]), **{"Accept-Language": "ru"})
        assert errors[0]["message"].startswith("Агент ещё отвечает")
        model.gate.set()
        said, failed = await first
    assert failed == []
    assert said["status"]["code"] == "Success"


async def test_a_page_cannot_answer_by_its_properties() -> None:
    async with live({"asker": asker()}) as page:
        await ask(page, generate([text("u", "Скидка")]))
        _, errors = await ask(page, generate([text("v", "ещё")], properties={"command": {"resume": "true"}}))
        assert errors == []
        assert (await load(page))["messages"][-1]["content"] == "Согласовать скидку 15 %?"


@dataclass
class Tenant:
    """What a graph wants to know of the page."""

    tenant: str = "nobody"


async def test_properties_are_the_graphs_typed_context() -> None:
    async def answer(state: MessagesState, runtime: Runtime[Tenant]) -> dict[str, Any]:
        return {"messages": [AIMessage(f"for {runtime.context.tenant}")]}

    graph = StateGraph(MessagesState, context_schema=Tenant).add_node("answer", answer).add_edge(START, "answer")
    async with live({"tenants": graph.compile()}) as page:
        for properties, said in (({"tenant": "acme"}, "for acme"), ({}, "for nobody")):
            response, errors = await ask(page, generate([text("u", "кто?")], properties=properties))
            assert errors == []
            assert texts(response) == [said]
