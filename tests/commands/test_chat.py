"""``bridge chat`` in a real terminal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.commands.terminal import COLOR, CTRL_C, CTRL_D, piped, terminal
from tests.server import free_port, serve


def test_an_answer_comes_word_by_word(project: Path) -> None:
    with terminal(project, "chat", "talker.py:graph") as chat:
        chat.until("> ")
        chat.type("words\n")
        chat.until("Раз, ")
        assert "два" not in chat.screen
        (project / "go").touch()
        chat.until("два.\n")
        chat.until("> ")
        chat.type(CTRL_D)
        assert chat.ends() == 0
        assert chat.left() == []


def test_russian_is_typed_corrected_and_answered_and_the_thread_keeps_it(project: Path) -> None:
    with terminal(project, "chat", "--thread", "мой-чат") as chat:
        chat.until("talker (thread мой-чат). Ctrl-C stops an answer, Ctrl-D leaves.")
        chat.until("> ")
        chat.type("Приветы\x7f\n")
        chat.until("первый: Привет (1)\n")
        chat.type("и ещё\n")
        chat.until("первый: и ещё (3)\n")
        chat.until("> ")
        chat.type(CTRL_D)
        chat.until("To go on: bridge chat … --thread мой-чат")
        assert chat.ends() == 0
    with terminal(project, "chat", "talker", "--thread", "мой-чат") as chat:
        chat.until("4 messages so far")
        chat.type("снова\n")
        chat.until("первый: снова (5)\n")


def test_a_tool_call_takes_one_line(project: Path) -> None:
    with terminal(project, "chat") as chat:
        chat.until("> ")
        chat.type("tool\n")
        shown = chat.until("первый: Казань: +3")
        assert '\n→ weather {"city":"Казань"}\n' in shown.replace('": "', '":"')
        assert shown.count("weather") == 1
        assert "\x1b[90m→ weather" in chat.screen


def test_an_approval_is_asked_with_its_text(project: Path) -> None:
    with terminal(project, "chat", "--thread", "a") as chat:
        chat.until("> ")
        chat.type("спроси\n")
        chat.until("Отправить письмо?\n")
        chat.until("Ответьте: да / нет")
        chat.until("? ")
        chat.type("может быть\n")
        chat.until("Не удалось понять ответ.")
        chat.until("Отправить письмо?\n")
        chat.until("? ")
        chat.type(CTRL_D)  # the question stays
        assert chat.ends() == 0
    with terminal(project, "chat", "--thread", "a") as chat:
        chat.until("Отправить письмо?\n")
        chat.until("? ")
        chat.type("да\n")
        chat.until("Отправлено.\n")
        chat.until("> ")


def test_ctrl_c_stops_the_answer_and_a_second_one_leaves(project: Path) -> None:
    with terminal(project, "chat") as chat:
        chat.until("> ")
        chat.type("words\n")
        chat.until("Раз, ")
        chat.type(CTRL_C)
        chat.until("(stopped)\n")
        chat.until("> ")
        chat.type("дальше\n")
        chat.until("первый: дальше")
        chat.until("> ")
        chat.type(CTRL_C)
        assert chat.ends() == 0
        assert "Traceback" not in chat.screen
        assert chat.left() == []


def test_nobody_waits_for_a_function_that_does_not_stop(project: Path) -> None:
    with terminal(project, "chat", "talker.py:blocking") as chat:
        chat.until("> ")
        chat.type("x\n")
        while not (project / "blocked").exists():
            chat.process.poll()
        chat.type(CTRL_C)
        chat.until("> ")
        chat.type(CTRL_C)
        assert chat.ends() == 0
        assert chat.left() == []


@pytest.mark.parametrize("pause", [0.02, 0.1])
def test_two_interrupts_at_once_stop_and_leave(project: Path, pause: float) -> None:
    """An exception that comes while asyncio is at work is lost in it, and shown as a traceback."""
    with terminal(project, "chat", "talker.py:blocking") as chat:
        chat.until("> ")
        chat.type("x\n")
        while not (project / "blocked").exists():
            chat.process.poll()
        chat.type(CTRL_C)
        time.sleep(pause)  # a person's fingers: two signals at once are one
        chat.type(CTRL_C)
        assert chat.ends() == 0
        assert "Traceback" not in chat.screen
        assert chat.left() == []


def test_a_failure_is_shown_in_full_and_the_chat_goes_on(project: Path) -> None:
    with terminal(project, "chat") as chat:
        chat.until("> ")
        chat.type("fail\n")
        chat.until("Error: The agent failed (ValueError).\n")
        chat.until("the shop is closed")
        assert "Traceback" not in chat.screen
        chat.until("> ")
        chat.type("hello\n")
        chat.until("первый: hello")


def test_what_an_agent_writes_cannot_work_the_terminal(project: Path) -> None:
    with terminal(project, "chat") as chat:
        chat.until("> ")
        chat.type("escape\n")
        chat.until("\\x1b[2J\\x1b]0;owned\\x07here\\u202e\n")
        assert "\x1b[2J" not in chat.screen


def test_colors_are_for_terminals_that_want_them(project: Path) -> None:
    with terminal(project, "chat", NO_COLOR="1") as chat:
        chat.until("> ")
        chat.type("tool\n")
        chat.until("первый: Казань")
        assert not COLOR.search(chat.screen)
    done = piped(project, "chat", typed="tool\nfail\n")
    assert done.returncode == 0
    assert "→ weather" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_lines_of_a_pipe_are_messages(project: Path) -> None:
    done = piped(project, "chat", "--thread", "p", typed="раз\n\nдва")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "первый: раз (1)\nпервый: два (3)\n"


def test_with_a_running_server(project: Path) -> None:
    with (
        serve(project, "talker.py:graph", "talker.py:blocking", cwd=project) as server,
        terminal(project, "chat", "--url", server.url, "--thread", "s") as chat,
    ):
        chat.until("talker (thread s)")
        chat.type("words\n")
        chat.until("Раз, ")
        chat.type(CTRL_C)
        chat.until("(stopped)\n")
        chat.type("ask\n")
        chat.until("Отправить письмо?\n")
        chat.type("нет\n")
        chat.until("Не отправлено.\n")
        with terminal(project, "chat", "talker", "--url", server.url, "--thread", "s") as other:
            other.until("messages so far")
            other.type("и я тут\n")
            other.until("первый: и я тут")
        server.terminate()
        chat.until("> ")
        chat.type("hello?\n")
        chat.until(f"Error: Nothing answers at {server.url}")
        chat.until("> ")


def test_a_server_with_a_key(project: Path) -> None:
    with serve(project, "talker.py:graph", "--api-key", "ann=sk-1", cwd=project) as server:
        refused = piped(project, "chat", "--url", server.url, typed="x\n")
        assert refused.returncode == 1
        assert refused.stderr.startswith("Error: ")
        assert "(HTTP 401)" in refused.stderr
        allowed = piped(project, "chat", "--url", server.url, typed="x\n", BRIDGE_CHAT_KEY="sk-1")
        assert allowed.stdout == "первый: x (1)\n"
        unknown = piped(project, "chat", "nobody", "--url", server.url, "--key", "sk-1")
        assert "No agent 'nobody' is served" in unknown.stderr
        assert "there are: talker" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["chat", "--url", "127.0.0.1:8000"], "must begin with http://"),
        (["chat", "--url", "http://127.0.0.1:{port}"], "Nothing answers at http://127.0.0.1:{port}"),
        (["chat", "talker.py:nothing"], "nothing"),
        (["chat", "nothere.py:graph"], "nothere"),
        (["chat", "--thread", ""], "must have 1 to 256 characters"),
        (["chat", "--db", "./talker.py/x.sqlite"], "cannot be opened"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(project: Path, arguments: list[str], why: str) -> None:
    port = free_port()
    done = piped(project, *(argument.format(port=port) for argument in arguments), typed="x\n")
    assert done.returncode != 0
    assert why.format(port=port) in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
