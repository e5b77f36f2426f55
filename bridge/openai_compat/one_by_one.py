"""Texts one after the other, where events interleave them. Pure.

OpenAI's answer is one text. Two models that stream at once (parallel branches) give two messages, token by token; sent
as they come, their words would be mixed. So one message is sent as it comes, the others wait for its end.
"""

from __future__ import annotations

SEPARATOR = "\n\n"
"""Between two messages of one run: OpenAI has one message where AG-UI has several."""


class OneByOne:
    """``start``, ``content`` and ``end`` of messages -> the text to send now, often none.

    A message of shorthand chunks has no end of its own: the next message is its end.

    Attributes:
        last: the message whose text was sent last; ``None`` before any text.
    """

    __slots__ = ("_break", "_current", "_ended", "_shorthand", "_waiting", "last")

    def __init__(self) -> None:
        self.last: str | None = None
        self._current: str | None = None
        self._shorthand = False
        self._break = False
        self._waiting: dict[str, list[str]] = {}
        self._ended: set[str] = set()

    def plain(self, message_id: str) -> bool:
        """Whether content of this message is sent as it is, and changes nothing."""
        return self.last == message_id and not self._break

    def start(self, message_id: str) -> str:
        """A message begins. A separator, where text was sent before."""
        if not self._free(message_id):
            self._waiting.setdefault(message_id, [])
            self._ended.discard(message_id)
            return ""
        return self._take(message_id)

    def start_shorthand(self, message_id: str) -> None:
        """A message of shorthand chunks begins; the separator comes with its first text."""
        if self._free(message_id):
            self._current, self._shorthand = message_id, True
            self._break = self.last not in (None, message_id)

    def content(self, message_id: str, delta: str) -> str:
        """Text of a message."""
        if not self._free(message_id):
            if message_id not in self._waiting:
                self._ended.add(message_id)  # it was not started, and will not be ended
            self._waiting.setdefault(message_id, []).append(delta)
            return ""
        if not delta:
            return ""
        separator, self._break = SEPARATOR if self._break else "", False
        self.last = message_id
        return separator + delta

    def end(self, message_id: str) -> str:
        """A message ends. What has waited for it."""
        if message_id != self._current:
            if message_id in self._waiting:
                self._ended.add(message_id)
            return ""
        self._current = None
        return self._next()

    def whole(self, message_id: str, text: str) -> str:
        """A message that is all there."""
        return self.start(message_id) + self.content(message_id, text) + self.end(message_id)

    def finish(self) -> str:
        """No more events: all that still waits."""
        self._ended |= self._waiting.keys()
        self._current = None
        return self._next()

    def _next(self) -> str:
        """The messages that have ended; then the first that goes on, from now on as it comes."""
        texts: list[str] = []
        while self._waiting and self._current is None:
            message_id = next(iter(self._waiting))
            text = "".join(self._waiting.pop(message_id))
            if message_id not in self._ended:
                texts.append(self._take(message_id) + self.content(message_id, text))
            elif text:
                texts.append(self._separator(message_id) + text)
                self.last = message_id
            self._ended.discard(message_id)
        return "".join(texts)

    def _free(self, message_id: str) -> bool:
        return self._current is None or self._shorthand or message_id == self._current

    def _take(self, message_id: str) -> str:
        self._current, self._shorthand, self._break = message_id, False, False
        return self._separator(message_id)

    def _separator(self, message_id: str) -> str:
        if self.last in (None, message_id):
            return ""
        self.last = message_id
        return SEPARATOR
