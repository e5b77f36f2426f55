"""A model checker of its own: several people, in several windows, in any interleaving, over HTTP.

What must hold (`Conversations.check` and its kin), whatever people say, edit, cut, stop, answer or send again:

- nobody's mark is in the state of another person's thread;
- a thread has no approval that its own person did not grant, and nobody grants what was not shown to them;
- each answer names the messages of the history that was sent;
- a strict provider accepts each history that the model is given;
- no thread is wedged: every window goes on, after anything.

``make test`` takes a few examples; ``make torture`` many (``TORTURE`` is how many).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bridge import Settings, create_app
from bridge.agents.base import ThreadState
from bridge.runs.request import ThreadKey
from bridge.service import Bridge
from tests.histories.people import QUOTES, Screen, Window, asked_in, build, marks, may_be_of, people, users_in
from tests.histories.talk import Message, Slow, assistant, user

Result = TypeVar("Result")

TEXTS = st.sampled_from(["a", "b", "c"])


class Conversations(RuleBasedStateMachine):
    """Rules are what people do. ``granted``: who granted which quote, after it was shown to them."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.slow = Slow()
        self.refused: list[str] = []
        self.windows: list[Window] = []
        self.screens: list[Screen] = []
        self.granted: set[tuple[str, str]] = set()
        self.typed: dict[int, Message] = {}  # at a question that was lost or edited: nobody can see it any more

    def run(self, work: Awaitable[Result]) -> Result:
        async def awaited() -> Result:
            return await work

        return self.runner.run(awaited())

    @initialize(groups=st.lists(st.sampled_from(range(len(people()))), min_size=1, max_size=2, unique=True))
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
        app = create_app({"talk": build(self.slow, self.refused)}, chosen)
        await self.stack.enter_async_context(app.router.lifespan_context(app))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge", timeout=30)
        self.client = await self.stack.enter_async_context(client)
        self.bridge = app.state.bridge

    def teardown(self) -> None:
        """After all that was done, nothing is wedged."""
        try:
            if self.windows and sys.exc_info()[0] is None:  # else it has not begun, or has failed already
                self.go_on_everywhere()
                self.a_provider_accepts_each_history()
        finally:
            self.run(self.stack.aclose())
            self.runner.close()

    # What people do

    @rule(data=st.data(), text=TEXTS)
    def say(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data)
        window.history.append(user(text))
        self.send(window)

    @rule(data=st.data(), quote=st.sampled_from(QUOTES))
    def ask_for_a_quote(self, data: st.DataObject, quote: str) -> None:
        window = self.pick(data)
        window.history.append(user(quote))
        self.send(window)

    @rule(data=st.data(), answer=st.sampled_from(["yes", "no"]))
    def answer_the_question(self, data: st.DataObject, answer: str) -> None:
        window = self.pick(data, lambda window: window.asked)
        if window is not None:
            self.answer(window, answer)

    def answer(self, window: Window, answer: str) -> None:
        assert window.asked is not None
        if answer == "yes":
            self.granted.add((window.person, window.asked))
        calls = window.history[-1].get("tool_calls")
        if calls:
            value = "true" if answer == "yes" else "false"
            window.history += [{"role": "tool", "tool_call_id": call["id"], "content": value} for call in calls]
        else:
            window.history.append(user(answer))
        self.send(window)

    @rule(data=st.data(), answer=st.sampled_from(["yes", "no"]))
    def answer_again(self, data: st.DataObject, answer: str) -> None:
        """The history as it was at some question, and another answer."""
        window = self.pick(data, lambda window: any(map(asked_in, window.history)))
        if window is not None:
            places = [place for place, message in enumerate(window.history) if asked_in(message)]
            window.history = window.history[: data.draw(st.sampled_from(places)) + 1]
            self.answer(window, answer)

    @rule(data=st.data(), count=st.integers(1, 2))
    def have_a_tool_called(self, data: st.DataObject, count: int) -> None:
        window = self.pick(data, lambda window: "tools" in window.body)
        if window is not None:
            window.history.append(user("call" + " {}" * count))
            self.send(window)

    @rule(data=st.data(), all_of_them=st.booleans())
    def answer_the_calls(self, data: st.DataObject, all_of_them: bool) -> None:
        window = self.pick(data, lambda window: window.calls)
        if window is None:
            return
        if not all_of_them and len(window.calls) > 1:
            window.history.append({"role": "tool", "tool_call_id": window.calls[0], "content": "ok"})
            before = self.held(window)
            assert self.run(self.post(window)).status_code == 400
            assert self.held(window) == before
            window.history.pop()
        else:
            window.history += [{"role": "tool", "tool_call_id": call, "content": "ok"} for call in window.calls]
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
            place = data.draw(st.sampled_from(places))
            if place and asked_in(window.history[place]):
                self.typed[id(window.history[place - 1])] = window.history[place - 1]
            window.history[place] = assistant(f"edited by {window.mark}")
            window.history.append(user(text))
            self.send(window)

    @rule(data=st.data(), text=TEXTS)
    def lose_an_answer(self, data: st.DataObject, text: str) -> None:
        window = self.pick(data, lambda window: len(window.history) > 1)
        if window is not None and window.history[-1]["role"] == "assistant":
            if asked_in(window.history.pop()):
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
        window = self.pick(data, is_not_cut_at_a_question)
        if window is None:
            return
        window.history.append(user("slow"))
        received = self.check(window, self.run(self._stopped(window)))
        if kept != "none":
            whole = received if kept == "all" else assistant(str(received["content"] or "")[:6])
            window.history.append(whole)
        window.history.append(user("a"))
        self.send(window)

    @rule(data=st.data(), how=st.sampled_from(["fail", "break"]))
    def fail(self, data: st.DataObject, how: str) -> None:
        window = self.pick(data, is_not_cut_at_a_question)
        if window is None:
            return
        window.history.append(user(how))
        response = self.run(self.post(window))
        if response.status_code == 200:  # a question came first
            window.history.append(self.check(window, response))
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
            window.history.append(received)

    # The same over AG-UI and CopilotKit

    @precondition(lambda self: len(self.screens) < 4)
    @rule(data=st.data(), page=st.booleans(), joins=st.booleans())
    def open_a_screen(self, data: st.DataObject, page: bool, joins: bool) -> None:
        """On the thread that a window's history has led to, or on one of its own."""
        window = self.pick(data)
        mark = f"{window.mark}-{len(self.screens)}"
        thread = window.thread if joins and window.thread else uuid.uuid4().hex
        screen = Screen(window.person, mark, window.headers, thread, page)
        self.screens.append(screen)
        if thread == window.thread:
            self.connect(screen)

    @rule(data=st.data(), text=st.sampled_from(["a", "b", *QUOTES]))
    def write(self, data: st.DataObject, text: str) -> None:
        screen = self.pick_screen(data)
        if screen is not None:
            self.write_in(screen, text)

    @rule(data=st.data(), granted=st.booleans())
    def decide(self, data: st.DataObject, granted: bool) -> None:
        screen = self.pick_screen(data, lambda screen: screen.asked)
        if screen is not None:
            self.decide_in(screen, granted)

    @rule(data=st.data(), granted=st.booleans())
    def decide_again(self, data: st.DataObject, granted: bool) -> None:
        """A retry of an answer: it grants nothing more than what is asked."""
        screen = self.pick_screen(data, lambda screen: screen.answered and not screen.pending)
        if screen is not None:
            before = self.held(screen)
            asked = data.draw(st.sampled_from(screen.answered))
            response = self.run(self.ask(screen, screen.resume(asked, granted)))
            if not before.interrupts:
                assert "RUN_ERROR" in response.text, response.text
            elif "RUN_ERROR" not in response.text and granted:  # the same question waits: it was on this screen
                self.granted.add((screen.person, quote_of(asked)))
            if not before.interrupts or "RUN_ERROR" in response.text:
                assert self.held(screen) == before
            self.connect(screen)

    @rule(data=st.data(), text=TEXTS)
    def edit_on_a_screen(self, data: st.DataObject, text: str) -> None:
        screen = self.pick_screen(data, lambda screen: [one for one in screen.messages if one["role"] == "user"])
        if screen is not None:
            places = [place for place, message in enumerate(screen.messages) if message["role"] == "user"]
            place = data.draw(st.sampled_from(places))
            edited = {**screen.messages[place], "content": text}
            screen.messages = [*screen.messages[:place], edited]
            self.write_in(screen)

    @rule(data=st.data())
    def regenerate_on_a_screen(self, data: st.DataObject) -> None:
        screen = self.pick_screen(data, lambda one: one.messages and one.messages[-1]["role"] == "assistant")
        if screen is not None:
            while screen.messages and screen.messages[-1]["role"] != "user":
                screen.messages.pop()
            if screen.messages:
                self.write_in(screen)

    @rule(data=st.data())
    def stop_on_a_screen(self, data: st.DataObject) -> None:
        screen = self.pick_screen(data, lambda screen: not screen.pending)
        if screen is not None:
            screen.type("slow")
            screen.receive(self.run(self._stopped(screen)))
            self.connect(screen)

    @rule(data=st.data(), count=st.integers(1, 2))
    def have_a_screens_tool_called(self, data: st.DataObject, count: int) -> None:
        screen = self.pick_screen(data)
        if screen is not None:
            self.write_in(screen, "call" + " {}" * count)

    @rule(data=st.data(), all_of_them=st.booleans())
    def answer_a_screens_calls(self, data: st.DataObject, all_of_them: bool) -> None:
        screen = self.pick_screen(data, lambda screen: screen.calls)
        if screen is not None:
            screen.answer_calls(all_of_them)
            self.write_in(screen)

    def pick_screen(self, data: st.DataObject, which: Callable[[Screen], Any] = lambda screen: True) -> Any:
        found = [number for number, screen in enumerate(self.screens) if which(screen)]
        return self.screens[data.draw(st.sampled_from(found), label="screen")] if found else None

    async def ask(self, screen: Screen, body: dict[str, Any], path: str | None = None) -> httpx.Response:
        return await self.client.post(path or screen.path, json=body, headers=screen.headers)

    def connect(self, screen: Screen) -> None:
        """The screen is opened anew: it shows what its thread holds."""
        screen.messages, screen.pending = [], []
        screen.receive(self.run(self.ask(screen, screen.body(), "/api/copilotkit/agent/talk/connect")))
        assert not screen.error

    def write_in(self, screen: Screen, text: str | None = None) -> None:
        """Send what is on the screen, with a new text. Over a question that waits nothing changes."""
        if text is not None:
            screen.type(text)
        before = self.held(screen)
        sent = [message["content"] for message in screen.messages if message["role"] == "user"]
        received = screen.receive(self.run(self.ask(screen, screen.body())))
        if screen.error:
            assert screen.error == "interrupt_pending", screen
            assert before.interrupts
            assert self.held(screen) == before
            self.connect(screen)
            return
        self.check_state(screen)
        users = users_in(received)
        assert users is None or users == sent, (screen, users)
        assert users is not None or screen.pending or screen.calls, (screen, received)

    def decide_in(self, screen: Screen, granted: bool) -> None:
        assert screen.asked is not None
        if granted:
            self.granted.add((screen.person, screen.asked))
        [asked] = screen.pending
        before = self.held(screen)
        sent = [message["content"] for message in screen.messages if message["role"] == "user"]
        received = screen.receive(self.run(self.ask(screen, screen.resume(asked, granted))))
        if screen.error:  # another window has answered meanwhile, or asked something else
            assert self.held(screen) == before
            self.connect(screen)
            return
        screen.answered.append(asked)
        self.check_state(screen)
        assert users_in(received) == sent, (screen, received)

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
        window.history.append(self.check(window, self.run(self.post(window))))

    async def _at_once(self, window: Window) -> list[httpx.Response]:
        return list(await asyncio.gather(self.post(window), self.post(window)))

    async def _stopped(self, window: Window | Screen) -> httpx.Response:
        sent = self.post(window) if isinstance(window, Window) else self.ask(window, window.body())
        going = asyncio.create_task(sent)
        begun = asyncio.create_task(self.slow.begun.acquire())
        await asyncio.wait([going, begun], return_when=asyncio.FIRST_COMPLETED)
        if going.done():  # a question came first
            begun.cancel()
            return going.result()
        [run] = self.bridge.runs._running.values()
        assert run.request.principal == window.principal
        while "answer to" not in str(run.journal.after(0)):
            assert await run.journal.changed(run.journal.last, 5)
        await run.stop()
        return await going

    # What must hold

    def check(self, window: Window, response: httpx.Response) -> Message:
        """The answer; nothing of another person's is in it, and it is about this history."""
        assert response.status_code == 200, (window, response.text)
        received = response.json()["choices"][0]["message"]
        message = {key: received[key] for key in ("role", "content", "tool_calls") if received.get(key)}
        window.thread = response.headers["x-thread-id"]
        self.check_state(window)
        users = users_in(received["content"])
        if users is not None:  # else a question, the half of an answer, or a call
            assert may_be_of(window, users, self.typed), (window, users)
        return {"content": None, **message}

    def check_state(self, one: Window | Screen) -> None:
        """The thread has worked for this person alone, and has granted what they granted."""
        seen = self.held(one).state.get("seen", [])
        mine = marks(one.person, [*self.windows, *self.screens])
        assert {entry.split(" ")[0] for entry in seen} <= mine, (one, seen)
        given = {entry.partition(" granted ")[2] for entry in seen if " granted " in entry}
        assert {(one.person, quote) for quote in given} <= self.granted, (one, seen)

    def held(self, one: Window | Screen) -> ThreadState:
        bridge: Bridge = self.bridge
        return self.run(bridge.read(ThreadKey(one.principal, "talk", one.thread)))

    def go_on_everywhere(self) -> None:
        """Nothing is wedged: what waits is answered, and a new message is.

        Where other windows have gone the same way, a question is asked as often again: whose answer it was, is not
        known.
        """
        for window in self.windows:
            if window.asked:
                self.answer(window, "no")
            for _ in range(len(self.windows) + 1):
                window.history.append(user("c"))
                self.send(window)
                if not window.asked:
                    break
                self.answer(window, "no")
            assert window.asked is None, window
        for screen in self.screens:
            self.connect(screen)
            if screen.asked:
                self.decide_in(screen, granted=False)
            self.write_in(screen, "c")
            assert not screen.error, screen

    @invariant()
    def a_provider_accepts_each_history(self) -> None:
        assert self.refused == []


def is_not_cut_at_a_question(window: Window) -> bool:
    """What is typed at a question whose cause was cut off may be asked anew: there is nothing else that could be."""
    return not (window.cut and window.asked)


def quote_of(asked: Message) -> str:
    return next(quote for quote in QUOTES if f"Grant {quote}?" in str(asked))


EXAMPLES = int(os.environ.get("TORTURE", "20"))

# A class, and not `run_state_machine_as_test`: hypothesis counts the examples of what it can find.
TestNobodyMeetsAStranger = pytest.mark.torture(pytest.mark.timeout(60 + 6 * EXAMPLES)(Conversations.TestCase))
TestNobodyMeetsAStranger.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20 if EXAMPLES <= 20 else 40,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    print_blob=True,
    derandomize="TORTURE" not in os.environ,  # `make test` proves the same each time, `make torture` looks further
    database=None,
)
