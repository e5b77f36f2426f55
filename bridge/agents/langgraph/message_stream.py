"""LangGraph ``messages`` parts -> text, tool-call and reasoning events. Pure.

A part is ``(message, metadata)``: AIMessageChunks token by token, or a whole message that a node returned. What makes
this file longer than it looks it should be, all of it observed (``docs/protocols.md``):

- calls are keyed by (message, index), because only a call's first chunk has its id and name, and calls interleave;
- a provider may send a call whole, or only in the finished message: ARGS are filled in before END, always;
- a call's chunks can carry two ids, LangChain's own (``lc_run--…``) until the provider's is known, and LangChain names
  the finished message by the provider's: the message is told under the first, and the other noted in `aliases`;
- the last chunk can be empty and have another id than the rest: it opens no message;
- two model calls may stream at once from one node: utterances are keyed by message id, not by node.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, RemoveMessage, ToolMessage

from bridge.agents.langgraph.messages import arguments_text, content_text, reasoning_of, reasoning_text, tool_content
from bridge.agents.langgraph.usage import UsageTally
from bridge.events.event import Event
from bridge.events.messages import reasoning_id, spoken_content


@dataclass(slots=True)
class Call:
    """A tool call being told."""

    id: str
    name: str
    said: bool = False
    ended: bool = False


@dataclass(slots=True)
class Utterance:
    """One assistant message being told. Of its text the length, the beginning and the end are remembered: enough to
    know it again, and not another copy of it.
    """

    id: str
    place: str
    model: Any = None
    length: int = 0
    first: str = ""
    last: str = ""
    text: bool = False
    thought: bool = False
    begun: bool = False
    complete: bool = False
    calls: dict[Any, Call] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What of a node's messages is told."""

    text: bool = True
    calls: bool = True


_ALL = Hearing()
_NOTHING = Hearing(text=False, calls=False)


class MessagesToAgui:
    """``feed(message, metadata) -> events``; ``settle(messages)`` fills in what only finished messages hold.

    ``hidden`` names nodes and tags that must not be heard. ``rich`` clients (AG-UI 1.0) get tool results as parts.

    Attributes:
        aliases: ids of the checkpoint's messages that clients know under another id -> that id; an empty string:
            clients do not know the message, because a hidden node wrote it.
        calls: the tool calls told, id -> name.
        answered: ids of the calls that got a result.
    """

    def __init__(self, *, hidden: Collection[str] = (), rich: bool = True) -> None:
        self.usage = UsageTally()
        self.aliases: dict[str, str] = {}
        self.calls: dict[str, str] = {}
        self.answered: set[str] = set()
        self._hidden = frozenset(hidden)
        self._rich = rich
        self._known: set[str] = set()
        self._unheard: set[str] = set()
        self._utterances: dict[str, Utterance] = {}
        self._hearings: dict[str, Hearing] = {}
        self._token_id: str | None = None
        self._speaking = Utterance("", "")

    def remember(self, messages: Iterable[BaseMessage]) -> None:
        """These messages are history: they are not told again."""
        self._known |= {message.id for message in messages if message.id is not None} - self._utterances.keys()

    def feed(self, message: BaseMessage, metadata: Mapping[str, Any]) -> list[Event]:
        """The events one message or chunk becomes."""
        if (
            # One token of a message whose text is open, the path almost every part takes: 0.5 µs against 3.
            type(message) is AIMessageChunk
            and message.id == self._token_id
            and message.content.__class__ is str
            and message.content
            and not message.tool_call_chunks
            and not message.additional_kwargs
            and message.usage_metadata is None
            and message.chunk_position is None
        ):
            content = message.content
            speaking = self._speaking
            speaking.length += len(content)
            speaking.last = content
            return [{"type": "TEXT_MESSAGE_CONTENT", "messageId": speaking.id, "delta": content}]
        hearing = self._hearing(metadata)
        if hearing is _NOTHING:
            if isinstance(message, AIMessage):
                self.usage.add(message, metadata)
            if message.id is not None:
                self._unheard.add(message.id)
            return []
        match message:
            case AIMessageChunk():
                return self._chunk(message, metadata, hearing)
            case RemoveMessage():
                return []
            case _ if message.id is None:
                return []  # it has no name yet: `catch_up` tells it under the one that the state gives it
            case AIMessage():
                return self._whole(message, metadata, hearing)
            case ToolMessage():
                return self._result(message) if hearing.calls else []
            case _:
                return self._other(message) if hearing.text else []

    def _hearing(self, metadata: Mapping[str, Any]) -> Hearing:
        place = str(metadata.get("langgraph_checkpoint_ns") or metadata.get("langgraph_node") or "")
        known = self._hearings.get(place)
        if known is None:
            nodes = {step.partition(":")[0] for step in place.split("|")} | {metadata.get("langgraph_node")}
            known = _NOTHING if nodes & self._hidden else _ALL
            self._hearings[place] = known
        if known is _NOTHING or not self._hidden.isdisjoint(metadata.get("tags") or ()):
            return _NOTHING
        return Hearing(text=_emits(metadata, "emit-messages"), calls=_emits(metadata, "emit-tool-calls"))

    # Streamed

    def _chunk(self, chunk: AIMessageChunk, metadata: Mapping[str, Any], hearing: Hearing) -> list[Event]:
        self.usage.add(chunk, metadata)
        if chunk.id in self._known:
            return []
        says = bool(chunk.content or chunk.tool_call_chunks or chunk.additional_kwargs)
        utterance = self._utterance(chunk.id, metadata, says)
        if utterance is None:
            return []
        events = self._say(utterance, chunk, hearing) if says else []
        if chunk.chunk_position == "last":
            events += self._end(utterance)
        return events

    def _utterance(self, message_id: str | None, metadata: Mapping[str, Any], says: bool) -> Utterance | None:
        """The utterance a chunk belongs to; ``None`` for an empty chunk of none."""
        if message_id is not None and message_id in self._utterances:
            return self._utterances[message_id]
        place = str(metadata.get("langgraph_checkpoint_ns") or "")
        model = (metadata.get("ls_provider"), metadata.get("ls_model_name"))
        here = [
            spoken
            for spoken in self._utterances.values()
            if spoken.place == place and spoken.model == model and not spoken.complete
        ]
        same = next((spoken for spoken in here if _own(spoken.id) != _own(message_id)), None)
        if same is None and here and (not says or message_id is None):
            same = here[-1]
        if message_id is None:
            return same
        if same is None:
            if not says:
                return None
            same = Utterance(message_id, place, model)
        elif _own(same.id) and not _own(message_id):
            if same.begun:
                self.aliases[message_id] = same.id
            else:
                same.id = message_id
        self._utterances[message_id] = same
        return same

    def _say(self, utterance: Utterance, chunk: AIMessageChunk, hearing: Hearing) -> list[Event]:
        events: list[Event] = []
        content = chunk.content
        if isinstance(content, str):
            if chunk.additional_kwargs and hearing.text:
                events += self._think(utterance, reasoning_text(chunk))
            if content and hearing.text:
                events += self._text(utterance, content)
        elif hearing.text:
            for block in content:
                events += self._think(utterance, reasoning_of(block))
                text = content_text([block])
                if text:
                    events += self._text(utterance, text)
        if hearing.calls:
            for piece in chunk.tool_call_chunks:
                events += self._piece(utterance, piece)
        return events

    def _text(self, utterance: Utterance, delta: str) -> list[Event]:
        events: list[Event] = []
        if not utterance.text:
            events += self._hush(utterance)
            utterance.text = utterance.begun = True
            self._token_id = utterance.id
            self._speaking = utterance
            utterance.first = utterance.first or delta
            events.append({"type": "TEXT_MESSAGE_START", "messageId": utterance.id, "role": "assistant"})
        utterance.length += len(delta)
        utterance.last = delta
        events.append({"type": "TEXT_MESSAGE_CONTENT", "messageId": utterance.id, "delta": delta})
        return events

    def _think(self, utterance: Utterance, delta: str) -> list[Event]:
        """Reasoning. A model that thinks again later goes on in the same message: one id, here and in snapshots."""
        if not delta:
            return []
        events: list[Event] = []
        thought = reasoning_id(utterance.id)
        if not utterance.thought:
            events += self._hush(utterance)
            utterance.thought = utterance.begun = True
            events.append({"type": "REASONING_START", "messageId": thought})
            events.append({"type": "REASONING_MESSAGE_START", "messageId": thought, "role": "reasoning"})
        events.append({"type": "REASONING_MESSAGE_CONTENT", "messageId": thought, "delta": delta})
        return events

    def _hush(self, utterance: Utterance) -> list[Event]:
        """Close the text or the thought that is open: one of a message's voices speaks at a time."""
        events: list[Event] = []
        if utterance.thought:
            thought = reasoning_id(utterance.id)
            events.append({"type": "REASONING_MESSAGE_END", "messageId": thought})
            events.append({"type": "REASONING_END", "messageId": thought})
            utterance.thought = False
        if utterance.text:
            events.append({"type": "TEXT_MESSAGE_END", "messageId": utterance.id})
            utterance.text = False
            if self._token_id == utterance.id:
                self._token_id = None
        return events

    def _piece(self, utterance: Utterance, piece: Mapping[str, Any]) -> list[Event]:
        key = piece.get("index")
        call_id, name, arguments = piece.get("id"), piece.get("name"), piece.get("args")
        call = utterance.calls.get(key)
        events: list[Event] = []
        if call is None or (call_id and call_id != call.id):
            if call is not None or key is None:
                key = call_id  # whole calls that all come with the same index, or with none
            if not name:
                return []  # nothing can be told of a call before its name; `settle` tells it whole
            call = Call(str(call_id or f"{utterance.id}:call:{len(utterance.calls)}"), str(name))
            utterance.calls[key] = call
            events += self._start(utterance, call)
        if arguments:
            call.said = True
            events.append({"type": "TOOL_CALL_ARGS", "toolCallId": call.id, "delta": arguments})
        return events

    def _start(self, utterance: Utterance, call: Call) -> list[Event]:
        events = self._hush(utterance)
        utterance.begun = True
        self.calls[call.id] = call.name
        start = {"type": "TOOL_CALL_START", "toolCallId": call.id, "toolCallName": call.name}
        return [*events, start | {"parentMessageId": utterance.id}]

    def _finish_call(self, call: Call, arguments: str) -> list[Event]:
        if call.ended:
            return []
        events: list[Event] = []
        if not call.said:
            events.append({"type": "TOOL_CALL_ARGS", "toolCallId": call.id, "delta": arguments})
        call.said = call.ended = True
        return [*events, {"type": "TOOL_CALL_END", "toolCallId": call.id}]

    def _end(self, utterance: Utterance) -> list[Event]:
        """The message is complete. A call without arguments waits: the finished message may hold them."""
        events = self._hush(utterance)
        utterance.complete = True
        for call in utterance.calls.values():
            if call.said:
                events += self._finish_call(call, "")
        return events

    # Whole

    def _whole(self, message: AIMessage, metadata: Mapping[str, Any], hearing: Hearing) -> list[Event]:
        identity = self.aliases.get(str(message.id), str(message.id))
        if identity in self._known:
            return []
        if identity in self._utterances:
            return self._settle(self._utterances[identity], message)
        streamed = self._told_as(message, str(metadata.get("langgraph_checkpoint_ns") or ""))
        if streamed is not None:
            self.aliases[identity] = streamed.id
            return self._settle(streamed, message)
        self.usage.add(message, metadata)
        utterance = Utterance(identity, str(metadata.get("langgraph_checkpoint_ns") or ""), complete=True)
        self._utterances[identity] = utterance
        events: list[Event] = []
        if hearing.text:
            events += self._think(utterance, reasoning_text(message))
            text = content_text(message.content)
            if text:
                events += self._text(utterance, text)
        if hearing.calls:
            events += self._settle(utterance, message)
        return [*events, *self._hush(utterance)]

    def _told_as(self, message: AIMessage, place: str) -> Utterance | None:
        """The utterance that a node streamed and now returns as a message of its own making, under another id.

        ``AIMessage(response.content)`` is common, and LangGraph hears a new message in it. Told again, the answer would
        stand twice in every chat.
        """
        text = content_text(message.content)
        if not text:
            return None
        for spoken in self._utterances.values():
            if (
                spoken.place == place
                and spoken.length == len(text)
                and text.startswith(spoken.first)
                and text.endswith(spoken.last)
                and spoken.id not in self.aliases.values()
            ):
                return spoken
        return None

    def catch_up(self, messages: Iterable[BaseMessage], *, heard: bool = True) -> list[Event]:
        """The conversation as the state has it now: tell what joined it without passing through the stream.

        A node may return its message as a tuple or a dict, which LangGraph makes a message of only in the state. Not
        ``heard``: a hidden node ended in this step, and what was not told is its.
        """
        events: list[Event] = []
        for message in messages:
            identity = message.id
            if identity is None or self._has_told(identity):
                continue
            if not heard or identity in self._unheard:
                self.aliases[identity] = ""
            elif isinstance(message, AIMessage):
                events += self._whole(message, {}, _ALL)
            elif isinstance(message, ToolMessage):
                events += self._result(message)
        return events

    def leave_out(self, messages: Iterable[BaseMessage]) -> None:
        """These messages stand in a snapshot: note in `aliases` which of them a hidden node wrote."""
        for message in messages:
            if message.id in self._unheard:
                self.aliases[str(message.id)] = ""

    def _has_told(self, identity: str) -> bool:
        return identity in self._known or identity in self._utterances or identity in self.aliases

    def settle(self, messages: Iterable[BaseMessage]) -> list[Event]:
        """Finished messages, as a task returned them: tell the calls and arguments that were not streamed."""
        events: list[Event] = []
        told = {*self._utterances, *self.aliases}  # of a long conversation the few that this run told
        for message in messages:
            if message.id in told and isinstance(message, AIMessage):
                utterance = self._utterances.get(self.aliases.get(str(message.id), str(message.id)))
                if utterance is not None and utterance.begun:
                    events += self._settle(utterance, message)
        return events

    def _settle(self, utterance: Utterance, message: AIMessage) -> list[Event]:
        told = {call.id: call for call in utterance.calls.values()}
        events: list[Event] = []
        for given in (*message.tool_calls, *message.invalid_tool_calls):
            call = told.get(str(given.get("id") or ""))
            if call is None and given.get("id"):
                call = Call(str(given["id"]), str(given.get("name") or ""))
                utterance.calls[call.id] = call
                events += self._start(utterance, call)
            if call is not None:
                events += self._finish_call(call, arguments_text(given.get("args")))
        return events

    def _result(self, message: ToolMessage) -> list[Event]:
        identity = str(message.id)
        if identity in self._known:
            return []
        self._known.add(identity)
        self.answered.add(message.tool_call_id)
        events: list[Event] = []
        for utterance in self._utterances.values():
            for call in utterance.calls.values():
                if call.id == message.tool_call_id:
                    events += [*self._hush(utterance), *self._finish_call(call, "{}")]
        content = tool_content(message)
        if not self._rich and not isinstance(content, str):
            content = spoken_content(content)
        result = {"type": "TOOL_CALL_RESULT", "messageId": identity, "toolCallId": message.tool_call_id}
        return [*events, result | {"content": content, "role": "tool"}]

    def _other(self, message: BaseMessage) -> list[Event]:
        """A message that a node speaks in another's name (a user's, say). System prompts stay on the server."""
        identity = str(message.id)
        if identity in self._known or message.type == "system":
            return []
        self._known.add(identity)
        role = message.type if message.type in ("user", "assistant", "developer") else "user"
        return [
            {"type": "TEXT_MESSAGE_START", "messageId": identity, "role": role},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": identity, "delta": content_text(message.content)},
            {"type": "TEXT_MESSAGE_END", "messageId": identity},
        ]

    # Ends

    def end_of_task(self, place: str | None) -> list[Event]:
        """A node's task ended (``None``: all did): what it was saying is complete, its calls are as they are."""
        events: list[Event] = []
        for utterance in self._utterances.values():
            if place is None or utterance.place == place or utterance.place.startswith(place + "|"):
                events += self._hush(utterance)
                utterance.complete = True
                for call in utterance.calls.values():
                    events += self._finish_call(call, "{}")
        return events


def _own(identity: str | None) -> bool:
    """Whether an id is LangChain's own stand-in, which gives way to a provider's id."""
    return identity is None or identity.startswith("lc_")


def _emits(metadata: Mapping[str, Any], name: str) -> bool:
    """CopilotKit's per-call switches, as ``copilotkit_customize_config`` puts them into a run's metadata."""
    return metadata.get(name, metadata.get(f"copilotkit:{name}")) is not False
