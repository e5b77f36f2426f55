"""How the command starts: its names, its version, what it imports, and what a shell completes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from bridge.cli import COMMANDS, main
from tests.commands.terminal import environment, piped
from tests.server import ROOT
from tests.tools import give_up

HEAVY = ("langchain_core", "langgraph", "pydantic", "sqlalchemy", "starlette", "uvicorn", "httpx")


@pytest.mark.parametrize("asked", ["--version", "--help"])
def test_a_version_and_a_list_of_commands_import_next_to_nothing(asked: str) -> None:
    code = (
        "import sys; from bridge.cli import main; main(sys.argv[1:], standalone_mode=False);"
        f"print('imported:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, asked], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "imported:"


def test_every_file_is_a_command_of_its_name() -> None:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help
        assert (ROOT / "bridge" / "commands" / f"{name}.py").exists()
    assert main.get_command(context, "nothing") is None


def test_python_m_bridge_and_its_version() -> None:
    done = piped(ROOT, "--version")
    assert done.stdout == f"python -m bridge, version {version('agent-bridge')}\n"
    listed = piped(ROOT, "-h").stdout
    assert all(f"\n  {name} " in listed for name in COMMANDS)
    wrong = piped(ROOT, "sevre")
    assert wrong.returncode == 2
    assert "No such command 'sevre'" in wrong.stderr


def completed(cwd: Path, shell: str, words: str, at: int) -> str:
    """What a shell's completion script is given, as it asks."""
    code = "from bridge.cli import main; main(prog_name='bridge')"
    env = environment(_BRIDGE_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=str(at))
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_what_is_completed(project: Path, shell: str) -> None:
    assert set(COMMANDS) <= set(completed(project, shell, "bridge ", 1).replace(",", "\n").split("\n"))
    assert "check" in completed(project, shell, "bridge che", 1)
    assert "talker" in completed(project, shell, "bridge draw ", 2)
    assert "--no-open" in completed(project, shell, "bridge dev --no", 2)
    assert "file" in completed(project, shell, "bridge draw src/", 2)


SCRIPTS = {
    "bash": """
eval "$(_BRIDGE_COMPLETE=bash_source bridge)"
COMP_WORDS=(bridge dr) COMP_CWORD=1
_bridge_completion bridge dr bridge
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "zsh": """
autoload -Uz compinit && compinit -u -D
compadd() { print -r -- "$@" }
_describe() { print -r -- ${(P)3} ${(P)5} }
eval "$(_BRIDGE_COMPLETE=zsh_source bridge)"
words=(bridge dr) CURRENT=2
_bridge_completion
""",
    "fish": """
_BRIDGE_COMPLETE=fish_source bridge | source
complete --do-complete "bridge dr"
""",
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_real_shell_completes(project: Path, tmp_path: Path, shell: str) -> None:
    path = shutil.which(shell)
    if path is None:
        give_up(shell, f"apt-get install {shell}")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "bridge").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bridge.cli "$@"\n')
    (folder / "bridge").chmod(0o755)
    env = environment()
    done = subprocess.run(
        [path, "-c", SCRIPTS[shell]],
        cwd=project,
        env={**env, "PATH": f"{folder}:{env['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "draw" in done.stdout
    assert "dev" not in done.stdout


CHURN = """
from pathlib import Path
from bridge.commands.memory import return_large_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20

return_large_memory()
bytearray(8 << 20)
before, large, small = resident(), [], []
for _ in range(20):
    large.append(bytearray(6 << 20))
    small.append(bytearray(100_000))
most = resident()
large.clear()
print(most - before, resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is asked only on Linux: run this there")
def test_large_memory_is_the_system_s_again_while_small_pieces_stay() -> None:
    done = subprocess.run([sys.executable, "-c", CHURN], env=environment(), capture_output=True, text=True, check=True)
    most, left = map(int, done.stdout.split())
    assert most >= 120
    assert left < 20


PIECES = """
from bridge.commands.memory import FREED, Heap
from pathlib import Path

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

heap = Heap()
assert heap.known
before = resident()
pieces = [bytearray(60_000) for _ in range(5_000)]
most = resident()
kept = pieces[::100]
pieces.clear()
held = resident()
assert heap.look()
left = resident()
assert not heap.look()  # nothing new is free
print(*((size - before) >> 20 for size in (most, held, left)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is asked only on Linux: run this there")
def test_small_free_pieces_go_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", PIECES], env=environment(), capture_output=True, text=True, check=True)
    most, held, left = map(int, done.stdout.split())
    assert most >= held >= 200  # the C library keeps them
    assert left < 60
