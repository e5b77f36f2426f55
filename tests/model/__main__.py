"""`make model`: a Russian conversation with a real model through all three addresses, AG-UI and the OpenAI API.

First with a small graph, then README's own question with the sales agent, whose tools are beyond such a model. What the
model says is not judged. What is sent must be legal, whole letters, with a true end and a true usage.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bridge.agui import Verifier
from bridge.openai_compat import fold
from tests.http.talking import chat, chunks_of, events_of, run_input, text_of
from tests.server import ROOT, free_port, serve

PYTHON = ROOT / "tests" / "model" / ".venv" / "bin" / "python"
QUESTIONS = ("Привет! Расскажи о себе 🙂", "А что ты умеешь?")
REASONS = ("stop", "length")
QUESTION = "Какая у нас воронка продаж?"
CONTEXT = 2048
SALES_CONTEXT = 8192
"""Tokens: the sales agent's prompt and its tools are some 3,000."""
MOST = 24
"""Tokens of an answer, as `tests.model.chat` asks for them."""

Checks = tuple[tuple[Callable[[httpx.Client, str], None], str], ...]
"""A check, and the path that it is of."""


@contextmanager
def model_server(directory: Path, context: int = CONTEXT) -> Iterator[str]:
    """Its address, when it answers. ``context``: tokens."""
    port = free_port()
    with (directory / "model.log").open("wb") as log:
        command = [str(PYTHON), "-m", "tests.model.llama", str(port), str(context)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"{url}/health", trust_env=False).status_code == httpx.codes.OK:
                    yield url
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError((directory / "model.log").read_text("utf-8", "replace")[-2000:])
    finally:
        process.terminate()
        process.wait(30)


def check_text(text: str) -> None:
    assert text.strip(), "no text"
    assert "\ufffd" not in text, text
    text.encode("utf-8")  # no half of a pair


def check_usage(usage: dict[str, Any]) -> None:
    assert usage["prompt_tokens"] > 0 < usage["completion_tokens"] <= MOST, usage
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"], usage


def check_chunks(body: bytes) -> str:
    chunks = chunks_of(body)
    whole = fold(chunks)
    assert whole["choices"][0]["finish_reason"] in REASONS, whole
    check_usage(whole["usage"])
    text = str(whole["choices"][0]["message"]["content"])
    assert text == text_of(chunks)
    check_text(text)
    return text


def check_completion(answer: dict[str, Any]) -> str:
    assert answer["choices"][0]["finish_reason"] in REASONS, answer
    check_usage(answer["usage"])
    text = str(answer["choices"][0]["message"]["content"])
    check_text(text)
    return text


def streamed(client: httpx.Client, path: str) -> None:
    """Two turns of a client that keeps the history itself."""
    said: list[str] = []
    for question in QUESTIONS:
        body = chat(*said, question, stream=True, stream_options={"include_usage": True})
        answer = client.post(path, json=body)
        answer.raise_for_status()
        said += [question, check_chunks(answer.content)]


def one_piece(client: httpx.Client, path: str) -> None:
    """Two turns in a thread that is named."""
    for question in QUESTIONS:
        answer = client.post(path, json={"message": question, "thread_id": f"{path}-1"})
        answer.raise_for_status()
        check_completion(answer.json())


def agui(client: httpx.Client, path: str) -> None:
    """Two turns, each verified; the second one's snapshot has the first one's text."""
    before = ""
    for question in QUESTIONS:
        answer = client.post(path, json=run_input(question, thread=f"{path}-agui"))
        answer.raise_for_status()
        events = events_of(answer.content)
        verifier = Verifier()
        for event in events:
            verifier.feed(event)
        verifier.finish()
        assert events[-1]["type"] == "RUN_FINISHED", events[-1]
        [usage] = events[-1]["usage"]
        assert usage["inputTokens"] > 0 < usage["outputTokens"], usage
        [snapshot] = [event for event in events if event["type"] == "MESSAGES_SNAPSHOT"]
        texts = [message.get("content") for message in snapshot["messages"]]
        assert texts[-1] == text_of(events)
        assert not before or before in texts
        before = text_of(events)
        check_text(before)


def envelope(client: httpx.Client, path: str) -> None:
    """CopilotKit's single endpoint."""
    body = run_input(QUESTIONS[0], thread="copilotkit")
    sent = {"method": "agent/run", "params": {"agentId": "default"}, "body": body}
    answer = client.post(path, json=sent, headers={"Accept": "text/event-stream"})
    answer.raise_for_status()
    events = events_of(answer.content)
    assert events[-1]["type"] == "RUN_FINISHED", events[-1]
    check_text(text_of(events))


def wiring(client: httpx.Client, path: str) -> None:
    """The fixed answer, which asks no model."""
    assert client.get(path).json()["status"] == "ok"
    check_text(text_of(chunks_of(client.post(path, json=chat("Привет")).content)))


CHECKS: Checks = (
    (streamed, "/v1/chat/completions"),
    (one_piece, "/api/copilotkit-adapter/"),
    (streamed, "/api/copilotkit-streaming/"),
    (envelope, "/api/copilotkit-streaming/"),
    (wiring, "/api/test-copilotkit/"),
    (agui, "/agui/default"),
)


def too_long(client: httpx.Client, path: str) -> None:
    """More than the model's context holds."""
    answer = client.post(path, json=chat("слово " * CONTEXT))
    assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text
    assert answer.json()["error"]["code"] == "context_length_exceeded", answer.text


def sales_chunks(client: httpx.Client, path: str) -> None:
    """README's question over OpenAI's chunks: a whole answer, or a failure of the agent that is said."""
    body = chat(QUESTION, stream=True, stream_options={"include_usage": True}, max_completion_tokens=MOST)
    answer = client.post(path, json=body)
    if answer.status_code != httpx.codes.OK:
        check_failure(answer.json()["error"])
        return
    chunks = chunks_of(answer.content)
    if "error" in chunks[-1]:
        check_failure(chunks[-1]["error"])
        return
    whole = fold(chunks)
    assert whole["choices"][0]["finish_reason"] in REASONS, whole
    assert whole["usage"]["completion_tokens"] > 0, whole
    assert "\ufffd" not in text_of(chunks)


def sales_whole(client: httpx.Client, path: str) -> None:
    """The same in one piece."""
    answer = client.post(path, json=chat(QUESTION, max_completion_tokens=MOST))
    if answer.status_code != httpx.codes.OK:
        check_failure(answer.json()["error"])
        return
    assert answer.json()["choices"][0]["finish_reason"] in REASONS, answer.text


def sales_events(client: httpx.Client, path: str) -> None:
    """The same over AG-UI."""
    events = events_of(client.post(path, json=run_input(QUESTION)).content)
    verifier = Verifier()
    for event in events:
        verifier.feed(event)
    verifier.finish()
    if events[-1]["type"] == "RUN_ERROR":
        check_failure(events[-1])
    else:
        assert events[-1]["type"] == "RUN_FINISHED", events[-1]


def check_failure(error: dict[str, Any]) -> None:
    """A small model may well fail at the agent's tools; then this is said, and by no word that is not true."""
    assert error["code"] in ("server_error", "upstream_error", "upstream_empty", "upstream_refused"), error
    sys.stdout.write(f"           (the agent failed: {error['message']})\n")


SALES: Checks = (
    (sales_chunks, "/v1/chat/completions"),
    (sales_chunks, "/api/copilotkit-streaming/"),
    (sales_whole, "/api/copilotkit-adapter/"),
    (wiring, "/api/test-copilotkit/"),
    (sales_events, "/agui/sales-marketing"),
)


def held(url: str, checks: Checks) -> int:
    """One line for each check; how many did not hold."""
    failed = 0
    with httpx.Client(base_url=url, timeout=600, trust_env=False) as client:
        for check, path in checks:
            begun = time.monotonic()
            try:
                check(client, path)
                said = "yes"
            except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
                failed += 1
                said = f"no: {str(error)[:300] or type(error).__name__}"
            sys.stdout.write(f"{check.__name__:12} {path:32} {time.monotonic() - begun:5.1f} s  {said}\n")
            sys.stdout.flush()
    return failed


def main() -> int:
    """0 when all held, 1 when something did not, 2 where the model cannot be served."""
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        try:
            with model_server(directory) as model:
                small = {"MODEL_URL": f"{model}/v1"}
                with serve(directory, "tests.model.chat:graph", env=small) as bridge:
                    failed += held(bridge.url, (*CHECKS, (too_long, "/v1/chat/completions")))
            with model_server(directory, SALES_CONTEXT) as model:
                sales = {"OPENAI_BASE_URL": f"{model}/v1", "OPENAI_MODEL": "smollm2"}
                (directory / "sales").mkdir()
                with serve(directory / "sales", env=sales) as bridge:
                    failed += held(bridge.url, SALES)
        except (OSError, RuntimeError) as error:
            sys.stderr.write(f"The model cannot be served here: {str(error).strip().splitlines()[-1]}\n")
            return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
