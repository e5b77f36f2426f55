"""Threads that a database is asked in: cheaper than an executor, which makes two futures for each question."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

Result = TypeVar("Result")

_AT_ONCE = 16
"""Answers of a thread that is the only one that are given together: to wake the event loop costs more than most do."""


class _Question(NamedTuple):
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class _Answer(NamedTuple):
    to: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Askers:
    """So many threads, which answer questions in the order in which they come. They begin with the first one."""

    def __init__(self, threads: int, name: str) -> None:
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._at_once = _AT_ONCE if threads == 1 else 1  # else one would take what another could answer meanwhile
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for _ in range(threads)]
        self._begun = False
        self._closed = False

    async def ask(self, work: Callable[[], Result]) -> Result:
        """The result of ``work``, called in a thread. Raises what it raises, and ``RuntimeError`` once it is closed.

        Who is cancelled before it is called has it not called.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        if not self._begun:
            self._begun = True
            for thread in self._threads:
                thread.start()
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._questions.put(_Question(work, answer))
        return await answer

    def close(self) -> None:
        """End the threads, after the questions that there are."""
        self._closed = True
        for _ in self._threads:
            self._questions.put(None)

    def _work(self) -> None:
        question: _Question | None
        while (question := self._questions.get()) is not None:
            answers: list[_Answer] = []
            with suppress(queue.Empty):
                while question is not None:
                    if not question.answer.cancelled():
                        answers.append(_answered(question))
                    if len(answers) == self._at_once:
                        break
                    question = self._questions.get_nowait()
            _give(answers)
            if question is None:
                return


def _answered(question: _Question) -> _Answer:
    try:
        return _Answer(question.answer, question.work())
    except StopIteration as error:  # a future refuses one: https://docs.python.org/3/library/asyncio-future.html
        failed = RuntimeError("a question raised StopIteration")
        failed.__cause__ = error
        return _Answer(question.answer, error=failed)
    except BaseException as error:
        return _Answer(question.answer, error=error)


def _give(answers: Sequence[_Answer]) -> None:
    while answers:
        loop = answers[0].to.get_loop()
        with suppress(RuntimeError):  # it is closed: nobody waits there any more
            loop.call_soon_threadsafe(_tell, [one for one in answers if one.to.get_loop() is loop])
        answers = [one for one in answers if one.to.get_loop() is not loop]


def _tell(answers: Sequence[_Answer]) -> None:
    for to, result, error in answers:
        if to.cancelled():
            continue
        if error is None:
            to.set_result(result)
        else:
            to.set_exception(error)
