"""A model on the wire: `@copilotkit/aimock` as an OpenAI-compatible server with prepared answers.

What a fixture can say (`match`, `response`, and timing beside them) is aimock's own, in JSON. The first that
matches answers; `hasToolResult` tells the two halves of a tool round trip apart.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import orjson

from tests.clients.node import HERE, ClientCrashedError
from tests.tools import require_node, require_npm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Fixture = dict[str, Any]


@dataclass(frozen=True)
class ModelServer:
    """A running aimock: `base_url` is what an OpenAI client wants, `/v1` included."""

    url: str

    @property
    def base_url(self) -> str:
        """The address for OPENAI_BASE_URL."""
        return f"{self.url}/v1"

    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the chat requests so far, oldest first. Blocks for one request on loopback."""
        with urlopen(f"{self.url}/__aimock/journal", timeout=10) as answer:
            return [entry["body"] for entry in orjson.loads(answer.read()) if entry["path"].endswith("/completions")]


def text(asked: str, answer: str, **response: Any) -> Fixture:
    """A message with `asked` in it gets `answer`, in pieces of a few letters, with usage."""
    return {
        "match": {"userMessage": asked, "hasToolResult": False},
        "response": {"content": answer, "usage": count_usage(asked, answer), **response},
        "chunkSize": 6,
    }


def tool_calls(asked: str, calls: Mapping[str, Mapping[str, Any]], answer: str) -> list[Fixture]:
    """A message with `asked` in it gets `calls` (name: arguments), then `answer`.

    A call that the request does not declare is made all the same: a model can err.
    """
    made = [{"name": name, "arguments": dict(arguments)} for name, arguments in calls.items()]
    return [
        {
            "match": {"userMessage": asked, "hasToolResult": False},
            "response": {"toolCalls": made, "usage": count_usage(asked, str(made))},
            "chunkSize": 8,
        },
        {
            "match": {"userMessage": asked, "hasToolResult": True},
            "response": {"content": answer, "usage": count_usage(asked, answer)},
            "chunkSize": 6,
        },
    ]


def failure(asked: str, status: int, message: str, **error: str) -> Fixture:
    """A message with `asked` in it gets this HTTP error."""
    return {
        "match": {"userMessage": asked},
        "response": {"error": {"message": message, **error}, "status": status},
    }


def cut(asked: str, answer: str, after: int) -> Fixture:
    """The connection breaks after so many pieces of `answer`, which come 20 ms apart."""
    return {**text(asked, answer), "truncateAfterChunks": after, "latency": 20}


def count_usage(asked: str, answer: str) -> dict[str, int]:
    """A usage that is plausible and that a test can predict: a token is a word."""
    read, written = len(asked.split()) + 10, len(answer.split())
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


RUSSIAN: tuple[Fixture, ...] = (
    *tool_calls("воронк", {"pipeline_report": {"period": "quarter"}}, "В воронке 42 сделки на 12,5 млн ₽."),
    *tool_calls(
        "лид и сегмент",
        {"find_leads": {"query": "банк", "limit": 3}, "segment_customers": {"by": "отрасль"}},
        "Нашла три лида и два сегмента.",
    ),
    text("маркетинг", "Помогу с маркетингом: начнём с сегментов, затем соберём письмо и назначим рассылку."),
    text("подумай", "Готово: скидка в 7 % окупится.", reasoning="Считаю маржу по сделкам."),
    failure("лимит", 429, "Слишком много запросов", type="rate_limit_error", code="rate_limit_exceeded"),
    failure("сбой", 500, "Внутренняя ошибка модели", type="server_error"),
    cut("обрыв", "Эта фраза обрывается на полуслове и до конца не дойдёт.", after=4),
    text("", "Здравствуйте! Чем помочь?"),
)
"""A model that answers in Russian; the last fixture answers anything."""


@contextmanager
def serve_model(fixtures: Sequence[Fixture] = RUSSIAN, **options: Any) -> Iterator[ModelServer]:
    """Serve `fixtures` on a free port of loopback until the block ends.

    `options` are aimock's (`latency` between pieces in ms, `chunkSize` in letters, …).

    Raises:
        ClientCrashedError: aimock did not start, for instance because it refuses a fixture.
    """
    node = require_node()
    require_npm("tests/clients")
    server = subprocess.Popen(
        [node, "aimock.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with server:  # leaving closes stdin, which is how the program is told to stop, and waits for its end
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdin.write(orjson.dumps({"fixtures": list(fixtures), "options": options}) + b"\n")
        server.stdin.flush()
        first = server.stdout.readline()
        if not first:
            raise ClientCrashedError(f"aimock did not start: {server.stderr.read().decode()[-4000:]}")
        yield ModelServer(orjson.loads(first)["url"])
