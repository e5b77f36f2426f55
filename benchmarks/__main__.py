"""``python -m benchmarks [--quick] [PART …]``: measure, print, and write RESULTS.md when everything was measured."""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable

from benchmarks import (
    cold_start,
    concurrency,
    first_event,
    history,
    memory,
    parts,
    report,
    single,
    targets,
    translators,
)
from benchmarks.contenders import SERVERS, Arena, arena
from benchmarks.report import Table
from benchmarks.scale import FULL, QUICK, Scale

PARTS: dict[str, Callable[[Arena, Scale], list[Table]]] = {
    "single": single.measure,
    "first": first_event.measure,
    "many": concurrency.measure,
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
    tables: list[Table] = []
    before = report.load()
    with arena(args.servers) as made:
        for name, reason in made.absent.items():
            print(f"not measured: {name}: {reason}\n", flush=True)
        for part in args.parts or PARTS:
            start = time.monotonic()
            for table in PARTS[part](made, scale):
                tables.append(table)
                print(table, flush=True)
            print(f"({part}: {time.monotonic() - start:.0f} s)\n", flush=True)
    verdicts = targets.verdicts(tables)
    print("\n".join(verdicts))
    if not args.parts:
        report.RESULTS.write_text(
            report.page(tables, verdicts, targets.remarks(tables), made.absent, quick=args.quick, before=before)
        )
        print(f"written: {report.RESULTS}")


if __name__ == "__main__":
    main()
