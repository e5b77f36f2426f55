"""What a page that opens a thread is sent: the thread as stored, and the run that is going, if one is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bridge.agents.base import ThreadState
from bridge.events.event import Event
from bridge.events.interrupts import announcements
from bridge.events.messages import plain_content
from bridge.events.versions import speaks_v1
from bridge.runs.run import Run


def stored(thread: ThreadState, thread_id: str, run_id: str, protocol_version: str | None) -> list[Event]:
    """A thread as a run of its own: messages, state, and the interrupts that wait for an answer.

    No RUN_ERROR is replayed: it would show an old error again.
    """
    named = {"threadId": thread_id, "runId": run_id}
    ending: Event = {"type": "RUN_FINISHED", **named}
    announced: list[Event] = []
    if thread.interrupts and speaks_v1(protocol_version):
        ending["outcome"] = {"type": "interrupt", "interrupts": thread.interrupts}
    elif thread.interrupts:
        announced = announcements(thread.interrupts)
    return [
        {"type": "RUN_STARTED", **named},
        {"type": "MESSAGES_SNAPSHOT", "messages": messages_for(thread.messages, protocol_version)},
        {"type": "STATE_SNAPSHOT", "snapshot": thread.state},
        *announced,
        ending,
    ]


def before_run(thread: ThreadState, run: Run) -> ThreadState:
    """The thread as it was when a run began, with what its user sent; the run's own events are the rest.

    The checkpoint may already hold messages of the run, perhaps under an id of its own: sent twice, they would stand
    twice on the screen.
    """
    built = _built(run.journal.whole() if run.journal.first == 1 else run.journal.after(run.journal.first - 1))
    aliases = run.aliases
    messages = [message for message in thread.messages if aliases.get(message["id"], message["id"]) not in built]
    known = {message["id"] for message in messages}
    messages += [message for message in run.request.messages if message["id"] not in known]
    return ThreadState(messages, thread.state, [], thread.checkpoint_id)


def _built(events: Iterable[Event]) -> set[str]:
    """The ids of the messages that these events build."""
    ids = {""}  # an alias that is empty: a message that clients do not know
    for event in events:
        match event["type"]:
            case "TEXT_MESSAGE_START" | "TOOL_CALL_RESULT" | "REASONING_MESSAGE_START":
                ids.add(event["messageId"])
            case "TOOL_CALL_START":
                ids.add(event.get("parentMessageId", ""))
            case _:
                pass
    return ids


def messages_for(messages: Sequence[dict[str, Any]], protocol_version: str | None) -> list[dict[str, Any]]:
    """Messages for a client: before AG-UI 1.0 a tool's answer is a string."""
    if speaks_v1(protocol_version):
        return list(messages)
    return [
        message | {"content": plain_content(message["content"])}
        if message["role"] == "tool" and not isinstance(message["content"], str)
        else message
        for message in messages
    ]
