"""A model checker of its own: several people, in several windows, in any interleaving, over HTTP.

Everybody says the same few things, so that histories collide. What cannot collide is the window's own mark, which it
sends as its system prompt and the graph writes into its state: nobody's mark is ever in another's state, whatever they
say, edit, cut, stop or send again; and each answer names the messages of the history that was sent.

``make test`` takes a few examples; ``make torture`` many (``TORTURE`` is how many).
"""

from __future__ import annotations

import asyncio
import operator
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge import Settings, create_app
from bridge.runs.request import ThreadKey
from tests.histories.talk import Echo, Message, Slow, assistant, user

Result = TypeVar("Result")

TEXTS = st.sampled_from(["a", "b", "c"])


class State(MessagesState, total=False):
    """``seen``: the windows that this thread has worked for, and what they granted."""

    seen: Annotated[list[str], operator.add]


def build(slow: Slow) -> Any:
    """Each turn notes whose it is; ``quote`` needs an approval."""

    def mark(state: State) -> str:
        return next(message.text for message in state["messages"] if message.type == "system")

    async def note(state: State) -> dict[str, Any]:
        return {"seen": [mark(state)]}

    async def approve(state: State) -> dict[str, Any]:
        if state["messages"][-1].text != "quote":
            return {}
        granted = interrupt({"message": "Grant it?", "responseSchema": {"type": "boolean"}})
        return {"seen": [f"{mark(state)} {'granted' if granted else 'refused'}"]}

    async def answer(state: State, config: RunnableConfig) -> dict[str, Any]:
        said = [
            message for message in state["messages"] if message.type != "system"
        ]  # answers do not tell windows apart
        return {"messages": [await Echo(slow, [], []).ainvoke(said, config)]}

    graph = StateGraph(State).add_node(note).add_node(approve).add_node(answer)
    return graph.add_edge(START, "note").add_edge("note", "approve").add_edge("approve", "answer").compile()


@dataclass
class Window:
    """A window of a person's. ``cut``: it does not have the beginning; ``granted``: how often it said yes."""

    person: str
    mark: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    cut: bool = False
    granted: int = 0

    @property
    def named(self) -> bool:
        """Whether it names its thread: a first message alone is then new, as from who sends what is new alone."""
        return "X-Thread-Id" in self.headers

    @property
    def asked(self) -> bool:
        return bool(self.history) and is_question(self.history[-1])

    def copied(self, mark: str) -> Window:
        return Window(self.person, mark, self.headers, self.body, list(self.history), self.cut)


def people() -> list[list[Window]]:
    """Those who may meet: strangers behind one key who say nothing of themselves, people behind one key who do, chats,
    a shared key, a key of one's own.
    """
    team = {"Authorization": "Bearer team"}
    shared = {"Authorization": "Bearer shared"}
    return [
        [Window("stranger 1", "s1", team), Window("stranger 2", "s2", team)],
        [Window(name, mark, team, {"user": name}) for name, mark in (("ann", "ann"), ("ann", "ann-2"), ("bob", "bob"))],
        [
            Window(name, name, {**team, "X-OpenWebUI-Chat-Id": "1", "X-OpenWebUI-User-Id": name})
            for name in ("cid", "dan")
        ],
        [Window("eve", "eve", {**shared, "X-Conversation-Id": "1"}), *(Window(n, n, shared) for n in ("fay", "gus"))],
        [
            *(Window("own", mark, {"Authorization": "Bearer own"}) for mark in ("own", "own-2")),
            Window("named", "named", {"Authorization": "Bearer own", "X-Thread-Id": "t"}),
        ],
    ]


class Conversations(RuleBasedStateMachine):
    """Rules are what people do; `check` is what must hold of every answer.

    Approvals are asked and answered in words here. What section 1 adds (answered again, typed over, from AG-UI and
    CopilotKit) is a rule each: `granted` counts what a window has granted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.slow = Slow()
        self.windows: list[Window] = []
        self.typed: dict[int, Message] = {}  # at a question that was lost, so that nobody can see it any more

    def run(self, work: Awaitable[Result]) -> Result:
        async def awaited() -> Result:
            return await work

        return self.runner.run(awaited())

    @initialize(groups=st.lists(st.sampled_from(range(5)), min_size=1, max_size=2, unique=True))
    def open(self, groups: list[int]) -> None:
        self.windows = [window for group in groups for window in people()[group]]
        self.run(self._open())
        for window in self.windows:  # all begin alike: that is where histories collide
            window.history.append(user("a"))
            self.send(window)

    async def _open(self) -> None:
        self.slow = Slow()
        db = self.stack.enter_context(tempfile.TemporaryDirectory())
        keys = ("team=team", "own=own")
        chosen = Settings(db=f"{db}/bridge.sqlite", api_keys=keys, shared_keys=("shared=shared",))
        app = create_app({"talk": build(self.slow)}, chosen)
        await self.stack.enter_async_context(app.router.lifespan_context(app))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge", timeout=30)
        self.client = await self.stack.enter_async_context(client)
        self.bridge = app.state.bridge

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()

    # What people do

    @rule(data=st.data(), text=TEXTS)
    def say(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data)
        window.history.append(user(text))
        self.send(window)

    @rule(data=st.data())
    def ask_for_a_quote(self, data: st.DataObject) -> None:
        window = self.pick(data)
        window.history.append(user("quote"))
        self.send(window)

    @rule(data=st.data(), answer=st.sampled_from(["yes", "no"]))
    def answer_the_question(self, data: st.DataObject, answer: str) -> None:
        window = self.pick(data, lambda window: window.asked)
        if window is None:
            return
        window.history.append(user(answer))
        window.granted += answer == "yes"
        self.send(window)

    @rule(data=st.data())
    def regenerate(self, data: st.DataObject) -> None:
        window = self.pick(data, lambda window: len(window.history) > (2 if window.named else 1))
        if window is not None and window.history[-1]["role"] == "assistant":
            window.history.pop()
            self.send(window)

    @rule(data=st.data(), text=TEXTS)
    def edit_a_message(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data, lambda window: len(window.history) > 1)
        if window is not None:
            places = [place for place, message in enumerate(window.history) if message["role"] == "user"]
            places = places[1:] if window.named else places
            if not places:
                return
            place = data.draw(st.sampled_from(places))
            window.history = [*window.history[:place], user(text)]
            self.send(window)

    @rule(data=st.data(), text=TEXTS)
    def edit_an_answer(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data, lambda window: len(window.history) > 1)
        if window is not None:
            places = [place for place, message in enumerate(window.history) if message["role"] == "assistant"]
            window.history[data.draw(st.sampled_from(places))] = assistant(f"edited by {window.mark}")
            window.history.append(user(text))
            self.send(window)

    @rule(data=st.data(), text=TEXTS)
    def lose_an_answer(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data, lambda window: len(window.history) > 1)
        if window is not None and window.history[-1]["role"] == "assistant":
            if is_question(window.history.pop()):
                self.typed[id(window.history[-1])] = window.history[-1]
            window.history.append(user(text))
            self.send(window)

    @rule(data=st.data(), text=TEXTS, left=st.integers(2, 5))
    def cut_the_history(self, data: st.DataObject, text: str, left: int) -> None:
        window = self.pick(data, lambda window: len(window.history) > 5)
        if window is not None:
            window.history = window.history[-left:]
            window.cut = True
            window.history.append(user(text))
            self.send(window)

    @rule(data=st.data(), kept=st.sampled_from(["all", "part", "none"]))
    def stop_an_answer(self, data: st.DataObject, kept: str) -> None:
        window = self.pick(data)
        window.history.append(user("slow"))
        received = self.check(window, self.run(self._stopped(window)))
        if kept != "none":
            window.history.append(assistant(received if kept == "all" else received[:6]))
        window.history.append(user("a"))
        self.send(window)

    @rule(data=st.data(), how=st.sampled_from(["fail", "break"]))
    def fail(self, data: st.DataObject, how: str) -> None:
        window = self.pick(data)
        window.history.append(user(how))
        response = self.run(self.post(window))
        if response.status_code == 200:  # a question came first
            window.history.append(assistant(self.check(window, response)))
            return
        assert response.status_code == 500
        window.history.append(user("b"))
        self.send(window)

    @precondition(lambda self: len(self.windows) < 20)
    @rule(data=st.data())
    def go_on_in_another_window(self, data: st.DataObject) -> None:
        window = self.pick(data, lambda window: window.history and not window.named and "stranger" not in window.person)
        if window is not None:
            self.windows.append(window.copied(f"{window.mark}-{len(self.windows)}"))

    @rule(data=st.data(), text=TEXTS)
    def send_twice_at_once(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data, lambda window: not window.named)
        if window is not None:
            window.history.append(user(text))
            for answer in self.run(self._at_once(window)):
                received = self.check(window, answer)
            window.history.append(assistant(received))

    # How they do it

    def pick(self, data: st.DataObject, which: Callable[[Window], Any] = lambda window: True) -> Any:
        found = [number for number, window in enumerate(self.windows) if which(window)]
        return self.windows[data.draw(st.sampled_from(found), label="window")] if found else None

    async def post(self, window: Window) -> httpx.Response:
        messages = [{"role": "system", "content": window.mark}, *window.history]
        return await self.client.post(
            "/v1/chat/completions", json={"messages": messages, **window.body}, headers=window.headers
        )

    def send(self, window: Window) -> None:
        window.history.append(assistant(self.check(window, self.run(self.post(window)))))

    async def _at_once(self, window: Window) -> list[httpx.Response]:
        return list(await asyncio.gather(self.post(window), self.post(window)))

    async def _stopped(self, window: Window) -> httpx.Response:
        going = asyncio.create_task(self.post(window))
        begun = asyncio.create_task(self.slow.begun.acquire())
        await asyncio.wait([going, begun], return_when=asyncio.FIRST_COMPLETED)
        if going.done():  # a question came first
            begun.cancel()
            return going.result()
        principal = window.headers["Authorization"].removeprefix("Bearer ")
        [run] = [run for run in self.bridge.runs._running.values() if run.request.principal == principal]
        assert self.bridge.runs.of_thread(ThreadKey(principal, "talk", run.request.thread_id)) is run
        while "answer to" not in str(run.journal.after(0)):
            assert await run.journal.changed(run.journal.last, 5)
        await run.stop()
        return await going

    # What must hold

    def check(self, window: Window, response: httpx.Response) -> str:
        """The answer; nothing of another person's is in it, and it is about this history."""
        assert response.status_code == 200, (window, response.text)
        received = str(response.json()["choices"][0]["message"]["content"])
        if not received.startswith("users="):
            return received  # a question, or the half of an answer
        users = received.removeprefix("users=").partition(" answers=")[0]
        principal = window.headers["Authorization"].removeprefix("Bearer ")
        thread = ThreadKey(principal, "talk", response.headers["x-thread-id"])
        seen = self.run(self.bridge.read(thread)).state["seen"]
        mine = [other.mark for other in self.windows if other.person == window.person]
        assert all(entry.split(" ")[0] in mine for entry in seen), (window, seen)
        granted = sum(other.granted for other in self.windows if other.person == window.person)
        assert sum(entry.endswith(" granted") for entry in seen) <= granted, (window, seen)
        self.check_history(window, users.split("; "))
        return received

    def check_history(self, window: Window, users: list[str]) -> None:
        """The model was given the users' messages of the history, in order, but for answers to approvals.

        Where the history was cut, those before it as well.
        """
        sent = window.history
        at_question = [is_question(sent[place - 1]) if place else window.cut for place in range(len(sent))]
        asked_again = [is_question(sent[place + 1]) if place + 1 < len(sent) else False for place in range(len(sent))]
        left = list(users)
        for place in range(len(sent) - 1, -1, -1):
            if sent[place]["role"] != "user":
                continue
            if left and left[-1] == sent[place]["content"]:
                left.pop()
            else:
                typed = at_question[place] or asked_again[place] or id(sent[place]) in self.typed
                assert typed, (window, users)
        assert not left or window.cut, (window, users)


def is_question(message: Message) -> bool:
    """What is typed at a question is its answer, and no message for the model."""
    return message["role"] == "assistant" and str(message["content"]).endswith("Please answer: yes / no")


def torture(examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=quiet,
        print_blob=True,
        derandomize="TORTURE" not in os.environ,  # `make test` proves the same each time, `make torture` looks further
        database=None,
    )
    run_state_machine_as_test(Conversations, settings=chosen)


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_nobody_meets_a_stranger() -> None:
    examples = int(os.environ.get("TORTURE", "20"))
    torture(examples, 20 if examples <= 20 else 40)
