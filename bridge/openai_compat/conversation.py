"""From an OpenAI request to its thread, and from a finished run to the fingerprint that leads back to it."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.agents.base import ThreadState
from bridge.agents.scripted import scripted
from bridge.errors import BridgeError
from bridge.events.event import Event, text_message
from bridge.events.interrupts import Interrupt, asked_first
from bridge.openai_compat.approval import resume_entries
from bridge.openai_compat.fingerprint import answer_message, fingerprint, split
from bridge.openai_compat.fold import Fold
from bridge.openai_compat.questions import conversation_language, not_understood, was_asked
from bridge.openai_compat.requests import ChatRequest, checked_thread_id
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL, AguiToChunks
from bridge.runs.request import RunRequest, ThreadKey
from bridge.runs.run import Run
from bridge.service import Bridge
from bridge.storage.threads import Scope, Turn


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks which agent; ``scope`` keeps two callers' histories apart."""

    agent: str
    principal: str
    scope: Scope

    def thread(self, thread_id: str) -> ThreadKey:
        """A thread of the caller's."""
        return ThreadKey(self.principal, self.agent, thread_id)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a request goes on: the thread (``None``: a new one), and what of the request is new to it.

    ``named``: the client knows the thread, by name or by its history; a first question may be a chat window's own (for
    a title, for tags) and is not listed as a conversation until it is followed by another.
    """

    messages: list[dict[str, Any]]
    thread_id: str | None = None
    checkpoint_id: str | None = None
    resume: list[dict[str, Any]] = field(default_factory=list)
    again: list[Interrupt] = field(default_factory=list)
    regret: str = ""
    one_by_one: bool = False
    named: bool = False

    def request(self, chat: ChatRequest, caller: Caller, *, run_id: str, thread_id: str) -> RunRequest:
        """The run to make."""
        return RunRequest(
            agent=caller.agent,
            thread_id=thread_id,
            run_id=run_id,
            messages=self.messages,
            tools=[tool for tool in chat.tools if tool["name"] != INTERRUPT_TOOL],
            resume=self.resume,
            one_by_one=self.one_by_one,
            protocol_version="1.0",  # the chunks need the outcome, the usage and what is pending
            model_settings=chat.settings,
            principal=caller.principal,
            checkpoint_id=self.checkpoint_id,
            client_history="trust",  # the history is all that such a client has of its conversation
        )

    def events(self, request: RunRequest) -> AsyncIterable[Event] | None:
        """The question again, where the answer to an interrupt could not be read; ``None``: the agent's own events."""
        if not self.again:
            return None
        events = text_message(f"{request.run_id}:again", [self.regret]) if self.regret else []
        ending: Event = {"type": "RUN_FINISHED", "threadId": request.thread_id, "runId": request.run_id}
        ending["outcome"] = {"type": "interrupt", "interrupts": self.again}
        return scripted([*events, ending])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is kept: its thread (``None``: a new one), and what of its messages is new there.

    ``known``: the thread is in the index. ``turn`` is the turn that the history ends with, where the thread was found
    by that and not by its name.
    """

    thread_id: str | None
    new: list[dict[str, Any]]
    known: bool = False
    turn: Turn | None = None


async def find_place(bridge: Bridge, chat: ChatRequest, caller: Caller, *, header: str | None) -> Place:
    """The thread a request names, else the one its history comes from; never somebody else's."""
    named = chat.thread_id or checked_thread_id(header or None, "X-Thread-Id")
    earlier, new = split(chat.messages)
    if named is not None:
        known = await bridge.index.find(named, agent=caller.agent, principal=caller.principal)
        return Place(named, new, known=known is not None)
    turn = await bridge.index.find_turn(caller.scope, fingerprint(earlier)) if earlier else None
    if turn is None:
        return Place(None, chat.messages)
    known = await bridge.index.find(turn.thread_id, agent=caller.agent, principal=caller.principal)
    return Place(None, chat.messages) if known is None else Place(turn.thread_id, new, known=True, turn=turn)


async def find_thread(bridge: Bridge, chat: ChatRequest, caller: Caller, place: Place) -> Found:
    """Where the request goes on, by what its thread holds. The thread is held meanwhile (`Bridge.holding`)."""
    if place.thread_id is None:
        return Found(chat.messages)
    if not place.known:
        return Found(chat.messages, place.thread_id, named=True)
    thread = await bridge.read(caller.thread(place.thread_id), held=True)
    if not thread.exists:
        return Found(chat.messages) if place.turn else Found(chat.messages, place.thread_id, named=True)
    fork: str | None = None
    if place.turn is not None and place.turn.checkpoint_id != thread.checkpoint_id:
        fork = place.turn.checkpoint_id
        thread = await bridge.read(caller.thread(place.thread_id), checkpoint_id=fork)
    return _answered(chat, Found(place.new, place.thread_id, fork, named=True), thread)


def _answered(chat: ChatRequest, found: Found, thread: ThreadState) -> Found:
    """With an interrupt pending, the new messages are its answer: read by the schema, or asked again.

    An answer in words counts where the history shows the question: it may have been asked in another client. In words
    one is asked after the other; as calls of a tool all at once, and then all must be answered.
    """
    if not thread.interrupts or not found.messages:
        return found
    here = Found([], found.thread_id, found.checkpoint_id, named=True)
    in_words = found.messages[-1]["role"] == "user"
    asked = asked_first(thread.interrupts)
    earlier, _ = split(chat.messages)
    if in_words and earlier and not was_asked(asked, earlier[-1]):
        return replace(here, again=thread.interrupts)
    entries, _ = resume_entries(found.messages, thread.interrupts)
    if entries:
        return replace(here, resume=entries, one_by_one=in_words)
    regret = not_understood(asked, conversation_language(chat.messages))
    return replace(here, again=thread.interrupts, regret=regret)


async def remember(
    bridge: Bridge, *, chat: ChatRequest, caller: Caller, run: Run, events: Sequence[Event], translator: AguiToChunks
) -> None:
    """Store the fingerprint of the history that this run's answer makes. One that failed or was stopped makes none."""
    ending = events[-1]
    if ending["type"] != "RUN_FINISHED" or (ending.get("outcome") or {}).get("type") == "cancelled":
        return
    folded = Fold()
    try:
        for event in events:
            folded.add_event(event, translator)
    except BridgeError:
        return
    history = [*chat.messages, answer_message(folded.message())]
    turn = Turn(run.request.thread_id, run.checkpoint_id)
    await bridge.index.remember_turn(caller.scope, fingerprint(history), turn)
