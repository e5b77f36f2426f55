"""What the models of the newest runs were given, bounded. It has prompts in it, and stays in this process's memory."""

from __future__ import annotations

from collections import OrderedDict

from bridge.events.model_calls import ModelCall
from bridge.json import dumps
from bridge.observe.observer import Observer, RunRecord
from bridge.runs.request import RunKey
from bridge.studio.runs.log import KEPT

MOST = 64 * 1024 * 1024
"""Bytes of all calls together."""

_CALLS = 200  # of one run
_LARGE = 4 * 1024 * 1024  # bytes of one call


class ModelInputs(Observer):
    """Keeps each call as JSON. The runs that were begun first are forgotten first.

    ``most``: bytes of all together; ``kept``: runs, as many as the page can name. (A run takes some kilobytes, however
    little its models were given.)
    """

    def __init__(self, most: int = MOST, kept: int = KEPT) -> None:
        self._most = most
        self._kept = kept
        self._held = 0
        self._runs: OrderedDict[RunKey, list[bytes]] = OrderedDict()

    def model_called(self, run: RunRecord, call: ModelCall) -> None:
        """Keep it; of one that is very large, its size alone."""
        calls = self._runs.setdefault(RunKey(run.principal, run.agent, run.run_id), [])
        if len(calls) >= _CALLS:
            return
        written = dumps(call)
        if len(written) > _LARGE:
            note = {"role": "system", "content": f"({len(written)} bytes: too many to be kept)"}
            written = dumps({**call, "messages": [note], "tools": []})
        calls.append(written)
        self._held += len(written)
        while len(self._runs) > 1 and (self._held > self._most or len(self._runs) > self._kept):
            _, forgotten = self._runs.popitem(last=False)
            self._held -= sum(map(len, forgotten))

    def of(self, run: RunKey) -> bytes:
        """A run's calls, in their order, as a JSON list."""
        return b"[" + b",".join(self._runs.get(run, ())) + b"]"
