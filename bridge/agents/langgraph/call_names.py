"""The name of a tool call stands in it once. Pure.

Some servers of OpenAI's API send a call's id and name again with every piece of its arguments. LangChain joins names as
it joins arguments: ``set_themeset_theme`` would be in the checkpoint and in the next request, and no tool is called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessageChunk


def is_repeated(name: str, held: str, *, given: str, arguments: str, begun: bool) -> bool:
    """Whether a piece's ``name`` is the one that its call has already (``held``), and no further part of it.

    A name that comes in parts comes without the id and before the arguments. ``given``: the piece's id; ``begun``:
    whether the call has arguments.
    """
    return name == held and bool(given or arguments or begun)


@dataclass(slots=True)
class _Call:
    given: str
    name: str = ""
    begun: bool = False


class CallNames:
    """The calls of one model's answer, while it streams."""

    def __init__(self) -> None:
        self._calls: dict[Any, _Call] = {}

    def mend(self, message: AIMessageChunk) -> None:
        """Take the names out of a chunk that their calls have already; before anybody joins it to another chunk."""
        pieces: list[Any] = [*message.tool_call_chunks]
        for piece in pieces:
            self._mend(piece)
        if isinstance(message.content, list):  # LangChain's format v1 has the pieces there as well
            blocks = [block for block in message.content if isinstance(block, dict)]
            copies = [block for block in blocks if block.get("type") == "tool_call_chunk"]
            for copied, piece in zip(copies, pieces, strict=False):
                copied["name"] = piece.get("name")

    def _mend(self, piece: dict[str, Any]) -> None:
        index = piece.get("index")
        if index is None:  # a call of its own: LangChain joins it to no other
            return
        given, name, arguments = (str(piece.get(key) or "") for key in ("id", "name", "args"))
        call = self._calls.get(index)
        if call is None or (given and call.given and given != call.given):
            call = self._calls[index] = _Call(given)
        elif name and is_repeated(name, call.name, given=given, arguments=arguments, begun=call.begun):
            piece["name"], name = None, ""
        call.given = call.given or given
        call.name += name
        call.begun = call.begun or bool(arguments)
