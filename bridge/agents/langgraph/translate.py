"""LangGraph parts -> AG-UI events: `LangGraphToAgui`, the translator of one run. Pure.

Its input is what ``graph.astream(stream_mode=STREAM_MODES, subgraphs=True, version="v2")`` yields; see
``docs/protocols.md`` for the table of parts. One object per run, nothing shared between runs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ag_ui.core import PROTOCOL_VERSION
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage

from bridge.agents.langgraph.custom import CallRules, CustomToAgui
from bridge.agents.langgraph.incoming import as_conversation, as_message
from bridge.agents.langgraph.interrupts import interrupt_to_agui
from bridge.agents.langgraph.jsonable import jsonable
from bridge.agents.langgraph.message_stream import MessagesToAgui
from bridge.agents.langgraph.messages import messages_to_agui
from bridge.agents.langgraph.state import StateView, fields_of
from bridge.agents.langgraph.subagents import Subagent, Subagents
from bridge.errors import run_failure
from bridge.events.event import Event
from bridge.events.interrupts import Interrupt, announcements, pause_to_agui
from bridge.events.lifecycle import OpenEntities
from bridge.events.messages import spoken_content
from bridge.events.versions import speaks_v1

STREAM_MODES = ("messages", "tasks", "values", "custom")
"""The stream modes the translator reads; ``astream_events`` costs several times more and says nothing beyond them."""

_NOT_SHOWN = "bridge:not-shown"
"""The tag under which messages reach `MessagesToAgui` that nobody shall see: a hidden agent's, a middleware's own."""


class LangGraphToAgui:
    """Translates one run.

    ``start() -> [RUN_STARTED]``, ``feed(part) -> events`` for every part, then exactly one of ``finish()``,
    ``fail(exc)`` and ``cancel()``, each of which closes what is open and ends the run. Every prefix of events followed
    by ``fail`` is a legal stream.

    Args:
        thread_id, run_id: those of the request; they stand in RUN_STARTED and RUN_FINISHED.
        protocol_version: the client's ``RunAgentInput.protocolVersion``; ``None`` is a client before 1.0, which hears
            interrupts as ``CUSTOM on_interrupt`` and no outcome, no pending tool calls, no parts in tool results.
        client_tools: names of the tools the client runs itself.
        hidden: nodes and tags that must not be heard.
        state_allow: the state keys that may leave the server; ``None``: all.
        state_keys: the keys of the graph's own state; ``None``: learned from what it yields.
        parent_run_id: RUN_STARTED's ``parentRunId``.
        walled: keys of the graph's own state that its output schema leaves out, where no setting says what may leave:
            a state that a node emits itself may then have keys that the graph's state does not have.
        workers, tool_nodes: as in `bridge.agents.langgraph.subagents.Subagents`.
        earlier: the messages that the client sent; those of earlier subagents stay in the snapshot.
    """

    def __init__(
        self,
        thread_id: str,
        run_id: str,
        *,
        protocol_version: str | None = PROTOCOL_VERSION,
        client_tools: Collection[str] = (),
        hidden: Collection[str] = (),
        state_allow: Collection[str] | None = None,
        state_keys: Collection[str] | None = None,
        parent_run_id: str | None = None,
        aliases: Mapping[str, str] | None = None,
        walled: Collection[str] | None = None,
        workers: Collection[str] = (),
        tool_nodes: Collection[str] = (),
        earlier: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._thread_id = thread_id
        self._run_id = run_id
        self._parent_run_id = parent_run_id
        self._v1 = speaks_v1(protocol_version)
        self._client_tools = frozenset(client_tools)
        self._hidden = frozenset(hidden)
        self._open = OpenEntities()
        self._speech = MessagesToAgui(hidden={*hidden, _NOT_SHOWN}, rich=self._v1)
        self._speech.aliases.update(aliases or {})
        self._state = StateView(allow=state_allow, keys=state_keys)
        allow = state_allow if walled is None else None
        self._custom = CustomToAgui(self._speech, self._state, allow=allow, walled=walled or (), hidden=hidden)
        self._call_rules = CallRules(self._custom.calls)
        self._subagents = Subagents(
            workers=workers, tool_nodes=tool_nodes, hidden=hidden, lifecycle=self._v1, earlier=earlier
        )
        self._steps: dict[str, str] = {}
        self._interrupts: dict[str, Interrupt] = {}
        self._messages: list[BaseMessage] | None = None
        self._nested: dict[tuple[str, ...], list[BaseMessage]] = {}
        self._token_id: str | None = None
        self._result: Any = None
        self._hidden_ran = False
        self._over = False

    @property
    def interrupts(self) -> list[Interrupt]:
        """The interrupts met so far, each once, in order."""
        return list(self._interrupts.values())

    @property
    def aliases(self) -> dict[str, str]:
        """Ids of the checkpoint's messages -> the ids that clients know them by; to keep for as long as the thread.

        Empty for almost every run. An empty string: clients do not know the message, a hidden node wrote it.
        """
        return self._speech.aliases

    def start(self) -> list[Event]:
        """RUN_STARTED."""
        event: Event = {"type": "RUN_STARTED", "threadId": self._thread_id, "runId": self._run_id}
        if self._v1:
            event["protocolVersion"] = PROTOCOL_VERSION
        if self._parent_run_id is not None:
            event["parentRunId"] = self._parent_run_id
        return [event]

    def feed(self, part: Mapping[str, Any]) -> list[Event]:
        """The events one part becomes, in order; often none."""
        data = part["data"]
        if part["type"] == "messages":
            message, metadata = data
            if type(message) is not AIMessageChunk:
                message = as_message(message)
            if message.id == self._token_id:  # the next token of a message of which all was decided
                events = self._speech.feed(message, metadata)
                if len(events) == 1 and events[0]["type"] == "TEXT_MESSAGE_CONTENT":
                    return events
                return self._emit(self._subagents.attribute(self._call_rules.apply(events, metadata), None))
        ns = tuple(part.get("ns") or ())
        subagent: Subagent | None = None
        match part["type"]:
            case "messages":
                subagent = self._subagents.speaking(ns, metadata)
                if self._is_not_shown(message, metadata, subagent):
                    metadata = {**metadata, "tags": [*(metadata.get("tags") or ()), _NOT_SHOWN]}
                events = self._speech.feed(message, metadata)
                if subagent is None and events and events[-1]["type"] == "TEXT_MESSAGE_CONTENT":
                    self._token_id = message.id
                events = self._call_rules.apply(events, metadata)
            case "tasks":
                if "result" not in data:
                    self._subagents.task_started(ns, data)
                subagent = self._subagents.at(ns, data.get("metadata"))
                events = self._task_end(ns, data) if "result" in data else self._task_start(ns, data, subagent)
                events = self._call_rules.apply(events, {})
            case "values":
                self._note_interrupts(part.get("interrupts") or ())
                subagent = self._subagents.at(ns)
                events = [] if subagent and subagent.hidden else self._values(ns, data)
                events = self._call_rules.apply(events, {})
            case "custom":
                subagent = self._subagents.at(ns)
                events = [] if subagent and subagent.hidden else self._custom.feed(data)
            case "paused":  # the bridge's own: ``interrupt_before`` / ``_after`` leave no Interrupt behind
                self._note_pause(data["node"], data["checkpoint_id"])
                events = []
            case _:
                events = []
        events = self._subagents.attribute(events, subagent)
        if part["type"] == "tasks" and "result" in data:
            events = self._with_end_of_subagent(events, ns, data)
        return self._emit(events)

    def _emit(self, events: list[Event]) -> list[Event]:
        for event in events:
            self._open.see(event)
        return events

    def _is_not_shown(self, message: BaseMessage, metadata: Mapping[str, Any], subagent: Subagent | None) -> bool:
        """Whether a message is a hidden agent's, or what middleware wrote for the model: a summary, say."""
        return (
            (subagent is not None and subagent.hidden)
            or metadata.get("lc_source") is not None
            or (bool(self._hidden) and metadata.get("lc_agent_name") in self._hidden)
            or (type(message) is HumanMessage and "lc_source" in message.additional_kwargs)
        )

    def _with_end_of_subagent(self, events: list[Event], ns: tuple[str, ...], task: Mapping[str, Any]) -> list[Event]:
        """The subagent that ran in a task ends before the task's own step does."""
        ending = self._subagents.task_ended(ns, task)
        if ending and events and events[-1]["type"] == "STEP_FINISHED":
            return [*events[:-1], *ending, events[-1]]
        return [*events, *ending]

    def finish(self, paused: Sequence[tuple[str, str]] = ()) -> list[Event]:
        """The graph's stream ended.

        ``paused`` are (node, checkpoint id) of a graph that waits without an interrupt, by ``interrupt_before`` or
        ``interrupt_after``.
        """
        if self._over:
            return []
        self._over = True
        for node, checkpoint_id in paused:
            self._note_pause(node, checkpoint_id)
        events = [*self._settled(), *self._messages_snapshot()]
        if self._result is None:
            self._result = self._subagents.answer()
        ending: Event = {"type": "RUN_FINISHED", "threadId": self._thread_id, "runId": self._run_id}
        if self._result is not None:
            ending["result"] = self._result
        if not self._v1:
            return [*events, *announcements(self.interrupts), ending]
        ending["outcome"] = self._outcome()
        usage = self._speech.usage.entries()
        if usage:
            ending["usage"] = usage
        if self._speech.usage.finish_reason in ("length", "content_filter"):
            ending["metadata"] = {"finishReason": self._speech.usage.finish_reason}
        return [*events, ending]

    def fail(self, exc: BaseException) -> list[Event]:
        """The graph, its model or the bridge failed: close what is open, then RUN_ERROR."""
        if self._over:
            return []
        self._over = True
        failure = run_failure(exc)
        error: Event = {"type": "RUN_ERROR", "message": failure.message, "code": failure.code}
        usage = self._speech.usage.entries()
        if usage and self._v1:
            error["usage"] = usage
        return [*self._open.closing(failure.message), error]

    def cancel(self) -> list[Event]:
        """Somebody stopped the run: close what is open, then RUN_FINISHED (outcome ``cancelled`` from 1.0 on)."""
        if self._over:
            return []
        self._over = True
        ending: Event = {"type": "RUN_FINISHED", "threadId": self._thread_id, "runId": self._run_id}
        if self._v1:
            ending["outcome"] = {"type": "cancelled"}
            usage = self._speech.usage.entries()
            if usage:
                ending["usage"] = usage
        return [*self._open.closing("The run was stopped."), ending]

    # Tasks

    def _task_start(self, ns: tuple[str, ...], task: Mapping[str, Any], subagent: Subagent | None) -> list[Event]:
        name = str(task["name"])
        if subagent is not None and subagent.hidden:
            return []
        if name in self._hidden or name.startswith("__"):
            self._hidden_ran = self._hidden_ran or not ns
            return []
        step = self._step_name(ns, name)
        self._steps[task["id"]] = step
        return [{"type": "STEP_STARTED", "stepName": step}]

    def _step_name(self, ns: tuple[str, ...], name: str) -> str:
        """A name that is not open now: the node's own, else with its path, else counted (``Send``)."""
        opened = set(self._steps.values())
        if name not in opened:
            return name
        path = "/".join([*(step.partition(":")[0] for step in ns), name])
        number, step = 1, path
        while step in opened:
            number += 1
            step = f"{path} #{number}"
        return step

    def _task_end(self, ns: tuple[str, ...], task: Mapping[str, Any]) -> list[Event]:
        self._note_interrupts(task.get("interrupts") or ())
        own = (*ns, f"{task['name']}:{task['id']}")
        events = self._speech.settle(_returned(task.get("result")))
        events += self._speech.end_of_task("|".join(own))
        if not task.get("interrupts"):
            self._state.closed(own)
            for path in [path for path in self._nested if path[: len(own)] == own]:
                del self._nested[path]
        step = self._steps.pop(task["id"], None)
        if step is not None:
            events.append({"type": "STEP_FINISHED", "stepName": step})
        return events

    def _note_interrupts(self, items: Sequence[Any]) -> None:
        """At every level the same interrupt is reported: once is enough, by its id."""
        for item in items:
            said = interrupt_to_agui(item)
            self._interrupts.setdefault(said["id"], said)

    def _note_pause(self, node: str, checkpoint_id: str) -> None:
        pause = pause_to_agui(node, checkpoint_id)
        self._interrupts[pause["id"]] = pause

    # State

    def _values(self, ns: tuple[str, ...], data: Any) -> list[Event]:
        fields = fields_of(data)
        if fields is None:
            if not ns:
                self._result = jsonable(data)
            return []
        events: list[Event] = []
        said = fields.get("messages")
        messages = as_conversation(said)
        if messages is not None:
            if ns:
                if ns not in self._nested:
                    self._speech.remember(messages)  # what it starts with; after an interrupt, what it said before
                self._nested[ns] = [] if self._subagents.at(ns) else messages  # a subagent's are kept by `Subagents`
            else:
                if self._messages is None:
                    self._speech.remember(messages)
                else:
                    events = self._speech.catch_up(_added(self._messages, messages), heard=not self._hidden_ran)
                self._messages = messages
                self._hidden_ran = False
        return events + (self._state.nested(ns, fields) if ns else self._state.top(fields))

    def _messages_snapshot(self) -> list[Event]:
        """The conversation with its durable ids; after an interrupt with what the paused subgraphs have said so far."""
        if self._messages is None:
            return []
        messages = list(self._messages)
        if self._interrupts:
            held = {message.id for message in messages}
            for path in sorted(self._nested, key=len):
                messages += [message for message in self._nested[path] if message.id not in held]
                held |= {message.id for message in messages}
        self._speech.leave_out(messages)
        shown = self._subagents.merge(snapshot(messages, self.aliases, rich=self._v1))
        return [{"type": "MESSAGES_SNAPSHOT", "messages": shown}]

    # Ends

    def _settled(self) -> list[Event]:
        """Close what is open at a good end; what the last state holds of unfinished calls is filled in first."""
        events = self._speech.settle(self._messages or ())
        events += self._speech.end_of_task(None)
        events = self._emit(self._subagents.attribute(self._call_rules.apply(events, {}), None))
        return [*events, *self._open.closing()]

    def _pending(self) -> list[str]:
        """Client tool calls that wait for the application, also those of the run that an interrupt ended."""
        told = [
            call_id
            for call_id, name in self._speech.calls.items()
            if name in self._client_tools and call_id not in self._speech.answered
        ]
        return list(dict.fromkeys([*unanswered(self._messages or (), self._client_tools), *told]))

    def _outcome(self) -> dict[str, Any]:
        if self._interrupts:
            return {"type": "interrupt", "interrupts": self.interrupts}
        pending = self._pending()
        return {"type": "success", "pendingToolCallIds": pending} if pending else {"type": "success"}


def unanswered(messages: Sequence[BaseMessage], tools: Collection[str]) -> list[str]:
    """The ids of calls of these tools since the last user message that nobody has answered yet, oldest first."""
    calls: list[str] = []
    answered: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage):
            answered.add(message.tool_call_id)
        elif isinstance(message, AIMessage):
            calls[:0] = [str(call["id"]) for call in message.tool_calls if call["name"] in tools]
    return [call_id for call_id in calls if call_id not in answered]


def snapshot(
    messages: Sequence[BaseMessage], aliases: Mapping[str, str] | None = None, *, rich: bool = True
) -> list[dict[str, Any]]:
    """A conversation for MESSAGES_SNAPSHOT, under the ids that clients know (`LangGraphToAgui.aliases`).

    ``rich``: tool results may be parts. What is no conversation gives none.
    """
    messages = as_conversation(list(messages)) or []
    if aliases:
        held = {message.id for message in messages}  # two messages never share an id, whatever the aliases say
        messages = [
            message.model_copy(update={"id": aliases[str(message.id)]})
            if aliases.get(str(message.id), message.id) not in held
            else message
            for message in messages
            if aliases.get(str(message.id)) != ""
        ]
    said = messages_to_agui(messages)
    for message in said:
        if not rich and message["role"] == "tool" and not isinstance(message["content"], str):
            message["content"] = spoken_content(message["content"])
    return said


def _added(before: Sequence[BaseMessage], after: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """What joined a conversation; all of it where more happened: a long one is not gone through at every step."""
    count = len(before)
    if count and len(after) >= count and after[count - 1].id == before[-1].id:
        return after[count:]
    return after


def _returned(result: Any) -> list[BaseMessage]:
    """The messages in what a task returned: a state update, or several, or a message."""
    if isinstance(result, Mapping):
        result = [item for value in result.values() for item in (value if isinstance(value, list) else [value])]
    if not isinstance(result, Sequence) or isinstance(result, str | bytes):
        result = [result]
    return [message for item in result for message in as_conversation([item]) or ()]
