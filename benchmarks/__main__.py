"""``python -m benchmarks [--quick] [PART …]``: measure, print, and write RESULTS.md when all parts were asked for."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence

from benchmarks import (
    bodies,
    cold_start,
    concurrency,
    copilotkit,
    crowd,
    first_event,
    history,
    memory,
    parts,
    report,
    requests,
    single,
    targets,
    translators,
)
from benchmarks.contenders import SERVERS, Arena, arena
from benchmarks.report import Table
from benchmarks.scale import FULL, QUICK, Scale

LIMIT = 45 * 60
"""Seconds after which no further part is begun. All of them need about half of it."""

PARTS: dict[str, Callable[[Arena, Scale], Iterable[Table]]] = {
    "single": single.measure,
    "first": first_event.measure,
    "requests": requests.measure,
    "copilotkit": copilotkit.measure,
    "many": concurrency.measure,
    "load": crowd.measure,
    "bodies": bodies.measure,
    "memory": memory.measure,
    "parts": parts.measure,
    "translators": translators.measure,
    "history": history.measure,
    "cold": cold_start.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="small loads, two rounds: to see that it works")
    parser.add_argument("--rounds", type=int, help="rounds of each comparison")
    parser.add_argument("--servers", nargs="*", default=list(SERVERS), help=f"some of: {', '.join(SERVERS)}")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    scale = QUICK if args.quick else FULL
    if args.rounds:
        scale = dataclasses.replace(scale, rounds=args.rounds)
    before = report.load()
    with arena(args.servers) as made:
        for name, reason in made.absent.items():
            print(f"not measured: {name}: {reason}\n", flush=True)
        tables, failed = measured(args.parts or list(PARTS), made, scale)
    verdicts, remarks = targets.verdicts(tables), targets.remarks(tables)
    print("\n".join([*verdicts, "", *remarks]))
    if not args.parts:
        report.RESULTS.write_text(
            report.page(tables, verdicts, remarks, made.absent | failed, quick=args.quick, before=before)
        )
        print(f"written: {report.RESULTS.name}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def measured(names: Sequence[str], made: Arena, scale: Scale) -> tuple[list[Table], dict[str, str]]:
    """The tables of these parts, printed as they come; and what failed, and why. The others do not suffer from it."""
    tables: list[Table] = []
    failed: dict[str, str] = {}
    begun = time.monotonic()
    for number, name in enumerate(names, 1):
        start = time.monotonic()
        if start - begun > LIMIT:
            failed[name] = "no time was left"
            continue
        print(f"({number} of {len(names)}: {name}, after {start - begun:.0f} s)\n", flush=True)
        try:
            for table in PARTS[name](made, scale):
                tables.append(table)
                print(table, flush=True)
        except Exception as error:  # what was measured until now is worth having, whatever this is
            traceback.print_exc()
            failed[name] = f"{type(error).__name__}: {error}"
        print(f"({name}: {time.monotonic() - start:.0f} s)\n", flush=True)
    return tables, failed


if __name__ == "__main__":
    main()
