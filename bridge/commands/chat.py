"""``bridge chat``: talk with an agent in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import click

from bridge.commands.chatting.talk import Held, Refused, Talk, new_id
from bridge.commands.targets import complete_target, load_one
from bridge.commands.terminal import harmless, has_colors
from bridge.fields import variable_of
from bridge.options import read_options, setting_options
from bridge.settings import ServerSettings, Settings

if TYPE_CHECKING:
    from bridge.commands.chatting.here import Here
    from bridge.events.interrupts import Interrupt


@click.command()
@click.argument("agent", required=False, shell_complete=complete_target)
@click.option("--thread", "thread_id", metavar="ID", help="The conversation to go on with.  [default: a new one]")
@click.option("--url", metavar="URL", help="A running server: AGENT is then a name that it serves.  [default: none]")
@click.option("--key", metavar="KEY", envvar="BRIDGE_CHAT_KEY", help="The server's API key.  [env: BRIDGE_CHAT_KEY]")
@setting_options(Settings, "db", "recursion_limit")
def chat(agent: str | None, thread_id: str | None, url: str | None, key: str | None, **options: Any) -> None:
    """Talk with an agent in the terminal; by default in this process, with no server.

    AGENT is as for serve, or a name in the langgraph.json here (default: its first). The agent's questions are asked
    here. Ctrl-C stops an answer; at the prompt it leaves, as Ctrl-D does.
    """
    if thread_id is not None and not 0 < len(thread_id) <= 256:
        raise click.BadParameter("must have 1 to 256 characters.", param_hint="'--thread'")
    talk = _remote(url, agent, thread_id or new_id(), key) if url else _here(agent, thread_id or new_id(), options)
    with asyncio.Runner() as runner:
        try:
            _converse(runner, talk)
        except Refused as error:
            raise click.ClickException(harmless(str(error))) from None
        finally:
            _leave(runner, talk)


def _remote(url: str, agent: str | None, thread_id: str, key: str | None) -> Talk:
    from bridge.commands.chatting.remote import Remote  # noqa: PLC0415 - a chat in this process needs no HTTP

    if not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"must begin with http:// or https://, not '{url}'.", param_hint="'--url'")
    return Remote(url, agent, thread_id, key)


def _here(target: str | None, thread_id: str, options: dict[str, Any]) -> Here:
    from bridge.commands.chatting.here import Here  # noqa: PLC0415 - a chat with a server needs no graph
    from bridge.storage.opening import agent_database_url  # noqa: PLC0415

    # the loop stands still while a person types; whoever sits here may see what went wrong
    fixed: dict[str, Any] = {"max_loop_lag": "0", "reveal_errors": True, "shutdown_grace": "0"}
    stop = (
        {}
        if variable_of("stop_timeout", Settings.model_fields["stop_timeout"]) in os.environ
        else {"stop_timeout": "1"}
    )
    settings = read_options(ServerSettings, {**options, **fixed, **stop})
    _log_little()
    os.environ.setdefault("AGENT_DATABASE_URL", agent_database_url(settings.db))
    name, graph = load_one(target)
    return Here(name, graph, thread_id, settings)


def _log_little() -> None:
    """Warnings of the agent's own libraries; what the bridge would log of a run is on the screen."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not record.name.startswith("bridge"))
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.WARNING)


def _converse(runner: asyncio.Runner, talk: Talk) -> None:
    held = runner.run(talk.open())
    _greet(talk, held)
    waiting: list[Interrupt] | None = held.interrupts
    last = _last_text(held)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while waiting is not None:
            if waiting:
                resume, text = _ask_all(waiting, last), None
            else:
                resume, text = [], _read("> ")
                last = text
            if text is None or text.strip():
                waiting = runner.run(_turn(talk, text, resume))
    _end_line()


async def _turn(talk: Talk, text: str | None, resume: list[dict[str, Any]]) -> list[Interrupt] | None:
    """One answer, word by word; what the agent asks then. Ctrl-C stops it, and a second one leaves: ``None``."""
    reading = asyncio.create_task(_show(talk, text, resume))
    stopped: asyncio.Future[Any] = reading
    with _interrupts() as pressed:
        if not await _first(reading, pressed.times(1)):
            stopped = asyncio.gather(reading, _stop(talk))
            await _first(stopped, pressed.times(_LEAVES))
        if pressed.count < _LEAVES:
            return await reading
    stopped.cancel()
    return None


_LEAVES = 2


async def _stop(talk: Talk) -> None:
    with contextlib.suppress(Refused):
        await talk.stop()


async def _first(task: asyncio.Future[Any], other: Coroutine[Any, Any, None]) -> bool:
    """Whether the task is done before the other thing happens."""
    waiting = asyncio.create_task(other)
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return task.done()


class _Presses:
    """How often Ctrl-C was pressed during an answer."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Event()

    def press(self) -> None:
        self.count += 1
        self._changed.set()

    async def times(self, number: int) -> None:
        """Until it was pressed so often."""
        while self.count < number:
            self._changed.clear()
            await self._changed.wait()


@contextlib.contextmanager
def _interrupts() -> Iterator[_Presses]:
    """Count Ctrl-C. As an exception it could come anywhere, and where it comes it may be lost."""
    loop, pressed = asyncio.get_running_loop(), _Presses()

    def note(*_: object) -> None:
        loop.call_soon_threadsafe(pressed.press)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


async def _show(talk: Talk, text: str | None, resume: list[dict[str, Any]]) -> list[Interrupt]:
    from bridge.commands.chatting.screen import Screen  # noqa: PLC0415

    screen = Screen(width=shutil.get_terminal_size().columns, colors=has_colors(sys.stdout))
    try:
        async for event in talk.run(text, resume):
            _write(screen.feed(event))
    except Refused as error:
        _write(_red(f"Error: {harmless(str(error))}\n"))
        return []
    _write(screen.finish())
    return screen.interrupts


def _ask_all(waiting: list[Interrupt], last: str) -> list[dict[str, Any]]:
    """The person's answers to all questions, one after the other, as AG-UI's ``resume``."""
    from bridge.openai_compat.approval import resume_entries  # noqa: PLC0415
    from bridge.openai_compat.questions import in_words, not_understood  # noqa: PLC0415
    from bridge.openai_compat.words import language_of  # noqa: PLC0415

    answers: list[dict[str, Any]] = []
    language = language_of(last)
    for number, interrupt in enumerate(waiting, start=1):
        question = harmless(in_words(interrupt, language))
        _write((f"({number}/{len(waiting)}) " if len(waiting) > 1 else "") + question + "\n")
        while True:
            text = _read("? ")
            if not text.strip():
                continue
            entries, _ = resume_entries([{"role": "user", "content": text}], [interrupt])
            if entries:
                answers += entries
                break
            _write(harmless(not_understood(interrupt, language)) + f"\n{question}\n")
    return answers


def _greet(talk: Talk, held: Held) -> None:
    if not sys.stdin.isatty():
        return
    said = sum(message["role"] in ("user", "assistant") for message in held.messages)
    about = f"thread {harmless(talk.thread_id)}" + (f", {said} messages so far" if said else "")
    click.echo(f"{talk.agent} ({about}). Ctrl-C stops an answer, Ctrl-D leaves.", err=True)


def _last_text(held: Held) -> str:
    from bridge.openai_compat.questions import text_of  # noqa: PLC0415

    return next((text_of(message) for message in reversed(held.messages) if message["role"] == "user"), "")


def _read(prompt: str) -> str:
    """A line of the person. Raises ``EOFError`` at the end, and ``KeyboardInterrupt``."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            importlib.import_module("readline")  # so that lines can be edited, and had again
        line = input(prompt)
    else:
        line = sys.stdin.readline()
        if not line:
            raise EOFError
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace").rstrip("\n")


def _leave(runner: asyncio.Runner, talk: Talk) -> None:
    with contextlib.suppress(KeyboardInterrupt, Refused):
        runner.run(talk.close())
    if sys.stdin.isatty():
        click.echo(f"To go on: bridge chat … --thread {harmless(talk.thread_id)}", err=True)
    if getattr(talk, "busy", False):  # a plain function that nobody can stop would keep the process
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _end_line() -> None:
    if sys.stdin.isatty():
        _write("\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _red(text: str) -> str:
    return click.style(text, fg="red") if has_colors(sys.stdout) else text
