"""A run's events as a terminal shows them. Pure: events in, text out."""

from __future__ import annotations

from collections.abc import Mapping

import click

from bridge.commands.terminal import harmless
from bridge.events.event import Event
from bridge.events.interrupts import Interrupt
from bridge.json import dumps
from bridge.openai_compat.one_by_one import OneByOne

_OUTCOMES = {"cancelled": "(stopped)"}


class Screen:
    """``feed`` each event of a run: the text to write now, often none. ``finish`` when no more come.

    Args:
        width: columns of the terminal: a tool call takes one line.
        colors: whether it has colors.

    Attributes:
        interrupts: what the run waits for at its end.
        failed: whether it ended with an error.
    """

    def __init__(self, *, width: int = 80, colors: bool = False) -> None:
        self._width = width
        self._colors = colors
        self._texts = OneByOne()
        self._calls: dict[str, tuple[str, list[str]]] = {}
        self._at_start = True
        self._said = False
        self._over = False
        self.interrupts: list[Interrupt] = []
        self.failed = False

    def feed(self, event: Event) -> str:
        """What this event adds to the screen."""
        match event["type"]:
            case "TEXT_MESSAGE_START" if event.get("role", "assistant") == "assistant":
                return self._text(self._texts.start(event["messageId"]))
            case "TEXT_MESSAGE_CONTENT":
                return self._text(self._texts.content(event["messageId"], event["delta"]))
            case "TEXT_MESSAGE_END":
                return self._text(self._texts.end(event["messageId"]))
            case "TOOL_CALL_START":
                self._calls[event["toolCallId"]] = (event["toolCallName"], [])
            case "TOOL_CALL_ARGS" if event["toolCallId"] in self._calls:
                self._calls[event["toolCallId"]][1].append(event["delta"])
            case "TOOL_CALL_END" if event["toolCallId"] in self._calls:
                name, arguments = self._calls.pop(event["toolCallId"])
                return self._line(self._cut(f"→ {name} {''.join(arguments)}"), "bright_black")
            case "RUN_FINISHED":
                return self._finished(event)
            case "RUN_ERROR":
                self._over = self.failed = True
                return self.finish() + self._line(f"Error: {harmless(event['message'])}", "red")
            case _:
                pass
        return ""

    def finish(self) -> str:
        """The end of the last line; where the run's end never came, a word about that."""
        text = self._text(self._texts.finish())
        if not self._at_start:
            self._at_start = True
            text += "\n"
        if not self._over:
            self._over = self.failed = True
            text += self._line("Error: the answer broke off.", "red")
        return text

    def _finished(self, event: Event) -> str:
        self._over = True
        text = self.finish()
        outcome = event.get("outcome")
        if isinstance(outcome, Mapping):
            self.interrupts = list(outcome.get("interrupts") or ())
            if note := _OUTCOMES.get(str(outcome.get("type"))):
                text += self._line(note, "yellow")
        result = event.get("result")
        if result is not None and not self._said:
            text += self._line(harmless(result if isinstance(result, str) else dumps(result).decode()), None)
        return text

    def _text(self, text: str) -> str:
        if not text:
            return ""
        self._said = True
        text = harmless(text)
        self._at_start = text.endswith("\n")
        return text

    def _line(self, text: str, color: str | None) -> str:
        before = "" if self._at_start else "\n"
        self._at_start = True
        return before + (click.style(text, fg=color) if self._colors and color else text) + "\n"

    def _cut(self, text: str) -> str:
        shown = " ".join(harmless(text).split())
        return shown if len(shown) < self._width else shown[: self._width - 2] + "…"
