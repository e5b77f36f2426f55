"""``bridge dev`` in a real terminal: an edit while a conversation goes on, and everything that can go wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.commands.terminal import COLOR, CTRL_C, Terminal, environment, piped, terminal
from tests.server import free_port
from tests.tools import require_module


@pytest.fixture(autouse=True)
def _watchfiles() -> None:
    require_module("watchfiles", "watchfiles")


@contextlib.contextmanager
def dev(project: Path, *arguments: str, **env: str) -> Iterator[tuple[Terminal, str]]:
    """``bridge dev`` that serves, and its address."""
    port = free_port()
    with terminal(project, "dev", *arguments, "--port", str(port), **env) as started:
        started.until(f"Serving: talker on http://127.0.0.1:{port}\n")
        yield started, f"http://127.0.0.1:{port}"


def ask(url: str, text: str, thread: str = "t") -> str:
    body = {"message": text, "thread_id": thread}
    answer = httpx.post(f"{url}/api/copilotkit-adapter/", json=body, trust_env=False, timeout=30)
    return str(answer.json()["choices"][0]["message"]["content"])


def edit(project: Path, old: str, new: str) -> None:
    path = project / "talker.py"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def agui(text: str, thread: str = "t") -> dict[str, Any]:
    message = {"id": "m", "role": "user", "content": text}
    given: dict[str, Any] = {"tools": [], "context": [], "state": {}, "forwardedProps": {}}
    return {"threadId": thread, "runId": "r", "protocolVersion": "1.0", "messages": [message], **given}


def test_an_edit_while_a_conversation_goes_on(project: Path) -> None:
    with dev(project) as (started, url):
        assert ask(url, "hello", "a") == "первый: hello (1)"
        chat = {"model": "talker", "stream": True, "messages": [{"role": "user", "content": "words"}]}
        with (
            httpx.Client(trust_env=False, timeout=30) as client,
            client.stream("POST", f"{url}/agui/talker", json=agui("words", "b")) as events,
            client.stream("POST", f"{url}/v1/chat/completions", json=chat) as chunks,
        ):
            event_lines, chunk_lines = events.iter_lines(), chunks.iter_lines()
            assert any("Раз, " in line for line in event_lines)
            assert any("Раз, " in line for line in chunk_lines)
            edit(project, "первый", "второй")
            # both end, each in its own language
            last = [orjson.loads(line[6:]) for line in event_lines if line.startswith("data: ")]
            assert [event["type"] for event in last][-2:] == ["STEP_FINISHED", "RUN_ERROR"]
            rest = [line for line in chunk_lines if line.startswith("data: ")]
            assert rest[-1].startswith('data: {"error":{"message":"The server is shutting down."')
        # whoever comes back meanwhile waits a moment, and is served by the new code; the thread is the same
        assert ask(url, "again", "a") == "второй: again (3)"
        started.until("talker.py changed: reloading.\n")
        started.until(f"Reloaded: talker on {url}\n")


def test_a_syntax_error_is_shown_and_mended(project: Path) -> None:
    with dev(project) as (started, url):
        edit(project, 'NAME = "первый"', 'NAME = "первый')
        started.until("Error: Agent 'talker': ")
        started.until("unterminated string literal")
        started.until("talker.py, line 17:\n")
        started.until('NAME = "первый\n')
        started.until("What was served before goes on. Waiting for a change.\n")
        assert ask(url, "still") == "первый: still (1)"
        edit(project, 'NAME = "первый', 'NAME = "mended"')
        started.until("Reloaded: talker")
        assert ask(url, "now") == "mended: now (3)"
        edit(project, 'NAME = "mended"', "NAME = nothing")
        started.until("NameError")
        started.until("talker.py, line 17:\n    NAME = nothing\n")
        assert "Traceback" not in started.screen


def test_a_file_that_is_broken_from_the_start(project: Path) -> None:
    edit(project, "class Words", "class class Words")
    port = free_port()
    with terminal(project, "dev", "--port", str(port)) as started:
        started.until("talker.py, line 20:\n")
        started.until("Waiting for a change.\n")
        assert "goes on" not in started.screen
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        edit(project, "class class Words", "class Words")
        started.until(f"Serving: talker on http://127.0.0.1:{port}\n")
        assert ask(f"http://127.0.0.1:{port}", "x") == "первый: x (1)"


def test_a_module_that_the_agent_imports(project: Path) -> None:
    edit(project, 'NAME = "первый"', "from words.names import NAME")
    with terminal(project, "dev", "--port", str(free_port())) as started:
        started.until("imports 'words'")
        started.until("Waiting for a change.\n")
        (project / "words").mkdir()
        (project / "words" / "names.py").write_text('NAME = "new"')
        started.until("Serving: talker")
        (project / "words" / "notes.txt").write_text("no reason to reload")
        (project / "words" / "names.py").write_text('NAME = "newer"')
        started.until("words/names.py changed: reloading.\n", 30)
        started.until("Reloaded: talker")
        assert "notes.txt" not in started.screen


def test_what_else_is_watched(project: Path) -> None:
    (project / "prompts").mkdir()
    with dev(project, "--watch", "prompts") as (started, _):
        (project / "prompts" / "hello.md").write_text("Hello")
        started.until("prompts/hello.md changed: reloading.\n")
        started.until("Reloaded: talker")


def test_a_line_for_each_run(project: Path) -> None:
    (project / "go").touch()
    with dev(project) as (started, url):
        ask(url, "words", "моя беседа")
        line = started.until("  success\n").splitlines()[-1]
        time, agent, thread, seconds, tokens, outcome = line.split("  ")
        assert (agent, thread, tokens, outcome) == ("talker", "thread моя беседа", "42 tokens", "success")
        assert time.count(":") == 2
        assert seconds.endswith(" s")
        ask(url, "ask")
        started.until("tokens unknown  interrupt\n")
        failed = httpx.post(f"{url}/agui/talker", json=agui("fail", "f"), trust_env=False).text
        assert "the shop is closed" in failed  # errors in full
        started.until("ValueError: the shop is closed\n")
        started.until("  server_error\n")
        missing = httpx.get(f"{url}/nothing", trust_env=False)
        started.until("GET /nothing 404\n")
        assert missing.status_code == 404
        assert "\x1b[32msuccess\x1b[0m" in started.screen
        assert "\x1b[31m" in started.screen
        assert "POST" not in started.screen


def test_no_colors_where_none_are_wanted(project: Path) -> None:
    with dev(project, NO_COLOR="1") as (started, url):
        ask(url, "hello")
        started.until("  success\n")
        assert not COLOR.search(started.screen)


@pytest.mark.parametrize("how", ["opens", "--no-open", "no display"])
def test_the_browser(project: Path, how: str) -> None:
    browser = project / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > "{project}/opened.part"; mv "{project}/opened.part" "{project}/opened"\n'
    )
    browser.chmod(0o755)
    display = {} if how == "no display" else {"DISPLAY": ":99"}
    arguments = ["--no-open"] if how == "--no-open" else []
    with dev(project, *arguments, BROWSER=f"{browser} %s", **display) as (started, url):
        edit(project, "первый", "второй")
        started.until("Reloaded")
        if how == "opens":
            while not (project / "opened").exists():
                started.process.poll()
            assert (project / "opened").read_text().strip() == url
        started.type(CTRL_C)
        started.ends()
        assert (project / "opened").exists() is (how == "opens")


def test_ctrl_c_ends_at_once_and_leaves_nobody(project: Path) -> None:
    with dev(project) as (started, url), httpx.Client(trust_env=False, timeout=30) as client:
        with client.stream("POST", f"{url}/agui/talker", json=agui("words")) as events:
            lines = events.iter_lines()
            assert any("Раз, " in line for line in lines)
            started.type(CTRL_C)
            assert any("RUN_ERROR" in line for line in lines)
        assert started.ends(10) == 0
        assert started.left() == []
        assert "Traceback" not in started.screen


def test_ctrl_c_while_an_agent_does_not_stop(project: Path) -> None:
    (project / "langgraph.json").write_text('{"graphs": {"talker": "./talker.py:blocking"}, "dependencies": ["."]}')
    with dev(project) as (started, url), httpx.Client(trust_env=False, timeout=30) as client:
        with client.stream("POST", f"{url}/agui/talker", json=agui("x")) as events:
            while not (project / "blocked").exists():
                started.process.poll()
            started.type(CTRL_C)
            assert any("RUN_ERROR" in line for line in events.iter_lines())
        assert started.ends(10) == 0
        assert started.left() == []


def test_an_import_that_hangs_can_be_mended_and_ended(project: Path) -> None:
    hang = "from pathlib import Path; import time; Path('hanging').touch(); time.sleep(600)"
    with dev(project) as (started, url):
        edit(project, 'NAME = "первый"', f'{hang}\nNAME = "второй"')
        while not (project / "hanging").exists():
            started.process.poll()
        edit(project, hang, "")
        started.until("Reloaded: talker")
        assert ask(url, "x") == "второй: x (1)"
        (project / "hanging").unlink()
        edit(project, 'NAME = "второй"', f"{hang}\nNAME = 1")
        while not (project / "hanging").exists():
            started.process.poll()
        started.type(CTRL_C)
        assert started.ends(10) == 0
        assert started.left() == []


def test_a_server_that_dies_is_served_again_after_a_change(project: Path) -> None:
    edit(project, 'case "fail":', 'case "die":\n            import os\n            os._exit(3)\n        case "fail":')
    with dev(project) as (started, url):
        with pytest.raises(httpx.RemoteProtocolError):
            ask(url, "die")
        started.until("The server ended (exit status 3). Waiting for a change.\n")
        edit(project, "первый", "второй")
        started.until("Reloaded: talker")
        assert ask(url, "x", "new") == "второй: x (1)"


def test_the_server_ends_with_the_watching_process(project: Path) -> None:
    with dev(project) as (started, url):
        os.kill(started.process.pid, signal.SIGKILL)
        started.process.wait()
        while started.left():
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{url}/healthz", trust_env=False)


def test_a_port_in_use(project: Path) -> None:
    with dev(project) as (_, url):
        port = url.rpartition(":")[2]
        done = piped(project, "dev", "--port", port)
        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: Port {port} is in use.")
        assert done.stderr.count("\n") == 1
        served = piped(project, "serve", "--port", port)
        assert served.returncode != 0
        assert served.stderr.splitlines()[-1] == done.stderr.strip()


def test_without_anything_to_serve(tmp_path: Path) -> None:
    done = piped(tmp_path, "dev")
    assert done.returncode == 1
    assert "There is no langgraph.json here" in done.stderr


def test_without_watchfiles(project: Path) -> None:
    code = "import sys; sys.modules['watchfiles'] = None; from bridge.cli import main; main(['dev'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: bridge dev watches files with the package watchfiles, which is not installed: pip install watchfiles. "
        "Without it: bridge serve --reveal-errors.\n"
    )
