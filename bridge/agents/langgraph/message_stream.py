"""LangGraph ``messages`` parts -> text, tool-call and reasoning events. Pure.

A part is ``(message, metadata)``: AIMessageChunks token by token, or a whole message that a node returned. Which
message a chunk belongs to is decided in `bridge.agents.langgraph.message_ids`, what its pieces become in
`bridge.agents.langgraph.streamed`; both are as observed (``docs/protocols.md``, ``tests/providers``).

A node may return a copy of what its model streamed, under another id. Whether it is the same answer is decided when its
task ends, by what the checkpoint will hold: a streamed message that is stored nowhere was replaced by its copy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, RemoveMessage, ToolMessage

from bridge.agents.langgraph.call_ids import CallIds
from bridge.agents.langgraph.ends import finish_reason_of
from bridge.agents.langgraph.message_ids import MessageIds, Path
from bridge.agents.langgraph.messages import content_text, message_text, tool_content
from bridge.agents.langgraph.reasoning import has_reasoning, reasoning_in_kwargs, reasoning_text
from bridge.agents.langgraph.streamed import StreamedMessage
from bridge.agents.langgraph.usage import UsageTally
from bridge.events.event import Event
from bridge.events.messages import plain_content


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a node's messages is emitted."""

    text: bool = True
    calls: bool = True


_ALL = Shown()
_NOTHING = Shown(text=False, calls=False)


class MessagesToAgui:
    """``feed(message, metadata) -> events``; `end_of_task` fills in what only finished messages hold.

    ``hidden`` names nodes and tags whose messages are not emitted. ``rich`` clients (AG-UI 1.0) get tool results as
    parts.

    Attributes:
        call_ids: the tool calls of this turn.
    """

    def __init__(self, *, hidden: Collection[str] = (), rich: bool = True) -> None:
        self.usage = UsageTally()
        self.call_ids = CallIds()
        self._messages = MessageIds(self.call_ids)
        self._hidden = frozenset(hidden)
        self._rich = rich
        self._known: set[str] = set()
        self._not_shown: set[str] = set()
        self._shown: dict[str, Shown] = {}
        self._held: list[tuple[AIMessage, Mapping[str, Any], Shown]] = []
        self._early: dict[str, str] = {}
        self._others = False
        self._token_id: str | None = None
        self._token = StreamedMessage("", "", self.call_ids)

    @property
    def aliases(self) -> dict[str, str]:
        """Ids of the checkpoint's messages that clients know under another id -> that id (`MessageIds.aliases`)."""
        return self._messages.aliases

    @property
    def text_emitted(self) -> bool:
        """Whether clients got any text in this run."""
        return self._others or any(message.parts for message in self._messages)

    def remember(self, messages: Sequence[BaseMessage], *, calls: bool = False) -> None:
        """These messages are history: they are not emitted again. ``calls``: and their calls are this turn's."""
        self._known |= {
            message.id for message in messages if message.id is not None and message.id not in self._messages
        }
        if calls:
            self.call_ids.see(messages)

    def stored(self, path: Path, messages: Iterable[BaseMessage]) -> None:
        """The state of the graph at this path holds these messages."""
        self._messages.stored(path, messages)

    def token(self, chunk: AIMessageChunk) -> Event | None:
        """The event of a chunk that is one more piece of the text that is open, and nothing else.

        Most parts of a run are such chunks. ``None`` for all others: `feed` takes them.
        """
        content = chunk.content
        if (
            chunk.id == self._token_id
            and content.__class__ is str
            and content
            and content[-1] < "\ud800"  # a half of a pair waits for the other
            and not chunk.tool_call_chunks
            and not chunk.additional_kwargs
            and chunk.usage_metadata is None
            and chunk.chunk_position is None
        ):
            token = self._token
            token.parts.append(content)
            return {"type": "TEXT_MESSAGE_CONTENT", "messageId": token.id, "delta": content}
        return None

    def feed(self, message: BaseMessage, metadata: Mapping[str, Any]) -> list[Event]:
        """The events one message or chunk becomes."""
        if type(message) is AIMessageChunk:
            token = self.token(message)
            if token is not None:
                return [token]
        shown = self._shown_of(metadata)
        if shown is _NOTHING:
            if isinstance(message, AIMessage):
                self.usage.add(message, metadata)
            if message.id is not None:
                self._not_shown.add(message.id)
            return []
        match message:
            case AIMessageChunk():
                return self._chunk(message, metadata, shown)
            case RemoveMessage():
                return []
            case _ if message.id is None:
                return []  # it has no name yet: `catch_up` emits it under the one that the state gives it
            case AIMessage():
                return self._checked(self._whole(message, metadata, shown))
            case ToolMessage():
                return self._result(message) if shown.calls else []
            case _:
                return self._other(message) if shown.text else []

    def _shown_of(self, metadata: Mapping[str, Any]) -> Shown:
        place = str(metadata.get("langgraph_checkpoint_ns") or metadata.get("langgraph_node") or "")
        known = self._shown.get(place)
        if known is None:
            nodes = {step.partition(":")[0] for step in place.split("|")} | {metadata.get("langgraph_node")}
            known = _NOTHING if nodes & self._hidden else _ALL
            self._shown[place] = known
        if known is _NOTHING or not self._hidden.isdisjoint(metadata.get("tags") or ()):
            return _NOTHING
        return Shown(text=_emits(metadata, "emit-messages"), calls=_emits(metadata, "emit-tool-calls"))

    def _checked(self, events: list[Event]) -> list[Event]:
        """The same events; the short way for tokens is closed where they closed the text."""
        if not self._token.text_open or self._token.half:
            self._token_id = None
        return events

    # Streamed

    def _chunk(self, chunk: AIMessageChunk, metadata: Mapping[str, Any], shown: Shown) -> list[Event]:
        self.usage.add(chunk, metadata)
        if chunk.id in self._known:
            return []
        filled = bool(chunk.content or chunk.tool_call_chunks or chunk.additional_kwargs)
        message = self._messages.of_chunk(chunk, metadata, filled=filled)
        if message is None:
            return []
        message.with_calls = shown.calls
        events: list[Event] = []
        if message.rivals and any(str(tag).startswith("retry:attempt:") for tag in metadata.get("tags") or ()):
            events += _abandon(message)  # `Runnable.with_retry`
        if filled:
            events += self._pieces(message, chunk, shown)
        if chunk.chunk_position == "last":
            events += message.end_stream() + _abandon(message)
        elif not filled and finish_reason_of(chunk) is not None:
            events += message.end_stream()  # a remote graph's model may have no last chunk
        elif message.text_open:
            self._token_id, self._token = chunk.id, message
        return self._checked(events)

    def _pieces(self, message: StreamedMessage, chunk: AIMessageChunk, shown: Shown) -> list[Event]:
        events: list[Event] = []
        if shown.text:
            if chunk.additional_kwargs:
                if not has_reasoning(chunk.content):  # in LangChain's v1 format it may be in both places
                    events += message.add_reasoning(reasoning_in_kwargs(chunk, message.joiner))
                refusal = chunk.additional_kwargs.get("refusal")  # OpenAI has it beside the content
                if isinstance(refusal, str) and refusal and not chunk.content:
                    events += message.add_text(refusal)
            for block in [chunk.content] if isinstance(chunk.content, str) else chunk.content:
                events += message.add_reasoning(message.joiner.feed(block))
                text = content_text([block])
                if text:
                    events += message.add_text(text)
        if shown.calls:
            for piece in chunk.tool_call_chunks:
                events += message.add_piece(piece)
        return events

    def attempt_failed(self, place: str) -> list[Event]:
        """A node failed and may run again: what it was at is not continued."""
        events: list[Event] = []
        for message in self._messages.incomplete(place):
            events += message.abandon()
        self.usage.ends.abandon(name for message in self._messages if message.place == place for name in message.names)
        return self._checked(events)

    # Whole

    def _whole(self, message: AIMessage, metadata: Mapping[str, Any], shown: Shown) -> list[Event]:
        identity = str(message.id)
        if identity in self._known or any(held.id == identity for held, *_ in self._held):
            return []
        streamed = self._messages.get(identity) or self._messages.of_call(metadata)
        if streamed is not None:
            if streamed.id != identity and identity not in self._messages:
                self.aliases[identity] = streamed.id
            return streamed.settle(message)
        place = metadata.get("langgraph_checkpoint_ns")
        if shown.text and (
            self._messages.original_of(message, None) is not None
            or any(other.get("langgraph_checkpoint_ns") == place for _, other, _ in self._held)
        ):
            self._held.append((message, metadata, shown))  # until the task ends, when it is known what is stored
            return []
        return self._new(message, metadata, shown)

    def _new(self, message: AIMessage, metadata: Mapping[str, Any], shown: Shown) -> list[Event]:
        place = str(metadata.get("langgraph_checkpoint_ns") or "")
        if metadata.get("ls_provider") or not self._messages.models_at(place):
            self.usage.add(message, metadata)  # else the node took it over from its model's message
        new = StreamedMessage(str(message.id), place, self.call_ids, complete=True)
        if metadata.get("ls_provider"):
            new.model = (metadata["ls_provider"], metadata.get("ls_model_name"))
        self._messages.add(new)
        events: list[Event] = []
        if shown.text:
            events += new.add_reasoning(reasoning_text(message))
            text = message_text(message)
            if text:
                events += new.add_text(text)
        if shown.calls:
            events += new.settle(message)
        return [*events, *new.close_open()]

    def _copy_or_new(
        self, message: AIMessage, metadata: Mapping[str, Any], shown: Shown, original: StreamedMessage | None
    ) -> list[Event]:
        if original is None:
            return self._new(message, metadata, shown)
        original.copied = True
        self.aliases[str(message.id)] = original.id
        return original.settle(message)

    def catch_up(self, messages: Iterable[BaseMessage], *, shown: bool = True) -> list[Event]:
        """The conversation as the state has it now: emit what joined it without passing through the stream.

        A node may return its message as a tuple or a dict, which LangGraph makes a message of only in the state. Not
        ``shown``: a hidden node ended in this step, and what was not emitted is its.
        """
        events: list[Event] = []
        for message in messages:
            identity = message.id
            if identity is None or identity in self._known or self._messages.emitted(identity):
                continue
            if not shown or identity in self._not_shown:
                self.aliases[identity] = ""
            elif isinstance(message, AIMessage):
                events += self._copy_or_new(message, {}, _ALL, self._messages.original_of(message, ()))
            elif isinstance(message, ToolMessage):
                events += self._result(message)
        return self._checked(events)

    def leave_out(self, messages: Iterable[BaseMessage]) -> None:
        """These messages stand in a snapshot: note in `aliases` which of them a hidden node wrote."""
        for message in messages:
            if message.id in self._not_shown:
                self.aliases[str(message.id)] = ""

    # Results and others

    def early_result(self, message: ToolMessage, metadata: Mapping[str, Any]) -> list[Event]:
        """A tool's result as soon as the tool has it: its node returns it when the slowest of its tools is done."""
        if message.id is None or not self.call_ids.waits(message.tool_call_id) or not self._shown_of(metadata).calls:
            return []
        self._early[self.call_ids.answer(message.tool_call_id)] = message.id
        return self._result(message)

    def _result(self, message: ToolMessage) -> list[Event]:
        identity = str(message.id)
        if identity in self._known:
            return []
        self._known.add(identity)
        call_id = self.call_ids.answer(message.tool_call_id)
        if call_id in self.call_ids.answered and call_id in self._early:
            self.aliases[identity] = self._early[call_id]  # middleware made another message of the tool's result
            return []
        self.call_ids.answered.add(call_id)
        events = self.call_ids.close(call_id)
        content = tool_content(message)
        if not self._rich and not isinstance(content, str):
            content = plain_content(content)
        result = {"type": "TOOL_CALL_RESULT", "messageId": identity, "toolCallId": call_id}
        return self._checked([*events, result | {"content": content, "role": "tool"}])

    def _other(self, message: BaseMessage) -> list[Event]:
        """A message that a node writes in another's name (a user's, say). System prompts stay on the server."""
        identity = str(message.id)
        if identity in self._known or message.type == "system":
            return []
        self._known.add(identity)
        self._others = True
        role = message.type if message.type in ("user", "assistant", "developer") else "user"
        text = content_text(message.content)
        return [
            {"type": "TEXT_MESSAGE_START", "messageId": identity, "role": role},
            *([{"type": "TEXT_MESSAGE_CONTENT", "messageId": identity, "delta": text}] if text else []),
            {"type": "TEXT_MESSAGE_END", "messageId": identity},
        ]

    # Ends

    def end_of_task(self, own: Path | None, returned: Sequence[BaseMessage]) -> list[Event]:
        """A node's task ended with these messages (``None``: the run did, with all messages of the conversation).

        Emits the calls and arguments that were not streamed, decides about copies, and closes what is open.
        """
        path = () if own is None else own[:-1]
        self.stored(path, returned)
        events: list[Event] = []
        for message in returned:
            streamed = self._messages.get(message.id) if isinstance(message, AIMessage) else None
            if streamed is not None and streamed.begun and isinstance(message, AIMessage):
                events += streamed.settle(message)
        place = None if own is None else "|".join(own)
        events += self._release(place, path, returned)
        for streamed in self._messages.take(place):
            events += streamed.end()
        return self._checked(events)

    def _release(self, place: str | None, path: Path, returned: Sequence[BaseMessage]) -> list[Event]:
        """The held messages of this task: copies go by the id of what was streamed, the others are emitted."""
        held = [item for item in self._held if place is None or item[1].get("langgraph_checkpoint_ns") == place]
        if not held:
            return []
        self._held = [item for item in self._held if item not in held]
        removed = {str(message.id) for message in returned if isinstance(message, RemoveMessage)}
        events: list[Event] = []
        for message, metadata, shown in held:
            original = self._messages.original_of(message, path, removed)
            events += self._copy_or_new(message, metadata, shown, original)
        return events


def _abandon(message: StreamedMessage) -> list[Event]:
    """End the messages that were incomplete when this one began and got nothing since: their model calls failed."""
    events: list[Event] = []
    for rival, length in message.rivals:
        if not rival.complete and len(rival.parts) == length:
            events += rival.abandon()
    message.rivals = []
    return events


def _emits(metadata: Mapping[str, Any], name: str) -> bool:
    """CopilotKit's per-call switches, as ``copilotkit_customize_config`` puts them into a run's metadata."""
    return metadata.get(name, metadata.get(f"copilotkit:{name}")) is not False
