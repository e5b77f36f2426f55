"""A run as an OpenAI answer: streamed, or folded into one JSON object. Both are readers of the same run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from starlette.types import Send

from bridge.errors import AgentFailure, BridgeError, failure_of_event
from bridge.events.event import Event
from bridge.json import dumps
from bridge.openai_compat.fold import Fold
from bridge.openai_compat.to_chunks import AguiToChunks
from bridge.runs.run import Run
from bridge.web.http import error_headers
from bridge.web.stream import PIECE, Encoder, RunReader, RunStream

_SHOWN = ("TEXT_MESSAGE_", "REASONING_MESSAGE_")

logger = logging.getLogger("bridge.openai")


class PatientStream(RunStream):
    """A run as server-sent events.

    The status is held back for ``patience`` seconds at most, until there is something to send: a model that fails at
    once then has an HTTP status of its own, which SDKs act on, and not by a 200 with an error in it.
    """

    def __init__(
        self,
        run: Run,
        encoder: Encoder,
        *,
        patience: float,
        keep_alive: float,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(run, encoder, keep_alive=keep_alive, headers=headers)
        self._patience = min(patience, keep_alive)  # an idle stream has to show that it lives

    async def read(self, send: Send) -> None:
        """Wait for the first word, or a failure instead of it; then stream."""
        failure = await _failure_before_words(self.run, self._patience)
        if failure is not None:
            self.begun = True
            await _send_failure(send, failure, self.headers)
            return
        await super().read(send)


class Folding(Protocol):
    """What makes one object of a run's events."""

    def add_event(self, event: Event) -> None:
        """Fold one event in. Raises the `BridgeError` that a RUN_ERROR stands for."""

    def result(self) -> dict[str, Any]:
        """The object, after the last event."""


class FoldedAnswer(RunReader):
    """A run as one JSON object, the fold of its stream. A run that failed has its error's status."""

    def __init__(self, run: Run, folding: Folding, *, headers: Mapping[str, str]) -> None:
        super().__init__(run, headers=headers)
        self._folding = folding

    async def read(self, send: Send) -> None:
        """Fold while the run goes on, then answer."""
        try:
            status, answer = 200, await self._folded()
        except BridgeError as error:
            await _send_failure(send, error, self.headers)
            return
        except Exception:
            logger.exception("a reader failed", extra={"run_id": self.run.id})
            failure = AgentFailure("The server could not put this answer together.")
            status, answer = failure.status, failure.envelope()
        self.begun = True
        await send_json(send, status, answer, self.headers)

    async def _folded(self) -> dict[str, Any]:
        folding, number, journal = self._folding, 0, self.run.journal
        while True:
            over = journal.closed
            events = await journal.read(number, PIECE)
            number += len(events)
            for event in events:
                folding.add_event(event)
            if events:
                self.reader.advance(number)
                await asyncio.sleep(0)  # a long answer that is there already is not folded in one go
            elif over:
                return folding.result()
            else:
                await journal.next_change()


class Completion(FoldedAnswer):
    """A run as one ``chat.completion``, or what ``form`` makes of it."""

    def __init__(
        self,
        run: Run,
        translator: AguiToChunks,
        *,
        headers: Mapping[str, str],
        form: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(run, _Chunks(translator, form), headers=headers)


class _Chunks:
    """The fold of a run's chunks."""

    def __init__(self, translator: AguiToChunks, form: Callable[[dict[str, Any]], dict[str, Any]] | None) -> None:
        self._translator = translator
        self._form = form
        self._fold = Fold()

    def add_event(self, event: Event) -> None:
        self._fold.add_event(event, self._translator)

    def result(self) -> dict[str, Any]:
        for chunk in self._translator.finish(include_usage=True):
            self._fold.add(chunk)
        completion = self._fold.completion()
        return completion if self._form is None else self._form(completion)


async def send_json(
    send: Send, status: int, value: object, headers: Mapping[str, str], more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """One JSON answer, with the headers that name the run."""
    body = dumps(value)
    named = [(name.encode(), headers[name].encode()) for name in ("x-thread-id", "x-run-id") if name in headers]
    named += [*more, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_failure(send: Send, failure: BridgeError, headers: Mapping[str, str]) -> None:
    """A failure as its status. SDKs ask again by themselves after a 5xx, unless they are asked not to."""
    more = [(name.lower().encode(), value.encode()) for name, value in error_headers(failure).items()]
    await send_json(send, failure.status, failure.envelope(), headers, more)


async def _failure_before_words(run: Run, patience: float) -> BridgeError | None:
    """The failure, where a run fails before a client got anything of it and before patience runs out."""
    deadline = asyncio.get_running_loop().time() + patience
    number, journal, tools = 0, run.journal, run.request.client_tools
    while True:
        events = await journal.read(number, PIECE)
        for event in events:
            if event["type"] == "RUN_ERROR":
                return failure_of_event(event)
            if _shows(event, tools):
                return None
        number += len(events)
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0 or not (events or await journal.changed(number, left)):
            return None


def _shows(event: Event, client_tools: frozenset[str]) -> bool:
    """Whether an OpenAI client sees anything of this event. Of a tool that the server runs it sees nothing."""
    kind = event["type"]
    if event.get("subagentRunId") is not None:
        return False
    if kind in ("TOOL_CALL_START", "TOOL_CALL_CHUNK"):
        return event.get("toolCallName") in client_tools
    return kind == "RUN_FINISHED" or str(kind).startswith(_SHOWN)
