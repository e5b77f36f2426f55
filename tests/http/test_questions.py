"""Questions that wait, over every way in: which one is answered, what is refused, and that it can still be answered."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from tests.copilotkit.live import Live, events, live
from tests.http.talking import run_input, text_of

AMOUNT = {"type": "number", "maximum": 30}
WORD = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


class Mailer(BaseChatModel):
    """Calls a tool for each name it is given, then says what came of it."""

    @property
    def _llm_type(self) -> str:
        return "mailer"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        said = [message.text for message in messages if message.type == "tool"]
        names = messages[-1].text.split()
        calls = [
            ToolCall(name="send", args={"to": name}, id=f"{name}-{len(messages)}", type="tool_call") for name in names
        ]
        made = AIMessage("; ".join(said)) if messages[-1].type == "tool" else AIMessage("", tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=made)])


def send(to: str) -> str:
    """Send a mail."""
    return f"sent to {to}"


def pay(to: str) -> str:
    """Pay somebody."""
    return f"{to}: {interrupt({'message': f'Pay {to}?', 'sum': 15.0})}"


pay.__name__ = "send"


def asking(*questions: Any, schema: Any = None) -> Any:
    """A subgraph with a node before the one that asks; the parent says the answers."""

    def before(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("Минуту.")]}

    def ask(state: MessagesState) -> dict[str, Any]:
        answers = [interrupt(question, response_schema=schema) for question in questions]
        return {"messages": [AIMessage(f"answer: {orjson.dumps(answers).decode()}")]}

    inner = StateGraph(MessagesState).add_node("before", before).add_node("ask", ask)
    inner.add_edge(START, "before").add_edge("before", "ask")
    return StateGraph(MessagesState).add_node("inner", inner.compile()).add_edge(START, "inner").compile()


@pytest.fixture
async def page() -> AsyncIterator[Live]:
    """The graphs of these tests, served."""
    reviewed = create_agent(Mailer(), [send], middleware=[HumanInTheLoopMiddleware(interrupt_on={"send": True})])
    graphs = {
        "mail": reviewed,
        "pay": create_agent(Mailer(), [pay]),
        "amount": asking("Сколько?", schema=AMOUNT),
        "word": asking({"steps": ["найти", "послать"]}, schema=WORD),
        "twice": asking("Первый?", "Второй?"),
        "same": asking("Ещё?", "Ещё?"),
    }
    async with live(graphs) as served:
        yield served


class Window:
    """A thread over AG-UI, from 1.0 on or before."""

    def __init__(self, page: Live, agent: str, *, new: bool = True) -> None:
        self.page, self.agent, self.new, self.thread = page, agent, new, uuid.uuid4().hex
        self.messages: list[dict[str, Any]] = []

    async def run(self, text: str | None = None, **more: Any) -> list[dict[str, Any]]:
        body = run_input(thread=self.thread, **more)
        if not self.new:
            del body["protocolVersion"]
        added = [] if text is None else [{"id": uuid.uuid4().hex, "role": "user", "content": text}]
        body["messages"] = [*self.messages, *added]
        url = f"{self.page.url}/agui/{self.agent}"
        read = events(await self.page.client.post(url, json=body))
        for event in read:
            if event["type"] == "MESSAGES_SNAPSHOT":
                self.messages = event["messages"]
        return read

    async def answer(self, *entries: tuple[str, Any], status: str = "resolved") -> list[dict[str, Any]]:
        return await self.run(
            resume=[{"interruptId": name, "status": status, "payload": payload} for name, payload in entries]
        )

    async def command(self, resume: Any, **more: Any) -> list[dict[str, Any]]:
        return await self.run(forwardedProps={"command": {"resume": resume, **more}})


def shown(read: list[dict[str, Any]]) -> list[Any]:
    return [event["value"] for event in read if event["type"] == "CUSTOM" and event["name"] == "on_interrupt"]


def pending(read: list[dict[str, Any]]) -> list[Any]:
    return list((read[-1].get("outcome") or {}).get("interrupts") or [])


def error(read: list[dict[str, Any]]) -> str | None:
    return read[-1]["code"] if read[-1]["type"] == "RUN_ERROR" else None


async def chat(page: Live, agent: str, *said: Any, **more: Any) -> Any:
    roles = ("user", "assistant")
    messages = [
        {"role": roles[index % 2], "content": one} if isinstance(one, str) else one for index, one in enumerate(said)
    ]
    answer = await page.client.post(
        f"{page.url}/v1/chat/completions", json={"model": agent, "messages": messages, **more}
    )
    body = answer.json()
    return body["error"] if "error" in body else body["choices"][0]["message"]


# Before 1.0

EVENTS = [
    pytest.param(lambda value: value, id="as it came"),
    pytest.param(lambda value: {**value, "sum": 15}, id="15.0 is 15"),
    pytest.param(lambda value: orjson.dumps(value).decode(), id="as a string"),
]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("which", [0, 1])
async def test_the_answer_goes_to_the_question_on_the_screen(page: Live, event: Any, which: int) -> None:
    window = Window(page, "pay", new=False)
    asked = shown(await window.run("ann bob"))
    assert sorted(value["message"] for value in asked) == ["Pay ann?", "Pay bob?"]
    one, other = asked[which], asked[1 - which]
    assert shown(await window.command("yes", interruptEvent=event(one))) == [other]
    # a double click
    assert error(await window.command("yes", interruptEvent=one)) == "invalid_request"
    done = text_of(await window.command("no", interruptEvent=other))
    assert f"{one['message'][4:7]}: yes" in done
    assert f"{other['message'][4:7]}: no" in done


async def test_without_its_value_the_last_announced_is_answered(page: Live) -> None:
    window = Window(page, "pay", new=False)
    *rest, last = shown(await window.run("ann bob"))
    assert shown(await window.command("yes")) == rest
    assert f"{last['message'][4:7]}: yes" in text_of(await window.command("no"))


async def test_an_answer_to_no_question_is_refused(page: Live) -> None:
    window = Window(page, "pay", new=False)
    [asked] = shown(await window.run("ann"))
    for answer, event, code in (
        ("yes", {"message": "Pay eve?"}, "invalid_request"),
        (None, asked, "interrupt_pending"),
    ):
        refused = await window.command(answer, interruptEvent=event)
        assert error(refused) == code
        assert shown(refused) == [asked]  # CopilotKit closed the dialog when the run began, and opens it again
    assert text_of(await window.command("yes", interruptEvent=asked)) == "ann: yes"


# From 1.0 on


async def test_a_resume_that_leaves_one_out_changes_nothing(page: Live) -> None:
    window = Window(page, "pay")
    one, two = pending(await window.run("ann bob"))
    read = await window.answer((one["id"], "yes"))
    assert error(read) == "invalid_request"
    assert two["id"] in read[-1]["message"]
    assert text_of(await window.answer((two["id"], "no"), (one["id"], "yes"))) == (
        "ann: yes; bob: no" if "ann" in one["message"] else "ann: no; bob: yes"
    )


@pytest.mark.parametrize("new", [True, False])
async def test_a_new_message_changes_nothing(page: Live, new: bool) -> None:
    window = Window(page, "mail", new=new)
    first = await window.run("ann")
    before = window.messages
    for _ in range(2):
        assert error(await window.run("something else")) == "interrupt_pending"
        assert window.messages == before
    approve = {"decisions": [{"type": "approve"}]}
    done = await (window.answer((pending(first)[0]["id"], approve)) if new else window.command(approve))
    assert text_of(done) == "sent to ann"


async def test_copilotkit_says_so_in_one_sentence(page: Live) -> None:
    thread = uuid.uuid4().hex
    body = run_input("ann", thread=thread)
    del body["protocolVersion"]
    first = events(await page.agent("run", body, "mail"))
    asked = shown(first)
    snapshot = next(event["messages"] for event in first if event["type"] == "MESSAGES_SNAPSHOT")
    body["messages"] = [*snapshot, {"id": "more", "role": "user", "content": "ещё"}]
    language = {"Accept-Language": "ru"}
    refused = events(await page.ask("POST", "/agent/mail/run", body, Accept="text/event-stream", **language))
    sentence = "Сначала ответьте на запрос согласования."
    assert (refused[-1]["code"], refused[-1]["message"]) == ("interrupt_pending", sentence)
    assert shown(refused) == asked
    opened = events(await page.agent("connect", run_input(thread=thread) | {"protocolVersion": None}, "mail"))
    assert shown(opened) == asked
    body["messages"].pop()
    body["forwardedProps"] = {"command": {"resume": {"decisions": [{"type": "approve"}]}, "interruptEvent": asked[0]}}
    assert text_of(events(await page.agent("run", body, "mail"))) == "sent to ann"


@pytest.mark.parametrize(
    ("agent", "wrong", "right", "said"),
    [
        ("amount", 31, 12.0, "12"),
        ("amount", "12", 12, "12"),
        ("amount", None, 12, "12"),
        ("word", {"word": 1}, {"word": "да"}, "да"),
        ("mail", "yes", {"decisions": [{"type": "approve"}]}, "sent to"),
        ("mail", {"decisions": []}, {"decisions": [{"type": "reject", "message": "why"}]}, "why"),
    ],
)
async def test_a_payload_that_does_not_fit_changes_nothing(
    page: Live, agent: str, wrong: Any, right: Any, said: str
) -> None:
    window = Window(page, agent)
    [asked] = pending(await window.run("ann"))
    read = await window.answer((asked["id"], wrong))
    assert error(read) == "invalid_request"
    assert "does not fit" in read[-1]["message"]
    assert said in text_of(await window.answer((asked["id"], right)))


async def test_a_cancelled_review_rejects(page: Live) -> None:
    window = Window(page, "mail")
    [asked] = pending(await window.run("ann"))
    assert "rejected" in text_of(await window.answer((asked["id"], None), status="cancelled"))


@pytest.mark.parametrize("agent", ["twice", "same"])
async def test_the_same_answer_twice_does_not_answer_the_next_question(page: Live, agent: str) -> None:
    window = Window(page, agent)
    [first] = pending(await window.run("go"))
    [second] = pending(await window.answer((first["id"], "a")))
    assert error(await window.answer((first["id"], "a"))) == "invalid_request"
    assert 'answer: ["a","b"]' in text_of(await window.answer((second["id"], "b")))
    assert error(await window.answer((second["id"], "b"))) == "invalid_request"


async def test_any_question_says_what_it_holds(page: Live) -> None:
    [asked] = pending(await Window(page, "word").run("go"))
    assert asked["message"] == "steps:\n- найти\n- послать"
    assert shown(await Window(page, "word", new=False).run("go")) == [{"steps": ["найти", "послать"]}]
    question = (await chat(page, "word", "Спроси"))["content"]
    assert question == "Минуту.\n\nsteps:\n- найти\n- послать\n\nУкажите («word: значение»): word"


# Over OpenAI


async def test_a_review_in_words(page: Live) -> None:
    question = (await chat(page, "mail", "ann bob"))["content"]
    assert "send" in question
    assert "'to': 'ann'" in question
    assert "One by one: 1 yes, 2 no." in question
    unread = (await chat(page, "mail", "ann bob", question, "perhaps"))["content"]
    assert unread == f'That answer could not be read. To refuse, answer "cancel".\n\n{question}'
    for words, said in (
        ("yes", "sent to ann; sent to bob"),
        ("1 yes, 2 no, too late", "with reason: too late; sent to ann"),
        ('1 edit {"to": "eve"}\n2 respond: he knows', "he knows; "),
    ):
        assert said in (await chat(page, "mail", "ann bob", question, words))["content"].replace("\n", " ")
    assert "sent" not in (await chat(page, "mail", "ann bob", question, "cancel"))["content"]


async def test_two_questions_are_asked_one_after_the_other(page: Live) -> None:
    first = (await chat(page, "pay", "ann bob"))["content"]
    second = (await chat(page, "pay", "ann bob", first, "yes"))["content"]
    assert {first, second} == {"Pay ann?", "Pay bob?"}
    done = (await chat(page, "pay", "ann bob", first, "yes", second, "no"))["content"]
    assert done == ("ann: yes; bob: no" if first == "Pay ann?" else "ann: no; bob: yes")
    # each of them answered again, from where it was asked
    again = (await chat(page, "pay", "ann bob", first, "yes", second, "later"))["content"]
    assert sorted(again.split("; ")) == sorted(done.replace("no", "later").split("; "))
    other = (await chat(page, "pay", "ann bob", first, "never"))["content"]
    assert other == second
    last = (await chat(page, "pay", "ann bob", first, "never", second, "no"))["content"]
    assert sorted(last.split("; ")) == sorted(done.replace("yes", "never").split("; "))


@pytest.mark.parametrize("agent", ["twice", "same"])
async def test_two_questions_of_one_node_answered_again(page: Live, agent: str) -> None:
    first = (await chat(page, agent, "Спроси"))["content"]
    second = (await chat(page, agent, "Спроси", first, "a"))["content"]
    assert 'answer: ["a","b"]' in (await chat(page, agent, "Спроси", first, "a", second, "b"))["content"]
    assert 'answer: ["a","c"]' in (await chat(page, agent, "Спроси", first, "a", second, "c"))["content"]
    assert (await chat(page, agent, "Спроси", first, "d"))["content"] == second
    assert 'answer: ["d","e"]' in (await chat(page, agent, "Спроси", first, "d", second, "e"))["content"]


async def test_an_answer_again_in_a_subgraph(page: Live) -> None:
    question = (await chat(page, "amount", "Спроси"))["content"]
    for words, answer in (("12", "[12]"), ("13 %", "[13]"), ("отмена", "[null]"), ("12", "[12]")):
        said = (await chat(page, "amount", "Спроси", question, words))["content"]
        assert said.endswith(f"answer: {answer}")
    assert "отмена" in (await chat(page, "amount", "Спроси", question, "999"))["content"]


@pytest.mark.parametrize(
    ("contents", "said"),
    [(("yes", "no"), "no"), (("no", "yes"), "yes")],
)
async def test_a_call_of_the_interrupt_tool_answered_again(page: Live, contents: tuple[str, str], said: str) -> None:
    how = {"ag_ui": {"interrupts": "tool"}}
    question = await chat(page, "pay", "ann", **how)
    [call] = question["tool_calls"]
    for content in contents:
        told = {"role": "tool", "tool_call_id": call["id"], "content": content}
        done = await chat(page, "pay", "ann", question, told, **how)
    assert done["content"] == f"ann: {said}"


async def test_a_question_that_this_chat_has_not_shown_is_asked_first(page: Live) -> None:
    window = Window(page, "amount")
    await window.run("go")
    headers = {"X-Thread-Id": window.thread}
    said = [("user", "Привет"), ("assistant", "Да?"), ("user", "12")]
    body = {"model": "amount", "messages": [{"role": role, "content": content} for role, content in said]}
    answer = await page.client.post(f"{page.url}/v1/chat/completions", json=body, headers=headers)
    assert answer.json()["choices"][0]["message"]["content"] == "Сколько?"
    body["messages"] = [{"role": "user", "content": "12"}]
    answer = await page.client.post(f"{page.url}/v1/chat/completions", json=body, headers=headers)
    assert answer.json()["choices"][0]["message"]["content"].endswith("answer: [12]")
