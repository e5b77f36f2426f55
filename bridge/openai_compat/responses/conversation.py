"""From a request for a response to its thread, and from a finished run to what is stored of it.

Where a response goes on:

1. ``previous_response_id``: in that response's thread, at the checkpoint where it ended; an older one forks. While the
   thread is busy it goes on in a new thread, with the messages up to there;
2. ``conversation``: at the end of the thread of that name;
3. otherwise its ``input`` is a history as a chat has one (`bridge.openai_compat.conversation.find_places`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bridge.errors import AgentFailure, InvalidRequest, JournalOverrun, NotStored
from bridge.events.event import Event
from bridge.events.messages import first_words
from bridge.openai_compat.callers import new_id
from bridge.openai_compat.conversation import (
    Caller,
    Find,
    Found,
    Place,
    asked_of,
    begin_run,
    find_places,
    remember_answer,
)
from bridge.openai_compat.fingerprint import INSTRUCTIONS, conversation
from bridge.openai_compat.questions import conversation_language
from bridge.openai_compat.responses.body import ResponsesRequest
from bridge.openai_compat.responses.fold import fold
from bridge.openai_compat.responses.items import Item, messages_of
from bridge.openai_compat.responses.stored import events_to_store
from bridge.openai_compat.responses.to_events import AguiToResponseEvents
from bridge.runs.request import Principal
from bridge.runs.run import Run
from bridge.service import Bridge, Held
from bridge.storage.responses import ALIVE, StoredResponse
from bridge.storage.threads import Turn

PREFIX = "resp_"
"""How the id of a response begins; its run's id follows."""


@dataclass(slots=True)
class Served:
    """One response that is being made.

    Attributes:
        waiting: items of the conversation that the agent has not had.
        took: the conversation had no agent before.
        standing: system and developer messages of the responses before this one, which are part of its history.
        keep: gets the response when it has ended, whether it is stored or not.
    """

    request: ResponsesRequest
    caller: Caller
    head: dict[str, Any]
    run_id: str
    waiting: list[Item] = field(default_factory=list)
    took: bool = False
    standing: list[dict[str, Any]] = field(default_factory=list)
    keep: Callable[[StoredResponse], None] | None = None

    @property
    def id(self) -> str:
        """The response's id."""
        return PREFIX + self.run_id

    @property
    def whole(self) -> bool:
        """Whether nobody gets it as a stream."""
        return not self.request.chat.stream

    def translator(self) -> AguiToResponseEvents:
        """For one reader of its run."""
        return AguiToResponseEvents(
            self.head,
            client_tools=[tool["name"] for tool in self.request.chat.tools],
            interrupts=self.request.chat.interrupts,
            language=conversation_language(self.request.chat.messages),
            whole=self.whole,
        )

    def facts(self) -> dict[str, Any]:
        """What is stored beside head and items."""
        sent = messages_of(self.request.items, str)
        return {
            "language": conversation_language(self.request.chat.messages),
            "interrupts": self.request.chat.interrupts,
            "whole": self.whole,
            "standing": [*self.standing, *(message for message in sent if message["role"] in INSTRUCTIONS)],
        }


def translator_of(stored: StoredResponse) -> AguiToResponseEvents:
    """The translator of a response that is stored, or whose run goes on."""
    return AguiToResponseEvents(
        stored.head,
        client_tools=[tool["name"] for tool in stored.head["tools"]],
        interrupts=stored.facts["interrupts"],
        language=stored.facts["language"],
        whole=stored.facts["whole"] and stored.events is None,
    )


def response_of(stored: StoredResponse) -> dict[str, Any]:
    """The object of a stored response: the fold of its stream."""
    if stored.events is None and not stored.lost:
        return {**stored.head, "status": "in_progress"}
    translator = translator_of(stored)
    made = [made for event in stored.events or () for made in translator.feed(event)]
    return fold([*made, *translator.fail(lost())])


def lost() -> AgentFailure:
    """The run of a response has not ended, and goes on nowhere."""
    return AgentFailure("The server stopped before this response was complete.")


async def find_stored(bridge: Bridge, response_id: str, principal: str) -> StoredResponse:
    """A stored response. Raises `NotStored`."""
    found = await bridge.responses.find(response_id, principal)
    if found is None:
        raise NotStored(f"Response with id '{response_id[:100]}' not found.")
    return found


async def items_named(bridge: Bridge, ids: Sequence[str], principal: str) -> dict[str, Item]:
    """The stored items of these ids, wherever they came in or went out. An item's id has its response's in it."""
    wanted = {PREFIX + parts[1] for name in ids if len(parts := name.split("_", 2)) > 1}
    if not wanted:
        return {}
    stored = (await bridge.responses.find_all(wanted, principal)).values()
    known = [item for one in stored for item in (*one.items, *response_of(one)["output"])]
    return {item["id"]: item for item in known}


# Where it goes on


async def begin_response(
    bridge: Bridge, served: Served, *, header: str | None, principal: Principal, previous: StoredResponse | None
) -> Run:
    """Begin the run of a response. Raises `ThreadBusy`, `InvalidRequest`."""
    request = served.request
    chat = request.chat
    if previous is not None:
        served.standing = list(previous.facts["standing"])
        find: Find = partial(_after, bridge, served, previous)
    elif request.conversation is not None:
        await _take_conversation(bridge, served)
        find = partial(_in_conversation, served)
    else:
        find = partial(find_places, bridge, chat, served.caller, header=header)
    if previous is not None or request.conversation is not None:
        own = 1 if request.head["instructions"] else 0
        before = [*served.standing, *messages_of(served.waiting, new_id)]
        messages = [*chat.messages[:own], *before, *chat.messages[own:]]
        chat = replace(chat, messages=messages, replaces=True)
        served.request = replace(request, chat=chat)
    try:
        return await begin_run(bridge, chat, served.caller, partial(_begin, bridge, served, principal), find)
    except BaseException as error:
        if served.took:  # no run of the agent's began in it
            await bridge.conversations.release(str(request.conversation))
        if isinstance(error, InvalidRequest) and error.param == "messages":  # as a chat calls it
            error.param = "input"
        raise


async def _after(bridge: Bridge, served: Served, previous: StoredResponse) -> list[Place]:
    """After that response; in a new thread where nothing was stored of its own one."""
    new = conversation(served.request.chat.messages)
    key = previous.thread
    fresh = Place(None, new, known=True)
    turn = Turn(key.thread_id, previous.checkpoint_id)
    place = Place(key.thread_id, new, named=True, turn=turn, known=True)
    if bridge.runs.of_thread(key) is None or previous.events is None or previous.checkpoint_id is None:
        return [place, fresh]
    there = await bridge.read(key, checkpoint_id=previous.checkpoint_id)
    if there.interrupts:
        return [place, fresh]  # a question is answered in its own thread
    beside = Place(None, [*conversation(there.messages), *new], known=True)
    return [replace(place, named=False, instead=beside), fresh]


async def _in_conversation(served: Served) -> list[Place]:
    """At the end of the conversation's thread; it begins one where there is none yet."""
    name = str(served.request.conversation)
    new = conversation(served.request.chat.messages)
    return [Place(name, new, named=True, turn=Turn(name, None), known=True), Place(name, new, named=True)]


async def _take_conversation(bridge: Bridge, served: Served) -> None:
    """The conversation is this agent's from now on. Raises `NotStored`, and `InvalidRequest` for another agent's."""
    name, caller = str(served.request.conversation), served.caller
    found = await bridge.conversations.find(name, caller.principal)
    if found is None:
        raise NotStored(f"Conversation with id '{name[:100]}' not found.", param="conversation")
    if found.agent is None:
        await bridge.conversations.take(name, caller.agent)
        served.took = True
    elif found.agent != caller.agent:
        raise InvalidRequest(
            f"The conversation is with '{found.agent}'; one with '{caller.agent}' is another conversation.",
            param="model",
        )
    served.waiting = await bridge.conversations.items(name, waiting=True)
    new = {item["id"] for item in served.waiting}
    given = [item for item in await bridge.conversations.items(name) if item["id"] not in new]
    served.standing = [message for message in messages_of(given, new_id) if message["role"] in INSTRUCTIONS]


async def _begin(bridge: Bridge, served: Served, principal: Principal, found: Found, held: Held) -> Run:
    """Start the run; when it ends, what it was is stored, and the history it makes is remembered."""
    request, caller = served.request, served.caller
    chat = request.chat
    history = request.previous is None and request.conversation is None
    thread_id = found.thread_id or served.run_id
    wanted = found.request(chat, caller, run_id=served.run_id, thread_id=thread_id)
    responses = bridge.responses
    if request.background:
        await responses.add(_stored(served, thread_id))

    async def after(run: Run, ending: list[Event]) -> None:
        now = time.time()
        ending[-1].setdefault("timestamp", int(now * 1000))  # all readers get this very event
        tools = [tool["name"] for tool in chat.tools]
        try:
            events = [*run.journal.stretches(), *ending]
        except JournalOverrun as error:
            events = [{"type": "RUN_ERROR", "message": error.message, "code": error.code}]
        stored = replace(
            _stored(served, thread_id),
            checkpoint_id=run.checkpoint_id or found.at,
            events=events_to_store(events, tools, whole=served.whole),
            completed_at=now,
        )
        if served.keep is not None:
            served.keep(stored)
        if request.background:
            await responses.end(stored)
        elif request.store and responses.over(served.id):
            await responses.add(stored)
        output = response_of(stored)["output"]
        if request.conversation is not None:
            await _append(bridge, served, output)
        if history:
            answers = messages_of(output, str)
            answer = answers[0] if answers else {"id": "", "role": "assistant", "content": ""}
            await remember_answer(
                bridge, chat=chat, caller=caller, found=found, run=run, ending=ending[-1], answer=answer
            )

    try:
        run = await bridge.start(
            wanted,
            events=found.events(wanted),
            disconnect="continue" if request.background else chat.disconnect,
            title=first_words(chat.messages),
            listed=found.named,
            after=after,
            held=held,
            caller=principal,
            asked=await asked_of(chat, caller, found, thread_id) if history else None,
        )
    except BaseException:
        if request.background:  # what did not begin is not stored
            await responses.delete(served.id, caller.principal)
        raise
    if request.store:
        if not request.background:
            responses.begin(_stored(served, thread_id))
        task = asyncio.create_task(_accompany(bridge, served, run))
        _COMPANIONS.add(task)
        task.add_done_callback(_COMPANIONS.discard)
    return run


_COMPANIONS: set[asyncio.Task[None]] = set()
"""A task that nothing refers to may be collected."""


async def _accompany(bridge: Bridge, served: Served, run: Run) -> None:
    """Say now and then that a run in the background goes on: other processes read the same database."""
    responses = bridge.responses
    while not run.over:
        try:
            async with asyncio.timeout(ALIVE if served.request.background else None):
                await run.wait()
        except TimeoutError:
            with suppress(Exception):  # a database that is away now may be back next time
                await responses.touch(served.id)
    responses.over(served.id)  # where it could not be stored


def _stored(served: Served, thread_id: str) -> StoredResponse:
    return StoredResponse(
        id=served.id,
        thread=served.caller.thread(thread_id),
        head=served.head,
        items=served.request.items,
        facts=served.facts(),
        created_at=float(served.head["created_at"]),
        alive_at=time.time(),
    )


async def _append(bridge: Bridge, served: Served, output: Sequence[Item]) -> None:
    """The conversation has had the input and has the answer."""
    name = str(served.request.conversation)
    await bridge.conversations.give(name, [item["id"] for item in served.waiting])
    await bridge.conversations.append(name, [*served.request.items, *output], given=True)


def input_tokens_of(request: ResponsesRequest, before: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What the tokens of a request are counted of: what came before, its messages and its tools."""
    return [*before, *(message.get("content") for message in request.chat.messages), *request.chat.tools]
