"""``make audit``: what pip-audit and npm audit know of the packages that are locked. Reports; its exit status is 0.

    python .ci/audit.py [folder with a package-lock.json]…

A database that could not be reached is reported too: silence would look like good news.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
SECONDS = 60


def audit_python(lock: Path) -> list[str]:
    """One line a vulnerability of the packages in a lock file; what went wrong where nothing can be said."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip", "--format", "json"]
    found, why = _json_of([*command, "--progress-spinner", "off", "--timeout", "15"])
    if found is None:
        return [f"could not ask pip-audit's database: {why}"]
    return python_lines(found)


def python_lines(found: Any) -> list[str]:
    """What pip-audit's JSON says. A package that the database does not know was not looked at."""
    packages = found["dependencies"]
    lines = [
        f"{package['name']} {package['version']}: {known['id']}, mended in {', '.join(known['fix_versions']) or 'none'}"
        for package in packages
        for known in package.get("vulns", ())
    ]
    skipped = [package for package in packages if "skip_reason" in package]
    if skipped:
        lines.append(
            f"{len(skipped)} of {len(packages)} packages could not be asked about: {skipped[0]['skip_reason']}"
        )
    return lines


def audit_node(folder: Path) -> list[str]:
    """The same for the packages of a ``package-lock.json``."""
    npm = shutil.which("npm")
    if npm is None:
        return ["could not ask npm: it is not here"]
    found, why = _json_of([npm, "audit", "--json", "--package-lock-only", "--prefix", str(folder)])
    return node_lines(found, why)


def node_lines(found: Any, why: str) -> list[str]:
    """What npm's JSON says, or ``why`` there is none."""
    if found is None or "vulnerabilities" not in found:
        reason = (found or {}).get("message") or (found or {}).get("error", {}).get("summary") or why
        return [f"could not ask npm's database: {reason}"]
    return [f"{name} {known['range']}: {known['severity']}" for name, known in found["vulnerabilities"].items()]


def _json_of(command: Sequence[str]) -> tuple[Any, str]:
    """What a command writes as JSON, or ``None`` and why not. Both tools end with 1 when they found something."""
    try:
        # the commands are the two above
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, type(error).__name__
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return None, lines[-1].strip()[:200] if lines else f"exit status {done.returncode}"


def main(folders: Sequence[str]) -> None:
    """Report, one heading for each lock file."""
    for name in LOCKS:
        _report(name, audit_python(ROOT / name))
    for folder in folders:
        _report(f"{folder}/package-lock.json", audit_node(ROOT / folder))


def _report(name: str, lines: Sequence[str]) -> None:
    print(f"{name}: {'nothing is known against it' if not lines else ''}".rstrip())  # noqa: T201 - a report
    for line in lines:
        print(f"  {line}")  # noqa: T201 - a report


if __name__ == "__main__":
    main(sys.argv[1:])
