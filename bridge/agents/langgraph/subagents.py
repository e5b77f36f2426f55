"""Whose work an event is: the graph's own, or a subagent's. Pure.

A subagent is a graph that runs inside a tool call (deepagents' ``task``, an agent as a tool), or a supervisor's worker:
a named agent in a node whose work goes back to another node, and never to the end. What it emits carries its
``subagentRunId``, between SUBAGENT_STARTED and SUBAGENT_FINISHED where the client knows these events. The checkpoint
does not hold it, so its messages are kept here and put into the snapshot, where they were shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage

from bridge.agents.langgraph.state import fields_of
from bridge.events.event import Event
from bridge.events.messages import Message

Path = tuple[str, ...]
"""``node:task id`` for each graph, outermost first, as in a part's ``ns``."""

_ATTRIBUTED = ("TEXT_MESSAGE_", "REASONING_", "TOOL_CALL_", "STEP_", "ACTIVITY_")


@dataclass(slots=True)
class Subagent:
    """One invocation of a subagent. Its id is the path segment of the task it runs in."""

    id: str
    name: str
    parent: Subagent | None = None
    call_id: str | None = None
    description: str | None = None
    hidden: bool = False
    open: bool = False


@dataclass(slots=True)
class _Kept:
    """A subagent's message, and after how many messages of the graph's own it was shown."""

    message: Message
    after: int
    text: list[str] = field(default_factory=list)


class Subagents:
    """The subagents of one run.

    Args:
        workers: nodes whose agents are a supervisor's workers (`bridge.agents.langgraph.nodes`).
        tool_nodes: nodes that execute all the calls of a message at once, so that their input does not name the call.
        hidden: agents' names (``lc_agent_name``), nodes and tags of which nothing is shown.
        lifecycle: whether the client knows SUBAGENT_* events.
        earlier: the messages that the client sent, with those of earlier runs' subagents.
    """

    def __init__(
        self,
        *,
        workers: Collection[str] = (),
        tool_nodes: Collection[str] = (),
        hidden: Collection[str] = (),
        lifecycle: bool = True,
        earlier: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._workers = frozenset(workers)
        self._tool_nodes = frozenset(tool_nodes)
        self._hidden = frozenset(hidden)
        self._lifecycle = lifecycle
        self._calls: dict[str, Mapping[str, Any] | None] = {}
        self._by_segment: dict[str, Subagent] = {}
        self._by_path: dict[Path, Subagent | None] = {}
        self._handed_to: set[str] = set()
        self._owners: dict[str, str] = {}
        self._call_messages: dict[str, str] = {}
        self._shown: list[str] = []
        self._kept: dict[str, _Kept] = {}
        self._earlier = _earlier(earlier)
        self._plain_text = False

    # Who

    def task_started(self, path: Path, task: Mapping[str, Any]) -> None:
        """A task begins in the graph at this path; note the tool calls it executes."""
        name = str(task["name"])
        calls = _calls_in(task.get("input"), state=name in self._tool_nodes)
        if calls is not None:
            self._calls[f"{name}:{task['id']}"] = calls

    def at(self, path: Path, metadata: Mapping[str, Any] | None = None) -> Subagent | None:
        """The subagent that works in the graph at this path."""
        if not path or not (self._calls or self._workers):
            return None
        if path in self._by_path:
            return self._by_path[path]
        found: Subagent | None = None
        agent_name = (metadata or {}).get("lc_agent_name")
        for index, segment in enumerate(path):
            if segment in self._calls or (index == 0 and self._is_worker(segment, agent_name)):
                found = self._by_segment.get(segment) or self._made(segment, found, agent_name)
        if metadata is not None or found is not None:
            self._by_path[path] = found
        return found

    def of_message(self, path: Path, metadata: Mapping[str, Any]) -> Subagent | None:
        """The subagent whose message a part of this path and metadata is."""
        found = self.at(path, metadata)
        if found is not None or path or not self._by_segment:
            return found
        # what a worker's node adds itself (``Transferring back to supervisor``) is the worker's
        node = str(metadata.get("langgraph_checkpoint_ns") or "").partition("|")[0]
        subagent = self._by_segment.get(node)
        return subagent if subagent is not None and node not in self._calls else None

    def _is_worker(self, segment: str, agent_name: Any) -> bool:
        node = segment.partition(":")[0]
        return node in self._workers and (bool(agent_name) or node in self._handed_to)

    def _made(self, segment: str, parent: Subagent | None, agent_name: Any) -> Subagent:
        call = self._calls.get(segment) or {}
        arguments = call.get("args") if isinstance(call.get("args"), Mapping) else {}
        named = (arguments or {}).get("subagent_type") or agent_name or call.get("name") or segment.partition(":")[0]
        description = (arguments or {}).get("description")
        made = Subagent(
            id=segment,
            name=str(named),
            parent=parent,
            call_id=str(call["id"]) if call.get("id") else None,
            description=description if isinstance(description, str) else None,
        )
        names = {made.name, agent_name, segment.partition(":")[0]}
        made.hidden = not self._hidden.isdisjoint(names) or (parent is not None and parent.hidden)
        self._by_segment[segment] = made
        return made

    # What

    def attribute(self, events: list[Event], subagent: Subagent | None) -> list[Event]:
        """The events of one part, attributed; ``subagent``: whose part it was, ``None`` for the graph's own."""
        attributed: list[Event] = []
        for event in events:
            owner = self._owner(event, subagent)
            if owner is None:
                self._see(event)
                attributed.append(event)
                continue
            stamped = event | {"subagentRunId": owner}
            attributed += self._start(self._by_segment[owner])
            attributed.append(stamped)
            self._keep(stamped)
        return attributed

    def _owner(self, event: Event, subagent: Subagent | None) -> str | None:
        kind = str(event["type"])
        if not kind.startswith(_ATTRIBUTED):
            return None
        name = _entity(event)
        mine = "" if subagent is None else subagent.id
        if kind == "TOOL_CALL_RESULT":
            return self._owners.get(event["toolCallId"], mine) or None
        if name is None:
            return mine or None
        return self._owners.setdefault(name, mine) or None

    def _start(self, subagent: Subagent) -> list[Event]:
        if subagent.open or not self._lifecycle:
            return []
        subagent.open = True
        event: Event = {"type": "SUBAGENT_STARTED", "subagentRunId": subagent.id, "name": subagent.name}
        if subagent.description is not None:
            event["description"] = subagent.description
        before: list[Event] = []
        if subagent.parent is not None:
            before = self._start(subagent.parent)
            event["parentSubagentRunId"] = subagent.parent.id
        if subagent.call_id is not None:
            event["parentToolCallId"] = subagent.call_id
            if subagent.call_id in self._call_messages:
                event["parentMessageId"] = self._call_messages[subagent.call_id]
        return [*before, event]

    def task_ended(self, path: Path, task: Mapping[str, Any]) -> list[Event]:
        """A task of the graph at this path ended; the end of the subagent that ran in it, where one was shown."""
        segment = f"{task['name']}:{task['id']}"
        subagent = self._by_segment.get(segment)
        if subagent is None or not subagent.open:
            return []
        subagent.open = False
        if task.get("error"):
            return [{"type": "SUBAGENT_ERROR", "subagentRunId": segment, "message": "The subagent failed."}]
        ending: Event = {"type": "SUBAGENT_FINISHED", "subagentRunId": segment}
        waiting = [str(_id_of(item)) for item in task.get("interrupts") or ()]
        if waiting:
            ending["outcome"] = {"type": "suspended", "interruptIds": waiting}
        return [ending]

    # What stays on the screen

    def _see(self, event: Event) -> None:
        """An event of the graph's own: which messages of it are on the screen."""
        match event["type"]:
            case "TEXT_MESSAGE_START":
                self._plain_text = self._plain_text or event.get("role", "assistant") == "assistant"
                self._add_shown(event["messageId"])
            case "TOOL_CALL_START":
                self._call_messages[event["toolCallId"]] = event.get("parentMessageId", "")
                self._add_shown(event.get("parentMessageId"))
                if event["toolCallName"].startswith("transfer_to_"):
                    self._handed_to.add(event["toolCallName"].removeprefix("transfer_to_"))
            case "TOOL_CALL_RESULT":
                self._add_shown(event["messageId"])

    def _add_shown(self, message_id: str | None) -> None:
        if message_id and (not self._shown or self._shown[-1] != message_id):
            self._shown.append(message_id)

    def _keep(self, event: Event) -> None:
        match event["type"]:
            case "TEXT_MESSAGE_START" | "REASONING_MESSAGE_START":
                self._entry(event, event["messageId"], str(event.get("role") or "assistant"))
            case "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT":
                self._kept[event["messageId"]].text.append(event["delta"])
            case "TOOL_CALL_START":
                self._call_messages[event["toolCallId"]] = event.get("parentMessageId", "")
                message_id = event.get("parentMessageId") or event["toolCallId"]
                entry = self._entry(event, message_id, "assistant")
                function = {"name": event["toolCallName"], "arguments": ""}
                call = {"id": event["toolCallId"], "type": "function", "function": function}
                entry.message.setdefault("toolCalls", []).append(call)
            case "TOOL_CALL_ARGS":
                for call in self._calls_of(event["toolCallId"]):
                    call["function"]["arguments"] += event["delta"]
            case "TOOL_CALL_RESULT":
                entry = self._entry(event, event["messageId"], "tool")
                entry.message |= {"toolCallId": event["toolCallId"], "content": event["content"]}

    def _entry(self, event: Event, message_id: str, role: str) -> _Kept:
        if message_id not in self._kept:
            message: Message = {"id": message_id, "role": role, "subagentRunId": event["subagentRunId"]}
            self._kept[message_id] = _Kept(message, len(self._shown))
        return self._kept[message_id]

    def _calls_of(self, call_id: str) -> list[Any]:
        entry = self._kept.get(self._call_messages.get(call_id) or call_id)
        return [] if entry is None else [call for call in entry.message.get("toolCalls", ()) if call["id"] == call_id]

    def merge(self, messages: list[Message]) -> list[Message]:
        """A snapshot of the conversation with the subagents' messages where they were shown."""
        kept = [(_message(entry), self._shown[: entry.after]) for entry in self._kept.values()]
        if not kept and not self._earlier:
            return messages
        held = {message["id"]: index for index, message in enumerate(messages)}
        added: dict[int, list[Message]] = {}
        for message, before in [*self._earlier, *kept]:
            index = held.get(message["id"])
            if index is not None:
                messages[index] = messages[index] | {"subagentRunId": message["subagentRunId"]}
                continue
            place = next((held[name] for name in reversed(before) if name in held), None)
            if place is None:
                place = self._place_of(message["subagentRunId"], messages, held)
            added.setdefault(place, []).append(message)
        merged = added.get(-1, [])
        for index, message in enumerate(messages):
            merged += [message, *added.get(index, ())]
        return merged

    def _place_of(self, run_id: str, messages: list[Message], held: Mapping[str, int]) -> int:
        """After which message a subagent's work stands that began before this run did (it had waited for a person)."""
        subagent = self._by_segment.get(run_id)
        call_id = None if subagent is None else subagent.call_id
        for index, message in enumerate(messages):
            if call_id is not None and any(call["id"] == call_id for call in message.get("toolCalls") or ()):
                return index
        return min((held[name] for name in self._shown if name in held), default=len(messages)) - 1

    def answer(self) -> str | None:
        """The last text of a subagent, where the graph itself emitted none: it is the whole answer."""
        if self._plain_text:
            return None
        texts = ["".join(entry.text) for entry in self._kept.values() if entry.message["role"] == "assistant"]
        return next((text for text in reversed(texts) if text), None)


def _message(entry: _Kept) -> Message:
    message = dict(entry.message)
    text = "".join(entry.text)
    if message["role"] != "tool" and (text or "toolCalls" not in message):
        message["content"] = text
    return message


def _earlier(messages: Sequence[Mapping[str, Any]]) -> list[tuple[Message, list[str]]]:
    """The messages of earlier subagents that a client still has, each with the ids of those before it."""
    found: list[tuple[Message, list[str]]] = []
    before: list[str] = []
    for message in messages:
        if message.get("subagentRunId") is None:
            before.append(message["id"])
        else:
            found.append((dict(message), list(before)))
    return found


def _entity(event: Mapping[str, Any]) -> str | None:
    found = event.get("toolCallId", event.get("messageId"))
    return None if found is None else str(found)


def _id_of(interrupt: Any) -> Any:
    return interrupt.get("id") if isinstance(interrupt, Mapping) else interrupt.id


def _calls_in(given: Any, *, state: bool) -> Mapping[str, Any] | None:
    """The tool call that a task executes: LangGraph's tool nodes are given it. ``state``: or the state that has it."""
    if isinstance(given, Mapping) and given.get("__type") == "tool_call_with_context":
        given = [given.get("tool_call")]
    if isinstance(given, list) and given and all(_is_call(item) for item in given):
        first: Mapping[str, Any] = given[0]
        return first if len(given) == 1 else {}
    messages = (fields_of(given) or {}).get("messages") if state else None
    last = messages[-1] if isinstance(messages, list) and messages else None
    if isinstance(last, AIMessage) and last.tool_calls:
        return dict(last.tool_calls[0]) if len(last.tool_calls) == 1 else {}
    return None


def _is_call(item: Any) -> bool:
    return isinstance(item, Mapping) and {"name", "args", "id"} <= item.keys()
