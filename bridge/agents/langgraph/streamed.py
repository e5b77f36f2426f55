"""One assistant message as it streams -> its text, reasoning and tool-call events. Pure.

Which chunk belongs to which message is decided in `bridge.agents.langgraph.message_stream`; here is what a message's
pieces become. What is open of a message is one at a time: its text, its reasoning, or its calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage

from bridge.agents.langgraph.call_ids import CallIds
from bridge.agents.langgraph.call_names import is_repeated
from bridge.agents.langgraph.messages import arguments_text
from bridge.agents.langgraph.reasoning import ReasoningJoiner
from bridge.events.event import Event
from bridge.events.messages import reasoning_id
from bridge.json import joined


@dataclass(slots=True, eq=False)
class StreamedCall:
    """A tool call, put together as LangChain puts it together: names and arguments are concatenated.

    A name that comes again is left out (`bridge.agents.langgraph.call_names`): of a remote graph nobody has done so.

    TOOL_CALL_START carries the whole name and the id, and may come in pieces or late. So it is emitted when the first
    arguments arrive, or anything else that shows that the name is complete; arguments that come sooner wait.

    Attributes:
        given: the id that the provider gave; it may repeat, or be empty.
        id: the id that clients get, once the call is started.
    """

    given: str = ""
    name: str = ""
    id: str = ""
    waiting: str = ""
    has_arguments: bool = False
    started: bool = False
    ended: bool = False


@dataclass(slots=True, eq=False)
class StreamedMessage:
    """One assistant message, as far as it has been emitted.

    Attributes:
        place: the checkpoint namespace of the node that it streams in.
        model: provider and name of the model that wrote it; ``None``: the node did.
        names: the ids that its chunks had.
        call: the metadata of its model call. LangGraph hands the same object over with every chunk of one call.
        abandoned: its model call failed, and another message takes its place.
        copied: its node returned a copy of it, which goes by its id.
        half: the first half of a surrogate pair, which waits for the other.
        rivals: messages that were incomplete in the same place when this one began, and how long they were.
    """

    id: str
    place: str
    call_ids: CallIds
    model: tuple[Any, Any] | None = None
    call: Mapping[str, Any] | None = None
    names: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)
    half: str = ""
    text_open: bool = False
    thought_open: bool = False
    begun: bool = False
    complete: bool = False
    abandoned: bool = False
    copied: bool = False
    with_calls: bool = True
    calls: list[StreamedCall] = field(default_factory=list)
    by_index: dict[Any, StreamedCall] = field(default_factory=dict)
    joiner: ReasoningJoiner = field(default_factory=ReasoningJoiner)
    rivals: list[tuple[StreamedMessage, int]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.parts)

    def add_text(self, delta: str) -> list[Event]:
        """Text; START first, where none is open."""
        events: list[Event] = []
        if not self.text_open:
            events += self.close_open()
            events += self._start_named()
            self.text_open = self.begun = True
            events.append({"type": "TEXT_MESSAGE_START", "messageId": self.id, "role": "assistant"})
        self.joiner.interrupt()
        if self.half or delta[-1] >= "\ud800":
            delta = self._joined(delta)
        if delta:
            self.parts.append(delta)
            events.append({"type": "TEXT_MESSAGE_CONTENT", "messageId": self.id, "delta": delta})
        return events

    def _joined(self, delta: str) -> str:
        """The text with the half of a pair that waited, less one at its end: both halves go out as one letter."""
        delta, self.half = self.half + delta, ""
        if "\ud800" <= delta[-1] <= "\udbff":
            delta, self.half = delta[:-1], delta[-1]
        return joined(delta)

    def add_reasoning(self, delta: str) -> list[Event]:
        """Reasoning. A model that thinks again later goes on in the same message: one id, here and in snapshots."""
        if not delta:
            return []
        events: list[Event] = []
        thought = reasoning_id(self.id)
        if not self.thought_open:
            events += self.close_open()
            self.thought_open = self.begun = True
            events.append({"type": "REASONING_START", "messageId": thought})
            events.append({"type": "REASONING_MESSAGE_START", "messageId": thought, "role": "reasoning"})
        events.append({"type": "REASONING_MESSAGE_CONTENT", "messageId": thought, "delta": delta})
        return events

    def close_open(self) -> list[Event]:
        """Close the text or the reasoning that is open."""
        events: list[Event] = []
        if self.thought_open:
            thought = reasoning_id(self.id)
            events.append({"type": "REASONING_MESSAGE_END", "messageId": thought})
            events.append({"type": "REASONING_END", "messageId": thought})
            self.thought_open = False
        if self.text_open:
            if self.half:  # its other half did not come
                self.half = ""
                events += self.add_text("\ufffd")
            events.append({"type": "TEXT_MESSAGE_END", "messageId": self.id})
            self.text_open = False
        return events

    # Calls

    def add_piece(self, piece: Mapping[str, Any]) -> list[Event]:
        """One piece of a tool call."""
        given, arguments = str(piece.get("id") or ""), str(piece.get("args") or "")
        call = self._call_of(piece.get("index"), given)
        events: list[Event] = []
        for other in self.calls:
            if other is not call:
                events += self._start(other)
        if given and not call.started:
            call.given = given
        if not call.started:
            name = str(piece.get("name") or "")
            if not is_repeated(name, call.name, given=given, arguments=arguments, begun=bool(call.waiting)):
                call.name += name
            call.waiting += arguments
            return events + (self._start(call) if call.waiting else [])
        if arguments and not call.ended:
            call.has_arguments = True
            events.append({"type": "TOOL_CALL_ARGS", "toolCallId": call.id, "delta": arguments})
        return events

    def _call_of(self, index: Any, given: str) -> StreamedCall:
        """The call of a piece: by its index; another id under the same index, or no index, is another call."""
        call = self.by_index.get(index)
        if call is None or index is None or (given and call.given and given != call.given):
            call = StreamedCall(given)
            self.calls.append(call)
            self.by_index[index] = call
        return call

    def _start_named(self) -> list[Event]:
        return [event for call in self.calls for event in self._start(call)]

    def _start(self, call: StreamedCall, *, without_id: bool = False) -> list[Event]:
        """TOOL_CALL_START and the arguments that waited, once the name and the id are there."""
        if call.started or not call.name or not (call.given or without_id):
            return []
        events = self.close_open()
        self.begun = call.started = True
        call.id = self.call_ids.visible(call.given, self.id, self.calls.index(call))
        self.call_ids.names[call.id] = call.name
        self.call_ids.closers[call.id] = lambda: [*self.close_open(), *self.end_call(call, "{}")]
        start = {"type": "TOOL_CALL_START", "toolCallId": call.id, "toolCallName": call.name}
        events.append(start | {"parentMessageId": self.id})
        if call.waiting:
            call.has_arguments = True
            events.append({"type": "TOOL_CALL_ARGS", "toolCallId": call.id, "delta": call.waiting})
            call.waiting = ""
        return events

    def end_call(self, call: StreamedCall, arguments: str) -> list[Event]:
        """TOOL_CALL_END; ``arguments`` where none were streamed."""
        if call.ended:
            return []
        events = self._start(call, without_id=True)
        if not call.started:
            return []  # it never had a name
        if not call.has_arguments and arguments:
            events.append({"type": "TOOL_CALL_ARGS", "toolCallId": call.id, "delta": arguments})
        call.has_arguments = call.ended = True
        self.call_ids.closers.pop(call.id, None)
        return [*events, {"type": "TOOL_CALL_END", "toolCallId": call.id}]

    # Ends

    def end_stream(self) -> list[Event]:
        """The model's last chunk. A call without arguments waits: the finished message may hold them."""
        events = self.close_open()
        self.complete = True
        for call in self.calls:
            if call.has_arguments or call.waiting:
                events += self.end_call(call, "")
        return events

    def settle(self, message: AIMessage) -> list[Event]:
        """The finished message: the calls, and the arguments, that were not streamed."""
        events: list[Event] = []
        if not self.with_calls:
            return events
        left = list(self.calls)
        for given in (*message.tool_calls, *message.invalid_tool_calls):
            identity = str(given.get("id") or "")
            call = next((call for call in left if call.given == identity), None)
            if call is None:
                call = StreamedCall(identity, str(given.get("name") or ""))
                self.calls.append(call)
            else:
                left.remove(call)
                call.name = call.name or str(given.get("name") or "")
            events += self.end_call(call, arguments_text(given.get("args")))
        return events

    def end(self) -> list[Event]:
        """Nothing more comes: close what is open, calls are as they are."""
        events = self.close_open()
        self.complete = True
        for call in self.calls:
            events += self.end_call(call, "{}")
        return events

    def abandon(self) -> list[Event]:
        """Its model call failed and another one takes its place. Its calls are nobody's to answer."""
        events = self.close_open()
        self.complete = self.abandoned = True
        for call in self.calls:
            if call.started:
                events += self.end_call(call, "{}")
                self.call_ids.names.pop(call.id, None)
            call.ended = True
        return events
