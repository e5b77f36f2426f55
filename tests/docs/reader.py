"""The reader of the documentation: a folder for each page, and a shell in which its commands stay on this machine."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from tests.docs.blocks import blocks_of, pages
from tests.server import ROOT

WRITTEN = "http://127.0.0.1:8000"
"""The address that the documentation speaks of."""
CHECKOUT = "/путь/к/репозиторию"
"""What docs/ru calls the folder of the repository."""

# A real environment, in which pip has no index: its dependencies are this environment's.
_VENV = f"""if [ "$1 $2" = "-m venv" ]; then
  "{sys.executable}" "$@"
  site=$("$3/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  echo "{sysconfig.get_paths()["purelib"]}" > "$site/dependencies.pth"
  printf '[global]\\nno-index = yes\\nno-build-isolation = no\\ndisable-pip-version-check = yes\\n' > "$3/pip.conf"
  printf '[install]\\nno-deps = yes\\nignore-installed = yes\\n' >> "$3/pip.conf"
  exit
fi
exec "{sys.executable}" "$@\""""
COMMANDS = {
    "bridge": f'exec "{sys.executable}" -m bridge.cli "$@"',
    "python": _VENV,
    "uvicorn": f'exec "{sys.executable}" -m uvicorn "$@"',
    # says what it would do
    "make": f'PATH="${{PATH#*:}}" exec make --dry-run --directory="{ROOT}" "$@"',
    # fails on an HTTP error
    "curl": 'PATH="${PATH#*:}" exec curl --fail-with-body --silent --show-error "$@"',
    # installs nothing, and fails where what it is to install is not here
    "pip": f'cd "{ROOT}" && exec "{sys.executable}" -m pip "$@" --quiet --dry-run --no-index --no-build-isolation',
    # the packages are here already; Vite gets its options after `--`
    "npm": """case "$1" in
  ci) exec test -d node_modules ;;
  *) script=$2; shift 2; PATH="${PATH#*:}" exec npm run --silent "$script" -- "$@" ;;
esac""",
}


def make_commands(folder: Path) -> dict[str, str]:
    """The reader's environment: these commands come first, and nobody's settings are in it."""
    for name, runs in COMMANDS.items():
        command = folder / name
        command.write_text(f"#!/bin/sh\n{runs}\n", "utf-8")
        command.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "BRIDGE_", "AGENT_"))}
    return {
        **kept,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        # of others: the pip that venv brings, and the SDK's WebSockets, opened as before websockets 17.1
        "PYTHONWARNINGS": "error,ignore:pkg_resources is deprecated as an API,ignore:connect() must be",
        "DEMO_MODEL_DELAY": "0",
    }


def make_folders(folder: Path) -> dict[Path, Path]:
    """A folder for each page, with the files that the page tells its reader to write; docs/ru is one reader's way."""
    made = {}
    for page in pages():
        own = page.parent == ROOT / "docs" / "ru"
        made[page] = folder / ("ru" if own else "-".join(page.relative_to(ROOT).with_suffix("").parts))
        made[page].mkdir(exist_ok=True)
        for block in blocks_of(page):
            if block.mark == "file":
                path = made[page] / block.said
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, "utf-8")
    return made
