"""The demo model as a chat model: streaming, limits, choices, cancelling."""

import asyncio
import time

import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field

from graphs.demo.model import DemoModel
from graphs.department import transfer_to_sales
from graphs.model import chat_model
from graphs.routing import by_model, by_words, route
from graphs.sales import TOOLS


class Theme(BaseModel):
    """Switch the theme of the page."""

    name: str = Field(description="light or dark", json_schema_extra={"enum": ["light", "dark"]})


async def collect(model: DemoModel, text: str, **settings: object) -> list[AIMessageChunk]:
    return [chunk async for chunk in model.bind(**settings).astream(text) if isinstance(chunk, AIMessageChunk)]


def joined(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


async def test_the_pieces_are_the_whole() -> None:
    chunks = await collect(DemoModel(), "Что ты умеешь?")
    whole = await DemoModel().ainvoke("Что ты умеешь?")
    assert "".join(chunk.text for chunk in chunks) == whole.text
    assert "\n- " in whole.text
    assert len({chunk.id for chunk in chunks}) == 1
    assert len(chunks) > 30
    last = joined(chunks)
    assert last.response_metadata["finish_reason"] == "stop"
    assert last.usage_metadata is not None
    assert last.usage_metadata["input_tokens"] == 3  # words
    assert last.usage_metadata["output_tokens"] == len(whole.text.split())
    assert chunks[-1].chunk_position == "last"


def test_it_also_works_without_a_loop() -> None:
    model = DemoModel()
    assert "".join(str(chunk.text) for chunk in model.stream("Привет")) == model.invoke("Привет").text


async def test_a_tool_call_says_so() -> None:
    (*_, last) = [chunk async for chunk in DemoModel().bind_tools(TOOLS).astream("Покажи воронку")]
    assert last.response_metadata["finish_reason"] == "tool_calls"


async def test_max_tokens_and_stop_are_heeded() -> None:
    cut = joined(await collect(DemoModel(), "Что ты умеешь?", max_tokens=4))
    assert len(cut.text.split()) == 4
    assert cut.response_metadata["finish_reason"] == "length"
    stopped = joined(await collect(DemoModel(), "Привет", stop=["помощник"]))
    assert stopped.text == "Здравствуйте! Я "
    assert stopped.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("choice", ["Theme", {"type": "function", "function": {"name": "Theme"}}, "required"])
async def test_a_forced_tool_is_called_whatever_was_said(choice: str) -> None:
    model = DemoModel().bind_tools([Theme], tool_choice=choice)
    (call,) = (await model.ainvoke("тёмная, пожалуйста")).tool_calls
    assert (call["name"], call["args"]) == ("Theme", {"name": "dark"})


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("Найди лидов", "sales"),
        ("Build a segment of sleeping customers", "marketing"),
        ("Какая сегодня погода?", "assistant"),
    ],
)
async def test_it_answers_the_supervisor(text: str, department: str) -> None:
    assert await by_model(DemoModel(), [HumanMessage(text)]) == department


async def test_it_hands_over_what_it_has_no_tool_for() -> None:
    model = DemoModel().bind_tools([transfer_to_sales])
    (call,) = (await model.ainvoke("Покажи воронку")).tool_calls
    assert call["name"] == "transfer_to_sales"


async def test_structured_output_of_a_tool() -> None:
    model = DemoModel().bind_tools([route], tool_choice="route")
    assert (await model.ainvoke("Покажи воронку")).tool_calls[0]["args"] == {"department": "sales"}


async def test_instructions_decide_the_language() -> None:
    messages: list[BaseMessage] = [
        SystemMessage("You are an assistant. Answer in English."),
        HumanMessage("Привет"),
    ]
    assert (await DemoModel().ainvoke(messages)).text.startswith("Hello!")


async def test_words_come_one_by_one_and_stop_when_cancelled() -> None:
    received: list[str] = []

    async def listen() -> None:
        async for chunk in DemoModel(delay=60).astream("Привет"):
            received.append(chunk.text)
            first.set()

    first = asyncio.Event()
    task = asyncio.create_task(listen())
    await first.wait()
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 0.2
    assert received == ["Здравствуйте! "]


@pytest.mark.parametrize(
    ("text", "current", "expected"),
    [
        ("Найди лидов", None, "sales"),
        ("Отчёт по кампаниям", "sales", "marketing"),
        ("Найди лидов и составь кампанию", None, "sales"),
        ("Составь рассылку, потом найди лидов", None, "marketing"),
        ("да", "marketing", "marketing"),
        ("а второго?", "sales", "sales"),
        ("да", None, None),
        ("Расскажи мне что-нибудь длинное о том, как устроен этот мир", "sales", None),
        ("привет", "assistant", None),
    ],
)
def test_the_conversation_itself_shows_the_department(text: str, current: str | None, expected: str | None) -> None:
    assert by_words([HumanMessage(text)], current) == expected  # type: ignore[arg-type]  # one of the three, or None


def test_the_environment_chooses_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "DEMO_MODEL_DELAY"):
        monkeypatch.delenv(name, raising=False)
    demo = chat_model()
    assert isinstance(demo, DemoModel)
    assert demo.delay == 0.03
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    real = chat_model()
    assert isinstance(real, ChatOpenAI)
    assert real.model_name == "some-model"
    assert chat_model() is real
