"""From an OpenAI request to its thread, and from a finished run to the fingerprints that lead back to it.

Where a request goes on, in order (`find_places`):

1. the thread that it names: its turns are matched by their fingerprints, what other clients did there by content;
2. a turn of the chat that it names, or the chat's own thread, where there is none yet;
3. a turn that its history comes from, in its caller's scope.

Else a new thread, with the whole history as its input. So it is, too, where unrelated threads have made the same
history: to join one of them would give its state to the maker of the other. And where the thread is busy: who sends
histories knows no threads, and is not refused one. The new thread is then of the family of the busy one.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.agents.base import ThreadState
from bridge.agents.scripted import scripted
from bridge.aside import aside_if, is_large
from bridge.errors import BridgeError, InvalidRequest, ThreadBusy
from bridge.events.event import Event, text_message
from bridge.events.interrupts import Interrupt, asked_first
from bridge.json import dumps
from bridge.openai_compat.alignment import align, check_tool_answers, unsaved, without_questions
from bridge.openai_compat.approval import resume_entries
from bridge.openai_compat.fingerprint import (
    INSTRUCTIONS,
    Candidate,
    Digests,
    answer_message,
    continues,
    conversation,
    split,
)
from bridge.openai_compat.fold import Fold
from bridge.openai_compat.questions import conversation_language, not_understood, was_asked
from bridge.openai_compat.requests import ChatRequest, checked_thread_id
from bridge.openai_compat.responses.approvals import settle_approvals
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL, AguiToChunks
from bridge.runs.request import RunRequest, ThreadKey
from bridge.runs.run import Run
from bridge.service import Bridge, Held
from bridge.storage.threads import Histories, Scope, Turn, client_name


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks which agent.

    Attributes:
        key: what tells callers of one principal apart; see `bridge.web.callers.client_of`.
        user, chat: as the client named them; empty where it did not.
        shared: many people have the key: a history alone finds no thread.
    """

    agent: str
    principal: str
    key: str = ""
    user: str = ""
    chat: str = ""
    shared: bool = False

    def thread(self, thread_id: str) -> ThreadKey:
        """A thread of the caller's."""
        return ThreadKey(self.principal, self.agent, thread_id)

    @property
    def scope(self) -> Scope:
        """Whose histories are compared."""
        return Scope(self.principal, self.agent, client_name(self.key, self.user, self.chat))

    @property
    def nameless(self) -> bool:
        """Whether nothing says which of the people who share a key this is."""
        return self.shared and not self.user and not self.chat

    @property
    def beside(self) -> list[str]:
        """Other clients' names whose histories may be this chat's: a client may name a chat from its second turn on."""
        if not self.chat or (self.shared and not self.user):
            return []
        return [client_name(self.key, self.user)]

    @property
    def chat_thread(self) -> str | None:
        """The id of a new chat's first thread."""
        if self.user or len(self.chat) > 256 or "\0" in self.chat:
            return "chat-" + hashlib.sha256(dumps([self.user, self.chat])).hexdigest() if self.chat else None
        return self.chat or None


@dataclass(frozen=True, slots=True)
class Found:
    """Where a request goes on: the thread (``None``: a new one), and what of the request is new to it.

    ``named``: the client knows the thread, by name or by its history; a first question may be a chat window's own (for
    a title, for tags) and is not listed as a conversation until it is followed by another. ``at`` is the checkpoint
    where the thread stands now, ``family`` that of its turn.
    """

    messages: list[dict[str, Any]]
    thread_id: str | None = None
    checkpoint_id: str | None = None
    resume: list[dict[str, Any]] = field(default_factory=list)
    again: list[Interrupt] = field(default_factory=list)
    regret: str = ""
    one_by_one: bool = False
    named: bool = False
    at: str | None = None
    family: str = ""

    def request(self, chat: ChatRequest, caller: Caller, *, run_id: str, thread_id: str) -> RunRequest:
        """The run to make."""
        return RunRequest(
            agent=caller.agent,
            thread_id=thread_id,
            run_id=run_id,
            messages=self._given(chat),
            tools=[tool for tool in chat.tools if tool["name"] != INTERRUPT_TOOL],
            resume=self.resume,
            one_by_one=self.one_by_one,
            protocol_version="1.0",  # the chunks need the outcome, the usage and what is pending
            model_settings=chat.settings,
            principal=caller.principal,
            checkpoint_id=self.checkpoint_id,
            client_history="trust",  # the history is all that such a client has of its conversation
            instructions=_instructions(chat),
        )

    def _given(self, chat: ChatRequest) -> list[dict[str, Any]]:
        """Raises `InvalidRequest` where only answers to questions are left, which nobody asks any more."""
        given = settle_approvals(without_questions(self.messages, chat.messages), ())
        if self.messages and not given:
            raise InvalidRequest("No question waits for these answers.", param="messages")
        return given

    def events(self, request: RunRequest) -> AsyncIterable[Event] | None:
        """The question again, where the answer to an interrupt could not be read; ``None``: the agent's own events."""
        if not self.again:
            return None
        events = text_message(f"{request.run_id}:again", [self.regret]) if self.regret else []
        ending: Event = {"type": "RUN_FINISHED", "threadId": request.thread_id, "runId": request.run_id}
        ending["outcome"] = {"type": "interrupt", "interrupts": self.again}
        return scripted([*events, ending])


def _instructions(chat: ChatRequest) -> list[dict[str, Any]] | None:
    """The system and developer messages in force. Who sends only what is new may have sent them with an earlier one."""
    sent = [message for message in chat.messages if message["role"] in INSTRUCTIONS]
    return sent if sent or chat.replaces or split(chat.messages)[0] else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request may go on.

    Attributes:
        thread_id: in this thread; ``None``: in a new one.
        new: what of the conversation is new to it.
        named: the client names the thread; it gets 409 when the thread is busy.
        turn: the turn that the history ends with, where the thread was found by that.
        answer: the answer of that turn, as the client has it; ``None``: the client has dropped it.
        partial: it may be the answer's beginning alone.
        unused: only if there is no such thread yet.
        known: the client has all that the thread says there, without sending it.
        family: the new thread's.
        instead: where to go on while the thread is busy; ``None``: in a new one, with the whole history.
    """

    thread_id: str | None
    new: list[dict[str, Any]]
    named: bool = False
    turn: Turn | None = None
    answer: dict[str, Any] | None = None
    partial: bool = False
    unused: bool = False
    known: bool = False
    family: str = ""
    instead: Place | None = None

    @property
    def question_shown(self) -> bool:
        """Whether what the turn asked is the last thing before the new messages, and the client has it."""
        answered = self.known or (self.answer is not None and not self.partial)
        return self.turn is None or (answered and all(message["role"] != "assistant" for message in self.new))


async def find_places(bridge: Bridge, chat: ChatRequest, caller: Caller, *, header: str | None) -> list[Place]:
    """Where the request may go on, the best first; the last one is always possible. Never somebody else's thread."""
    named = chat.thread_id or checked_thread_id(header or None, "X-Thread-Id")
    messages = conversation(chat.messages)
    candidates = await aside_if(is_large(messages), _candidates, messages, chat=bool(named or caller.chat))
    if named is None and caller.nameless:
        return [Place(None, messages)]
    turns: Mapping[str, Sequence[Turn]] = {}
    if candidates:
        fingerprints = {candidate.fingerprint for candidate in candidates}
        turns = await bridge.index.find_turns(caller.scope, fingerprints, clients=caller.beside, thread_id=named)
    places: list[Place] = []
    fresh = Place(None, messages)
    for candidate in candidates:
        found = _turns_of(candidate, turns, caller, within=named is not None)
        if not found:
            continue
        if len({turn.family for turn in found}) > 1:
            fresh = Place(
                None, _given_afresh(messages, candidate, candidates, turns, asks=any(turn.asks for turn in found))
            )
            break
        turn = found[-1]
        if not turn.thread_id:
            continue  # of a thread that was deleted
        covered = messages[: candidate.covered]
        answer = covered[-1] if covered[-1]["role"] == "assistant" else None
        new = messages[candidate.covered :]
        again = _given_afresh(messages, candidate, candidates, turns, asks=turn.asks)
        instead = Place(None, again, family=turn.family)
        places.append(Place(turn.thread_id, new, named is not None, turn, answer, candidate.partial, instead=instead))
    if named is not None:
        return [*places, Place(named, messages, named=True)]
    if caller.chat_thread is not None:
        places.append(Place(caller.chat_thread, messages, unused=True))
    return [*places, fresh]


def _candidates(messages: Sequence[dict[str, Any]], *, chat: bool) -> list[Candidate]:
    return Digests(messages).candidates(chat=chat)


def _remembered(messages: Sequence[dict[str, Any]], *, answered: bool, chat: bool) -> dict[str, str]:
    return Digests(messages).remembered(answered=answered, chat=chat)


def _turns_of(
    candidate: Candidate, turns: Mapping[str, Sequence[Turn]], caller: Caller, *, within: bool
) -> Sequence[Turn]:
    """The turns that a candidate stands for; of one thread or one chat (which is one family) the latest."""
    found: Sequence[Turn] = turns.get(candidate.fingerprint, ())
    if candidate.tail is not None:
        found = [turn for turn in found if continues(turn.tail, candidate.tail)]
    if within:
        return found[-1:]
    if caller.chat:
        own = [turn for turn in found if turn.client == caller.scope.client]
        if own or candidate.kind == "answers":
            return own[-1:]
    return found


def _given_afresh(
    messages: list[dict[str, Any]],
    candidate: Candidate,
    candidates: Sequence[Candidate],
    turns: Mapping[str, Sequence[Turn]],
    *,
    asks: bool,
) -> list[dict[str, Any]]:
    """What a new thread is given of this history, which has come to the candidate's turns.

    An approval that was met in it is met again, by asking again what led to it. That is before the first of the
    questions that follow one another: what stands between them was typed at a question, and is no message.
    """
    earlier, new = split(messages)
    if not asks or candidate.covered != len(earlier) or not new:
        return messages
    first = candidate.covered - 1
    for before in candidates:  # the longest beginning first
        asked = before.covered <= first and any(turn.asks for turn in turns.get(before.fingerprint, ()))
        if asked and all(message["role"] != "assistant" for message in messages[before.covered : first]):
            first = before.covered - (messages[before.covered - 1]["role"] == "assistant")
    return messages[:first] or messages


Begin = Callable[[Found, Held], Awaitable[Run]]
Find = Callable[[], Awaitable[list[Place]]]


async def begin_run(bridge: Bridge, chat: ChatRequest, caller: Caller, begin: Begin, find: Find) -> Run:
    """Begin the run that a request asks for, at the first of the places (`find_places`) where it can go on.

    Raises `ThreadBusy` for a thread that the client names, and `InvalidRequest`.
    """
    check_tool_answers(conversation(chat.messages), ())
    places = await find()
    waited = False
    while places:
        place = places.pop(0)
        thread = None if place.thread_id is None else caller.thread(place.thread_id)
        going = thread is not None and bridge.runs.of_thread(thread) is not None
        try:
            async with bridge.hold(thread) as held:
                if going and not waited:  # a run that everybody had left came to its end meanwhile: look again
                    waited, places = True, await find()
                    if places[0].thread_id != place.thread_id:
                        continue
                    place = places.pop(0)
                found = await find_thread(bridge, chat, caller, place, held)
                if found is not None:
                    return await begin(found, held)
        except ThreadBusy:
            if place.named:
                raise
            places = [place.instead or Place(None, conversation(chat.messages))]
    raise AssertionError("the last place is a new thread")


async def find_thread(bridge: Bridge, chat: ChatRequest, caller: Caller, place: Place, held: Held) -> Found | None:
    """Where the request goes on, by what the place's thread holds; ``None``: not there.

    The thread is held meanwhile (`Bridge.holding`).
    """
    if place.thread_id is None:
        return Found(place.new, family=place.family)
    thread = await bridge.read(caller.thread(place.thread_id), held=held)
    if not thread.exists:
        return None if place.turn else Found(place.new, place.thread_id, named=place.named)
    if place.unused:
        return None
    fork: str | None = None
    new = place.new
    if place.turn is None:
        new = align(place.new, thread.messages)
    else:
        if place.turn.checkpoint_id not in (None, thread.checkpoint_id):
            fork = place.turn.checkpoint_id
            thread = await bridge.read(caller.thread(place.thread_id), checkpoint_id=fork)
        if place.answer is not None and (place.partial or not place.turn.whole):
            left = unsaved(place.answer, thread.messages, whole=place.turn.whole)
            if left is None:
                return None
            new = [*left, *new]
    check_tool_answers(new, thread.messages)
    found = Found(new, place.thread_id, fork, named=True)
    if thread.interrupts and not place.question_shown:
        if place.answer is not None and not place.partial and _goes_on(chat, thread):
            return None  # to ask again would lose what follows; as a history before the question nothing is approved
        found = replace(found, messages=[], again=thread.interrupts)
    elif not (thread.interrupts and place.turn is None and _is_edit(new, thread) and _goes_on(chat, thread)):
        found = _answered(chat, found, thread)
    return replace(found, at=thread.checkpoint_id, family=place.turn.family if place.turn else "")


def _goes_on(chat: ChatRequest, thread: ThreadState) -> bool:
    """Whether the history's last answer is something else than the question that its thread waits with."""
    earlier, _ = split(chat.messages)
    return bool(earlier) and not was_asked(asked_first(thread.interrupts), earlier[-1])


def _is_edit(new: Sequence[Mapping[str, Any]], thread: ThreadState) -> bool:
    """Whether the aligned messages leave the thread before its end; see `align`."""
    return bool(new) and any(message["id"] == new[0]["id"] for message in thread.messages)


def _answered(chat: ChatRequest, found: Found, thread: ThreadState) -> Found:
    """With an interrupt pending, the new messages are its answer: read by the schema, or asked again.

    An answer in words counts where the history shows the question: it may have been asked in another client. In words
    one is asked after the other; as calls of a tool all at once, and then all must be answered.
    """
    if not thread.interrupts or not found.messages:
        return found
    here = replace(found, messages=[], named=True)
    in_words = found.messages[-1]["role"] == "user"
    asked = asked_first(thread.interrupts)
    earlier, _ = split(chat.messages)
    if in_words and earlier and not was_asked(asked, earlier[-1]):
        return replace(here, again=thread.interrupts)
    entries, _ = resume_entries(settle_approvals(found.messages, thread.interrupts), thread.interrupts)
    if entries:
        return replace(here, resume=entries, one_by_one=in_words)
    regret = not_understood(asked, conversation_language(chat.messages))
    return replace(here, again=thread.interrupts, regret=regret)


async def asked_of(chat: ChatRequest, caller: Caller, found: Found, thread_id: str) -> Histories | None:
    """What a new thread is asked, to be stored with it before its run begins.

    Somebody else may have asked the same: who has lost the answer, and asks on while the run goes, must not be taken
    for them. ``None`` where the history or a chat's name has led to the thread: it is known whose it is.
    """
    if found.at is not None or found.named or caller.nameless or caller.chat:
        return None
    turn = Turn(thread_id, None, family=found.family, whole=False)
    known = await aside_if(is_large(chat.messages), _remembered, chat.messages, answered=False, chat=False)
    return Histories(caller.scope, known, turn)


async def remember(
    bridge: Bridge,
    *,
    chat: ChatRequest,
    caller: Caller,
    found: Found,
    run: Run,
    events: Sequence[Event],
    translator: AguiToChunks,
) -> None:
    """Store the fingerprints of the history that this run's answer makes, also of an answer that was not finished."""
    answer = answer_message(_received(events, translator))
    await remember_answer(bridge, chat=chat, caller=caller, found=found, run=run, ending=events[-1], answer=answer)


async def remember_answer(
    bridge: Bridge,
    *,
    chat: ChatRequest,
    caller: Caller,
    found: Found,
    run: Run,
    ending: Event,
    answer: dict[str, Any],
) -> None:
    """The same, of an answer as the message that a client will send back."""
    if caller.nameless:
        return
    outcome = (ending.get("outcome") or {}).get("type")
    answered = bool(answer.get("content") or answer.get("toolCalls"))
    history = [*chat.messages, answer] if answered else chat.messages
    turn = Turn(
        run.request.thread_id,
        run.checkpoint_id or found.at,
        family=found.family,
        asks=outcome == "interrupt",
        whole=ending["type"] == "RUN_FINISHED" and outcome != "cancelled",
    )
    in_chat = bool(caller.chat) or found.named
    known = await aside_if(is_large(history), _remembered, history, answered=answered, chat=in_chat)
    await bridge.index.remember_turn(Histories(caller.scope, known, turn))


def _received(events: Sequence[Event], translator: AguiToChunks) -> dict[str, Any]:
    """The message that these events are for a client."""
    folded = Fold()
    try:
        for event in events:
            folded.add_event(event, translator)
    except BridgeError:  # the error frame: what came before it stays
        pass
    return folded.message()


def events_of(run: Run) -> list[Event]:
    """The events of a run, as far as its clients can tell them apart.

    One in place of many tokens, where that makes no difference: half of an emoji, which a delta may be, is U+FFFD to a
    client.
    """
    events = run.journal.whole()
    return events if all(_is_plain(event.get("delta")) for event in events) else run.journal.after(0)


def _is_plain(delta: Any) -> bool:
    return not isinstance(delta, str) or delta.isascii() or max(delta) <= "\uffff"
