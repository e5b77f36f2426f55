"""What a page that opens a thread is told: the thread as stored, and the run that is going, if one is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    told: list[Event] = []
    if thread.interrupts and speaks_v1(protocol_version):
        ending["outcome"] = {"type": "interrupt", "interrupts": thread.interrupts}
    elif thread.interrupts:
        told = announcements(thread.interrupts)
    return [
        {"type": "RUN_STARTED", **named},
        {"type": "MESSAGES_SNAPSHOT", "messages": spoken(thread.messages, protocol_version)},
        {"type": "STATE_SNAPSHOT", "snapshot": thread.state},
        *told,
        ending,
    ]


def before_run(thread: ThreadState, run: Run) -> ThreadState:
    """The thread as it was when a run began, with what its user said; the run's own events tell the rest.

    The checkpoint may already hold what the run has said, perhaps under an id of its own: told twice, it would stand
    twice on the screen.
    """
    told = _told(run.log.after(run.log.first - 1))
    aliases: Mapping[str, str] = getattr(run.translator, "aliases", {})
    messages = [message for message in thread.messages if aliases.get(message["id"], message["id"]) not in told]
    known = {message["id"] for message in messages}
    messages += [message for message in run.request.messages if message["id"] not in known]
    return ThreadState(messages, thread.state, [], thread.checkpoint_id)


def _told(events: Iterable[Event]) -> set[str]:
    """The ids of the messages that these events build."""
    ids = {""}  # an alias that is empty: not to be heard
    for event in events:
        match event["type"]:
            case "TEXT_MESSAGE_START" | "TOOL_CALL_RESULT" | "REASONING_MESSAGE_START":
                ids.add(event["messageId"])
            case "TOOL_CALL_START":
                ids.add(event.get("parentMessageId", ""))
            case _:
                pass
    return ids


def spoken(messages: Sequence[dict[str, Any]], protocol_version: str | None) -> list[dict[str, Any]]:
    """Messages for a client: before AG-UI 1.0 a tool's answer is a string."""
    if speaks_v1(protocol_version):
        return list(messages)
    return [
        message | {"content": plain_content(message["content"])}
        if message["role"] == "tool" and not isinstance(message["content"], str)
        else message
        for message in messages
    ]
