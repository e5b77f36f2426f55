"""`make eval`: all requests against the model that the environment names, and a table.

Without `OPENAI_BASE_URL` and `OPENAI_API_KEY` that is the demo model. The exit code is 0 when at least
`EVAL_PASS` percent held (100 for the demo model, 80 for a real one).
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.evaluation.dialogues import GROUPS
from tests.evaluation.run import Outcome, evaluate, fixed_clock, seeded

KINDS = ("calls", "arguments", "rows", "facts", "language")


async def evaluate_all(*, strict: bool) -> dict[str, list[Outcome]]:
    """The outcomes of every request, by group."""
    outcomes: dict[str, list[Outcome]] = {}
    with tempfile.TemporaryDirectory() as name, fixed_clock():
        folder = Path(name)
        seed = await seeded(folder)
        for group, dialogues in GROUPS.items():
            outcomes[group] = []
            for number, dialogue in enumerate(dialogues):
                outcomes[group] += await evaluate(dialogue, seed, folder / f"{group}-{number}.sqlite", strict=strict)
    return outcomes


def table(outcomes: dict[str, list[Outcome]]) -> str:
    """One line for each group: how many requests, how many held, what was wrong with the others, seconds each."""
    head = ["group", "requests", "held", *KINDS, "s/request"]
    lines = [_line(group, entries) for group, entries in outcomes.items()]
    lines.append(_line("all", [entry for entries in outcomes.values() for entry in entries]))
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    aligned = [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in [head, *lines]
    ]
    return "\n".join([*failures(outcomes), *aligned])


def failures(outcomes: dict[str, list[Outcome]]) -> list[str]:
    """What was wrong, request by request."""
    wrong = [entry for entries in outcomes.values() for entry in entries if entry.wrong]
    return [f"✗ {entry.step.text}\n    " + "\n    ".join(entry.wrong.values()) for entry in wrong]


def _line(group: str, entries: Sequence[Outcome]) -> list[str]:
    held = sum(not entry.wrong for entry in entries)
    faults = [str(sum(kind in entry.wrong for entry in entries)) for kind in KINDS]
    seconds = sum(entry.seconds for entry in entries) / max(1, len(entries))
    return [group, str(len(entries)), str(held), *faults, f"{seconds:.2f}"]


def main() -> int:
    """Run, print, and say by the exit code whether enough held."""
    real = bool(os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"))
    os.environ.setdefault("DEMO_MODEL_DELAY", "0")
    outcomes = asyncio.run(evaluate_all(strict=not real))
    entries = [entry for group in outcomes.values() for entry in group]
    held = 100 * sum(not entry.wrong for entry in entries) / len(entries)
    model = os.environ.get("OPENAI_MODEL") or "the endpoint's usual model"
    sys.stdout.write(f"{table(outcomes)}\n\n{model if real else 'the demo model'}: {held:.0f} % held\n")
    return 0 if held >= float(os.environ.get("EVAL_PASS") or (80 if real else 100)) else 1


if __name__ == "__main__":
    sys.exit(main())
