"""Which message a chunk belongs to, and which streamed message a finished one is. Pure.

One message's chunks can carry several ids: LangChain's own (``lc_run--…``), the provider's in an empty first chunk
(``resp_…``), another in an empty last one; the finished message has the provider's. The message is emitted under the
id it has when its first piece is emitted. The others are noted in `MessageIds.aliases`.

Two model calls may stream at once from one node, and one may fail and be tried again. LangGraph hands the same metadata
object over with every chunk of one call, which tells calls apart. A remote graph's parts are told apart by their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from bridge.agents.langgraph.call_ids import CallIds
from bridge.agents.langgraph.duplicates import is_copy
from bridge.agents.langgraph.ends import is_closing
from bridge.agents.langgraph.messages import content_text
from bridge.agents.langgraph.streamed import StreamedMessage

Path = tuple[str, ...]

_RECENT = 16  # of the messages before it, how many a message is compared with; a run may have thousands


class MessageIds:
    """The messages emitted in one run, by every id that one of their chunks had.

    Attributes:
        aliases: ids of the checkpoint's messages that clients know under another id -> that id; an empty string:
            clients do not know the message, because a hidden node wrote it.
    """

    def __init__(self, call_ids: CallIds) -> None:
        self.aliases: dict[str, str] = {}
        self._call_ids = call_ids
        self._messages: dict[str, StreamedMessage] = {}
        self._by_call: dict[int, StreamedMessage] = {}
        self._same_objects = False
        self._all: list[StreamedMessage] = []
        self._under: dict[str, list[StreamedMessage]] = {}  # by place, and by each place that it lies in
        self._stored: dict[str, set[Path]] = {}

    def __contains__(self, identity: object) -> bool:
        return identity in self._messages

    def __iter__(self) -> Iterator[StreamedMessage]:
        return iter(self._all)

    def get(self, identity: str | None) -> StreamedMessage | None:
        """The message that is known by this id, or is the original of the copy that is."""
        return self._messages.get(self.aliases.get(str(identity), str(identity)))

    def add(self, message: StreamedMessage) -> None:
        """A new message."""
        self._messages[message.id] = message
        message.names.add(message.id)
        self._all.append(message)
        place = ""
        for step in message.place.split("|"):
            place = f"{place}|{step}" if place else step
            self._under.setdefault(place, []).append(message)

    def emitted(self, identity: str) -> bool:
        """Whether clients know a message of this id."""
        return identity in self._messages or identity in self.aliases

    # Chunks

    def of_chunk(self, chunk: AIMessageChunk, metadata: Mapping[str, Any], *, filled: bool) -> StreamedMessage | None:
        """The message of a chunk, a new one where it begins one; ``None`` for an empty chunk of none."""
        known = self._messages.get(str(chunk.id))
        if known is not None:
            self._same_objects = self._same_objects or known.call is metadata
            return known
        place = str(metadata.get("langgraph_checkpoint_ns") or "")
        model = (metadata.get("ls_provider"), metadata.get("ls_model_name"))
        incomplete = [held for held in self.incomplete(place) if held.model == model]
        found = self.of_call(metadata)
        if found is not None:
            self._same_objects = True
        elif not self._same_objects:
            found = _by_id(chunk, incomplete, filled=filled)
        if chunk.id is None:
            return found
        if found is None:
            found = StreamedMessage(chunk.id, place, self._call_ids, model, metadata)
            found.rivals = [(held, len(held.parts)) for held in incomplete]
            self._by_call[id(metadata)] = found
            self.add(found)
            return found
        self._rename(found, chunk.id)
        self._messages[chunk.id] = found
        found.names.add(chunk.id)
        return found

    def _rename(self, message: StreamedMessage, identity: str) -> None:
        """Another id of a message. LangChain's own gives way to a provider's, and the first of those is the last."""
        if _own(identity) or not _own(message.id):
            return
        if message.begun:
            self.aliases.setdefault(identity, message.id)
        else:
            message.id = identity

    def of_call(self, metadata: Mapping[str, Any]) -> StreamedMessage | None:
        """The message of a model call, by the metadata object that all its parts share."""
        found = self._by_call.get(id(metadata))
        return found if found is not None and found.call is metadata else None

    def models_at(self, place: str) -> bool:
        """Whether a model was called in this node."""
        return any(message.model is not None for message in self._under.get(place, ()))

    def incomplete(self, place: str) -> list[StreamedMessage]:
        """The messages that a node is at."""
        return [message for message in self._under.get(place, ()) if message.place == place and not message.complete]

    def take(self, place: str | None) -> list[StreamedMessage]:
        """The messages of a node that ended, and of all in it, once; ``None``: all messages."""
        return self._all if place is None else self._under.pop(place, [])

    # Copies

    def stored(self, path: Path, messages: Iterable[Any]) -> None:
        """The state of the graph at this path holds these messages."""
        for message in messages:
            if message.id in self._messages:
                self._stored.setdefault(str(message.id), set()).add(path)

    def original_of(
        self, message: AIMessage, path: Path | None, removed: Collection[str] = ()
    ) -> StreamedMessage | None:
        """The streamed message that this one is a tidied copy of: much the same text, and stored nowhere itself.

        ``path`` is that of the graph whose task ends, ``removed`` are the ids that the task removes. Without ``path``
        nothing counts as stored: the task may yet remove it.
        """
        text = content_text(message.content)
        for streamed in self._all[: -_RECENT - 1 : -1]:
            if streamed.copied or streamed.abandoned or not streamed.parts:
                continue
            gone = REMOVE_ALL_MESSAGES in removed or not streamed.names.isdisjoint(removed)
            if path is not None and not gone and self._is_stored(streamed.names, path):
                continue
            if is_copy(text, streamed.text):
                return streamed
        return None

    def _is_stored(self, names: Collection[str], path: Path) -> bool:
        """Whether the graph at this path, or one that it runs in, holds the message; a subgraph's state passes."""
        return any(path[: len(held)] == held for name in names for held in self._stored.get(name, ()))


def _by_id(chunk: AIMessageChunk, incomplete: list[StreamedMessage], *, filled: bool) -> StreamedMessage | None:
    """The message of a chunk with an unknown id or none, where the metadata does not name it."""
    if not incomplete:
        return None
    if chunk.id is None:
        return incomplete[-1]
    other = next((held for held in incomplete if _own(held.id) != _own(chunk.id)), None)
    if other is None and not filled and is_closing(chunk):
        return incomplete[-1]
    return other


def _own(identity: str | None) -> bool:
    """Whether an id is LangChain's own stand-in, which gives way to a provider's id."""
    return identity is None or identity.startswith("lc_")
