"""LangGraph parts -> AG-UI events: `LangGraphToAgui`, the translator of one run. Pure.

Its input is what ``graph.astream(stream_mode=STREAM_MODES, subgraphs=True, version="v2")`` yields; see
``docs/protocols.md`` for the table of parts. One object per run, nothing shared between runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ag_ui.core import PROTOCOL_VERSION
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage

from bridge.agents.langgraph.call_ids import distinct_calls
from bridge.agents.langgraph.callbacks import ToolFinished
from bridge.agents.langgraph.custom import CallRules, CustomToAgui
from bridge.agents.langgraph.ends import BROKEN_OFF
from bridge.agents.langgraph.incoming import as_conversation, as_message
from bridge.agents.langgraph.interrupts import Met
from bridge.agents.langgraph.jsonable import jsonable
from bridge.agents.langgraph.message_stream import MessagesToAgui
from bridge.agents.langgraph.messages import message_text, messages_to_agui
from bridge.agents.langgraph.paths import Paths
from bridge.agents.langgraph.state import StateView, fields_of
from bridge.agents.langgraph.steps import Steps
from bridge.agents.langgraph.subagents import Subagent, Subagents
from bridge.errors import BridgeError, UpstreamFailure, UpstreamRateLimited
from bridge.events.event import Event
from bridge.events.interrupts import Interrupt, announcements
from bridge.events.lifecycle import OpenEntities
from bridge.events.messages import plain_content
from bridge.events.versions import speaks_v1
from bridge.failures import run_failure
from bridge.json import JSONDecodeError, loads

STREAM_MODES = ("messages", "tasks", "values", "custom")
"""The stream modes the translator reads; ``astream_events`` costs several times more and adds nothing."""

_STRUCTURED = "structured_response"
"""The state key in which ``create_agent`` keeps what ``response_format`` asks for."""

_NOT_SHOWN = "bridge:not-shown"
"""The tag under which messages reach `MessagesToAgui` that nobody shall see: a hidden agent's, a middleware's own."""


class LangGraphToAgui:
    """Translates one run.

    ``start() -> [RUN_STARTED]``, ``feed(part) -> events`` for every part, then exactly one of ``finish()``,
    ``fail(exc)`` and ``cancel()``, each of which closes what is open and ends the run. Every prefix of events followed
    by ``fail`` is a legal stream.

    Args:
        thread_id, run_id: those of the request; they stand in RUN_STARTED and RUN_FINISHED.
        protocol_version: the client's ``RunAgentInput.protocolVersion``; ``None`` is a client before 1.0, which gets
            interrupts as ``CUSTOM on_interrupt`` and no outcome, no pending tool calls, no parts in tool results.
        client_tools: names of the tools the client runs itself.
        hidden: nodes and tags whose messages are not emitted.
        state_allow: the state keys that may leave the server; ``None``: all.
        state_keys: the keys of the graph's own state; ``None``: learned from what it yields.
        parent_run_id: RUN_STARTED's ``parentRunId``.
        walled: keys of the graph's own state that its output schema leaves out, where no setting says what may leave:
            a state that a node emits itself may then have keys that the graph's state does not have.
        workers, tool_nodes: as in `bridge.agents.langgraph.subagents.Subagents`.
        earlier: the messages that the client sent; those of earlier subagents stay in the snapshot.
        clock: seconds since the epoch, for the ``timestamp`` of steps; ``None``: they have none.
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
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._thread_id = thread_id
        self._run_id = run_id
        self._parent_run_id = parent_run_id
        self._v1 = speaks_v1(protocol_version)
        self._client_tools = frozenset(client_tools)
        self._hidden = frozenset(hidden)
        self._open = OpenEntities()
        self._stream = MessagesToAgui(hidden={*hidden, _NOT_SHOWN}, rich=self._v1)
        self._stream.aliases.update(aliases or {})
        self._state = StateView(allow=state_allow, keys=state_keys)
        self._output_keys = state_keys
        self._steps = Steps(placed=self._v1, clock=clock)
        self._interrupts = Met()
        self._messages: list[BaseMessage] | None = None
        self._nested: Paths[list[BaseMessage]] = Paths()
        allow = state_allow if walled is None else None
        self._custom = CustomToAgui(self._stream, self._state, allow=allow, walled=walled or (), hidden=hidden)
        self._call_rules = CallRules(self._custom.calls)
        self._ends = self._stream.usage.ends
        self._subagents = Subagents(
            workers=workers, tool_nodes=tool_nodes, hidden=hidden, lifecycle=self._v1, earlier=earlier
        )
        self._token_id: str | None = None
        self._result: Any = None
        self._structured: Any = None
        self._fields: dict[str, Any] = {}
        self._has_history = False
        self._hidden_ran = False
        self._over = False

    @property
    def interrupts(self) -> list[Interrupt]:
        """The interrupts met so far, each once, in the order of the stored thread."""
        return self._interrupts.in_order()

    @property
    def aliases(self) -> dict[str, str]:
        """Ids of the checkpoint's messages -> the ids that clients know them by; to keep for as long as the thread.

        Empty for almost every run. An empty string: clients do not know the message, a hidden node wrote it.
        """
        return self._stream.aliases

    def start(self) -> list[Event]:
        """One RUN_STARTED, with the protocol's version for clients from 1.0."""
        event: Event = {"type": "RUN_STARTED", "threadId": self._thread_id, "runId": self._run_id}
        if self._v1:
            event["protocolVersion"] = PROTOCOL_VERSION
        if self._parent_run_id is not None:
            event["parentRunId"] = self._parent_run_id
        return [event]

    def feed(self, part: Mapping[str, Any]) -> list[Event]:
        """The events one part becomes, in order; often none. Raises `UpstreamFailure` as `Ends.step` does."""
        data = part["data"]
        if part["type"] == "messages":
            message, metadata = data
            if type(message) is not AIMessageChunk:
                message = as_message(message)
            if message.id == self._token_id:  # the next token of a message of which all was decided
                token = self._stream.token(message)
                if token is not None:
                    return [token]
                return self._rest_of_message(message, metadata)
        ns = tuple(part.get("ns") or ())
        subagent: Subagent | None = None
        match part["type"]:
            case "messages":
                subagent = self._subagents.of_message(ns, metadata)
                if self._is_not_shown(message, metadata, subagent):
                    metadata = {**metadata, "tags": [*(metadata.get("tags") or ()), _NOT_SHOWN]}
                events = self._stream.feed(message, metadata)
                if subagent is None and events and events[-1]["type"] == "TEXT_MESSAGE_CONTENT":
                    self._token_id = message.id
                events = self._call_rules.apply(events, metadata)
            case "tasks":
                if not ns and "result" in data:
                    self._note_structured(data["result"])
                if "result" not in data:
                    self._subagents.task_started(ns, data)
                subagent = self._subagents.at(ns, data.get("metadata"))
                events = self._task_end(ns, data) if "result" in data else self._task_start(ns, data, subagent)
                events = self._call_rules.apply(events, {})
            case "values":
                self._interrupts.see(part.get("interrupts") or ())
                subagent = self._subagents.at(ns)
                events = [] if subagent and subagent.hidden else self._values(ns, data)
                events = self._call_rules.apply(events, {})
            case "custom":
                subagent = self._subagents.at(ns)
                events = [] if subagent and subagent.hidden else self._custom_part(data)
            case "failed":  # the bridge's own (`Progress`)
                events = self._stream.attempt_failed(data)
            case "history":  # the bridge's own, of an entrypoint (`Entrypoint`)
                self._stream.remember(data, calls=True)
                self._has_history = True
                events = []
            case "paused":  # the bridge's own: ``interrupt_before`` / ``_after`` leave no Interrupt behind
                self._interrupts.pause(data["node"], data["checkpoint_id"])
                events = []
            case _:
                events = []
        events = self._subagents.attribute(events, subagent)
        if part["type"] == "tasks" and "result" in data:
            events = self._with_end_of_subagent(events, ns, data)
        return self._emit(events)

    def _rest_of_message(self, message: BaseMessage, metadata: Mapping[str, Any]) -> list[Event]:
        events = self._call_rules.apply(self._stream.feed(message, metadata), metadata)
        return self._emit(self._subagents.attribute(events, None))

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
            self._interrupts.pause(node, checkpoint_id)
        events = self._settled()
        result = self._answer()
        if result is None:
            result = self._subagents.answer()
        elif isinstance(result, str) and result and not self._stream.text_emitted:
            events += self._as_message(result)
        events += self._messages_snapshot()
        if self._ends.broken and not self._interrupts:
            return [*events, self._error(UpstreamFailure(BROKEN_OFF))]
        ending: Event = {"type": "RUN_FINISHED", "threadId": self._thread_id, "runId": self._run_id}
        if result is not None:
            ending["result"] = result
        if not self._v1:
            return [*events, *announcements(self.interrupts), ending]
        ending["outcome"] = self._outcome()
        usage = self._stream.usage.entries()
        if usage:
            ending["usage"] = usage
        metadata: dict[str, Any] = {}
        if self._ends.finish_reason in ("length", "content_filter"):
            metadata["finishReason"] = self._ends.finish_reason
        if self._structured is not None:
            metadata["structuredResponse"] = True
        if metadata:
            ending["metadata"] = metadata
        return [*events, ending]

    def fail(self, exc: BaseException) -> list[Event]:
        """The graph, its model or the bridge failed: close what is open, then RUN_ERROR."""
        if self._over:
            return []
        self._over = True
        failure = run_failure(exc)
        # a page from before 1.0 closed its dialog when this run began
        still = [] if self._v1 else announcements(failure.interrupts)
        return [*self._open.closing(failure.message), *still, self._error(failure)]

    def _error(self, failure: BridgeError) -> Event:
        error: Event = {"type": "RUN_ERROR", "message": failure.message, "code": failure.code}
        if isinstance(failure, UpstreamRateLimited):
            error["metadata"] = {"retryAfter": failure.retry_after}
        usage = self._stream.usage.entries()
        if usage and self._v1:
            error["usage"] = usage
        return error

    def cancel(self) -> list[Event]:
        """Somebody stopped the run: close what is open, then RUN_FINISHED (outcome ``cancelled`` from 1.0 on)."""
        if self._over:
            return []
        self._over = True
        ending: Event = {"type": "RUN_FINISHED", "threadId": self._thread_id, "runId": self._run_id}
        if self._v1:
            ending["outcome"] = {"type": "cancelled"}
            usage = self._stream.usage.entries()
            if usage:
                ending["usage"] = usage
        return [*self._open.closing("The run was stopped."), ending]

    def _custom_part(self, data: Any) -> list[Event]:
        """What a node wrote, or the bridge's own callbacks."""
        if isinstance(data, ToolFinished):
            return self._stream.early_result(data.message, data.metadata)
        return self._custom.feed(data)

    # Tasks

    def _task_start(self, ns: tuple[str, ...], task: Mapping[str, Any], subagent: Subagent | None) -> list[Event]:
        name = str(task["name"])
        self._ends.step(top=not ns)
        if not ns:
            self._interrupts.task_started(task["id"])
        if subagent is not None and subagent.hidden:
            return []
        if name in self._hidden or name.startswith("__"):
            self._hidden_ran = self._hidden_ran or not ns
            return []
        return [self._steps.started(ns, task)]

    def _task_end(self, ns: tuple[str, ...], task: Mapping[str, Any]) -> list[Event]:
        waiting = task.get("interrupts") or ()
        if ns:
            self._interrupts.see(waiting)
        else:
            self._interrupts.task_ended(task["id"], waiting)
        own = (*ns, f"{task['name']}:{task['id']}")
        events = self._stream.end_of_task(own, _returned(task.get("result")))
        if not waiting:
            self._state.closed(own)
            self._nested.remove_under(own)
        step = self._steps.finished(ns, task)
        return events if step is None else [*events, step]

    # State

    def _values(self, ns: tuple[str, ...], data: Any) -> list[Event]:
        fields = None if isinstance(data, BaseMessage) else fields_of(data)
        if fields is None:
            if not ns:
                self._result = jsonable(data)
            return []
        self._fields = self._fields if ns else fields
        events: list[Event] = []
        messages = as_conversation(fields.get("messages"))
        if messages is not None:
            if ns:
                before = self._nested.get(ns)
                if before is None:
                    self._stream.remember(messages)  # what it starts with; after an interrupt, what it emitted before
                self._stream.stored(ns, _added(before or (), messages))
                # a subagent's are kept by `Subagents`
                self._nested.set(ns, [] if self._subagents.at(ns) else messages)
            else:
                if self._messages is None and not self._has_history:
                    self._stream.remember(messages, calls=True)
                else:
                    added = _added(self._messages or (), messages)
                    self._stream.stored((), added)
                    events = self._stream.catch_up(added, shown=not self._hidden_ran)
                self._messages = messages
                self._hidden_ran = False
        return events + (self._state.nested(ns, fields) if ns else self._state.top(fields))

    def _messages_snapshot(self) -> list[Event]:
        """The conversation with its durable ids; after an interrupt with the paused subgraphs' messages so far."""
        if self._messages is None:
            return []
        messages = list(self._messages)
        if self._interrupts:
            held = {message.id for message in messages}
            for nested in self._nested.outermost_first():
                added = [message for message in nested if message.id not in held]
                messages += added
                held |= {message.id for message in added}
        self._stream.leave_out(messages)
        shown = self._subagents.merge(snapshot(messages, self.aliases, rich=self._v1))
        return [{"type": "MESSAGES_SNAPSHOT", "messages": shown}]

    # Results

    def _note_structured(self, result: Any) -> None:
        """``create_agent(response_format=…)``: the answer is a value of its own, and its messages may have no text."""
        updates = result if isinstance(result, Sequence) and not isinstance(result, str) else [result]
        for update in updates:
            value = update.get(_STRUCTURED) if isinstance(update, Mapping) else None
            if value is not None and self._state.allows(_STRUCTURED):
                self._structured = jsonable(value)

    def _answer(self) -> Any:
        """What the graph returns beside its messages, as JSON; ``None`` where the messages are the answer."""
        if self._interrupts:
            return None
        if self._structured is not None:
            if self._ends_in_json():
                self._structured = None
            return self._structured
        silent = self._messages is None or (self._output_keys is not None and "messages" not in self._output_keys)
        if self._result is None and silent and self._fields and not self._stream.text_emitted:
            keys = self._output_keys
            return {key: value for key, value in self._state.shown.items() if keys is None or key in keys} or None
        return self._result

    def _ends_in_json(self) -> bool:
        """Whether the last message is the structured answer, as where the provider itself made it by the schema."""
        last = self._messages[-1] if self._messages else None
        try:
            return isinstance(last, AIMessage) and isinstance(loads(message_text(last)), dict | list)
        except JSONDecodeError:
            return False

    def _as_message(self, text: str) -> list[Event]:
        message = {"messageId": f"{self._run_id}:result"}
        return [
            {"type": "TEXT_MESSAGE_START", **message, "role": "assistant"},
            {"type": "TEXT_MESSAGE_CONTENT", **message, "delta": text},
            {"type": "TEXT_MESSAGE_END", **message},
        ]

    # Ends

    def _settled(self) -> list[Event]:
        """Close what is open at a good end; what the last state holds of unfinished calls is filled in first."""
        events = self._stream.end_of_task(None, self._messages or ())
        events = self._emit(self._subagents.attribute(self._call_rules.apply(events, {}), None))
        return [*events, *self._open.closing()]

    def _pending(self) -> list[str]:
        """Client tool calls that wait for the application, also those of the run that an interrupt ended."""
        ids = self._stream.call_ids
        emitted = [
            call_id for call_id, name in ids.names.items() if name in self._client_tools and call_id not in ids.answered
        ]
        messages = distinct_calls(_renamed(self._messages or (), self.aliases))
        return list(dict.fromkeys([*unanswered(messages, self._client_tools), *emitted]))

    def _outcome(self) -> dict[str, Any]:
        if self._interrupts:
            return {"type": "interrupt", "interrupts": self.interrupts}
        pending = self._pending()
        return {"type": "success", "pendingToolCallIds": pending} if pending else {"type": "success"}


def unanswered(messages: Sequence[BaseMessage], tools: Collection[str]) -> list[str]:
    """The ids of calls of these tools since the last user message that nobody has answered yet, oldest first."""
    calls: list[str] = []
    answered: list[str] = []
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage):
            answered.append(message.tool_call_id)
        elif isinstance(message, AIMessage):
            open_calls: list[str] = []
            for call in message.tool_calls:
                if call["id"] in answered:
                    answered.remove(call["id"])  # an id may repeat: an answer is for one call
                elif call["name"] in tools:
                    open_calls.append(str(call["id"]))
            calls[:0] = open_calls
    return calls


def snapshot(
    messages: Sequence[BaseMessage], aliases: Mapping[str, str] | None = None, *, rich: bool = True
) -> list[dict[str, Any]]:
    """A conversation for MESSAGES_SNAPSHOT, under the ids that clients know (`LangGraphToAgui.aliases`).

    ``rich``: tool results may be parts. What is no conversation gives none.
    """
    conversation = messages_to_agui(distinct_calls(_renamed(as_conversation(list(messages)) or [], aliases or {})))
    for message in conversation:
        if not rich and message["role"] == "tool" and not isinstance(message["content"], str):
            message["content"] = plain_content(message["content"])
    return conversation


def _renamed(messages: Sequence[BaseMessage], aliases: Mapping[str, str]) -> Sequence[BaseMessage]:
    """The messages under the ids that clients know, without those that clients do not know."""
    if not aliases:
        return messages
    held = {message.id for message in messages}  # two messages never share an id, whatever the aliases say
    return [
        message.model_copy(update={"id": aliases[str(message.id)]})
        if aliases.get(str(message.id), message.id) not in held
        else message
        for message in messages
        if aliases.get(str(message.id)) != ""
    ]


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
