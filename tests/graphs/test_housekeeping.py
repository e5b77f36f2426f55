"""What chat front ends ask by themselves, and ``response_format``: each in the form that is asked for, by no tool."""

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from graphs import department
from graphs.agent import graph
from graphs.demo.structured import as_asked
from graphs.housekeeping import is_housekeeping
from tests.graphs.scripted import Scripted
from tests.server import ROOT

CHAT = "<chat_history>\nUSER: Найди лидов в Казани\nASSISTANT: Нашёл трёх.\n</chat_history>"
SENT = {
    "a title": (
        (
            "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Output:\n"
            f'JSON format: {{ "title": "your concise title here" }}\n### Examples:\n- {{ "title": "📉 Stocks" }}\n'
            f"### Chat History:\n{CHAT}"
        ),
        "title",
        str,
    ),
    "follow-ups": (
        (
            "### Task:\nSuggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next.\n"
            f'### Output:\nJSON format: {{ "follow_ups": ["Question 1?", "Question 2?"] }}\n### Chat History:\n{CHAT}'
        ),
        "follow_ups",
        list,
    ),
    "follow-ups, reworded by an administrator": (
        (
            "### Задание:\nПредложи, о чём спросить отдел продаж дальше: лиды, сделки, КП.\n"
            f'### Ответ:\nТолько JSON: {{ "follow_ups": ["…"] }}\n### Переписка:\n{CHAT}\n'
        ),
        "follow_ups",
        list,
    ),
    "tags": (
        (
            "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history.\n### Output:\n"
            f'JSON format: {{ "tags": ["tag1", "tag2", "tag3"] }}\n### Chat History:\n{CHAT}'
        ),
        "tags",
        list,
    ),
    "queries for a search": (
        f'### Task:\nAnalyze the chat history.\n### Output:\n{{ "queries": ["query1"] }}\n### Chat History:\n{CHAT}',
        "queries",
        list,
    ),
}


async def answer(text: str, **settings: Any) -> list[BaseMessage]:
    served = graph.copy(update={"checkpointer": InMemorySaver()})
    config: Any = {"configurable": {"thread_id": "t", "model_settings": settings}}
    state = await served.ainvoke({"messages": [HumanMessage(text)]}, config)
    found: list[BaseMessage] = state["messages"]
    return found


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize(("text", "key", "kind"), SENT.values(), ids=SENT)
async def test_the_demo_model_answers_in_the_form_that_is_asked_for(text: str, key: str, kind: type) -> None:
    messages = await answer(text)
    assert [message.type for message in messages] == ["human", "ai"]
    told = json.loads(messages[-1].text)
    assert list(told) == [key]
    assert isinstance(told[key], kind)
    if key == "title":
        assert told[key] == "Найди лидов в Казани"


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize(("text", "key", "kind"), SENT.values(), ids=SENT)
async def test_a_real_model_is_given_no_tool_to_call(
    text: str, key: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that calls a tool all the same has it not run."""
    call = {"name": "find_leads", "args": {"city": "Казань"}, "id": "c", "type": "tool_call"}
    model = Scripted([AIMessage(f'{{"{key}": null}}', tool_calls=[call])])
    monkeypatch.setattr(department, "chat_model", lambda: model)
    messages = await answer(text)
    assert model.settings[0]["tool_choice"] == "none"
    assert [message.type for message in messages] == ["human", "ai"]


def test_what_people_write_has_another_shape() -> None:
    for text in (
        "Придумай заголовок для рассылки",
        "### План\nПокажи воронку и прогноз",
        f"Вот переписка, что ответить? {CHAT}",
        f"### Task:\nЧто скажешь?\n{CHAT}\nОтветь коротко",
    ):
        assert not is_housekeeping([HumanMessage(text)])
    assert not is_housekeeping([HumanMessage(SENT["tags"][0]), AIMessage("{}")])


def test_a_long_text_of_tags_is_looked_through_once() -> None:
    """Each may be where a quoted conversation begins: a pattern would try every one to the text's end, for hours."""
    program = "from graphs.housekeeping import *; print(has_its_shape('# x\\n' + '<chat_history>' * 500_000))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=100, check=True, cwd=ROOT)
    assert done.stdout == b"False\n"


@pytest.mark.usefixtures("crm")
async def test_the_conversation_that_is_quoted_may_be_long() -> None:
    """The rules read the beginning of a message; what it is, its end says."""
    reworded = SENT["follow-ups, reworded by an administrator"][0]
    told = await answer(reworded.replace("ASSISTANT:", "ASSISTANT: да\nUSER: ещё\n" * 2_000 + "ASSISTANT:"))
    assert list(json.loads(told[-1].text)) == ["follow_ups"]


# response_format

DEAL = {
    "type": "object",
    "properties": {
        "answer": {"type": "string"},
        "stage": {"enum": ["new", "won"]},
        "sum": {"type": "number"},
        "count": {"type": "integer"},
        "urgent": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "owner": {"$ref": "#/$defs/person"},
        "other": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    },
    "required": ["answer", "stage", "sum", "count", "urgent", "note", "tags", "owner", "other"],
    "additionalProperties": False,
    "$defs": {
        "person": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "chief": {"anyOf": [{"type": "null"}]}},
            "required": ["name", "chief"],
        }
    },
}


def test_what_is_made_fits_the_schema() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "deal", "schema": DEAL}}
    made = json.loads(as_asked("Сделка на 12,5 млн, позиций 3.", wanted))
    jsonschema.validate(made, DEAL)
    assert (made["answer"], made["sum"], made["count"]) == ("Сделка на 12,5 млн, позиций 3.", 12.5, 3)


def test_other_forms() -> None:
    assert as_asked("Да", None) == as_asked("Да", {"type": "text"}) == "Да"
    assert json.loads(as_asked("Да", {"type": "json_object"})) == {"answer": "Да"}
    endless = {"type": "object", "properties": {"again": {"$ref": "#"}}}
    assert json.loads(as_asked("Да", {"type": "json_schema", "json_schema": {"name": "x", "schema": endless}}))
    junks: list[Any] = [7, [], {"type": 5}, {"$ref": "#/nowhere"}, {"anyOf": []}, {"enum": []}]
    for junk in junks:
        assert as_asked("Да", {"type": "json_schema", "json_schema": {"name": "x", "schema": junk}})


def of_schema(text: str, schema: Any) -> str:
    return as_asked(text, {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})


def test_a_schema_of_a_line_gets_no_answer_of_gigabytes() -> None:
    cube: dict[str, Any] = {"type": "integer"}
    for _ in range(6):
        cube = {"type": "array", "minItems": 1_000_000, "items": cube}
    twice = {"type": "object", "properties": {str(number): {"$ref": "#"} for number in range(20)}}
    wide = {"type": "object", "properties": {"all": {"type": "array", "minItems": 900, "items": DEAL}}}
    for schema in (cube, twice, wide):
        assert len(of_schema("Да", schema)) < 40_000
    assert json.loads(of_schema("Да", {"type": "array", "minItems": 3, "items": {"type": "string"}})) == ["Да", "", ""]


def test_numbers_are_json_s() -> None:
    assert json.loads(of_schema("9" * 400, {"type": "integer"})) < 10**16
    assert json.loads(of_schema("9" * 400, {"type": "number"})) < 1e16


@pytest.mark.usefixtures("crm")
async def test_the_agent_s_last_word_is_the_object() -> None:
    """Its tools run as ever; what they found is in the object."""
    schema = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}
    messages = await answer(
        "Покажи воронку продаж",
        response_format={"type": "json_schema", "json_schema": {"name": "report", "schema": schema}},
    )
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert "₽" in json.loads(messages[-1].text)["summary"]
