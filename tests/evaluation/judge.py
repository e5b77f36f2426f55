"""Whether what came of a step is what was expected; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphs.crm import vocabulary
from graphs.crm.names import best_matches
from graphs.demo.products import mentions
from tests.evaluation.script import Call, Step

RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)
# What a model may add of its own without changing what was asked.
FREE = {"goal", "tone", "reason", "subject", "body", "name", "limit", "offset"}
READERS = {"find_leads", "find_deals", "pipeline_report", "search_products", "segment_customers", "campaign_report"}
VOCABULARIES: dict[str, Mapping[str, Sequence[str]]] = {"city": vocabulary.CITIES, "industry": vocabulary.INDUSTRIES}


@dataclass
class _Named:
    company: str


@dataclass
class Came:
    """What came of a step."""

    calls: list[Call] = field(default_factory=list)
    text: str = ""
    failed: bool = False  # a tool refused
    interrupted: bool = False
    rows: dict[str, int] = field(default_factory=dict)  # growth, by table
    last: dict[str, dict[str, Any]] = field(default_factory=dict)


def judge(step: Step, came: Came, language: str, companies: Sequence[str], *, strict: bool) -> dict[str, str]:
    """What is wrong, by kind: "calls", "arguments", "rows", "facts", "language". Empty when all is well.

    Not `strict`, as for a real model: it may read more than it must, and ask without a question mark.
    """
    wrong: dict[str, str] = {}
    calls = came.calls
    if not strict:
        wanted = {tool for tool, _ in step.calls}
        calls = [entry for entry in calls if entry[0] in wanted or entry[0] not in READERS]
    if [tool for tool, _ in calls] != [tool for tool, _ in step.calls]:
        wrong["calls"] = f"called {[tool for tool, _ in calls]}, expected {[tool for tool, _ in step.calls]}"
    else:
        faults = [fault for got, want in zip(calls, step.calls, strict=True) if (fault := _arguments(got, want))]
        if faults:
            wrong["arguments"] = "; ".join(faults)
    growth = {table: count for table, count in came.rows.items() if count}
    if growth != step.rows:
        wrong["rows"] = f"tables grew by {growth}, expected {step.rows}"
    for table, values in step.last.items():
        held = came.last.get(table, {})
        if any(held.get(name) != value for name, value in values.items()):
            found = {name: held.get(name) for name in values}
            wrong["rows"] = f"newest row of {table} has {found}, expected {values}"
    if step.error != came.failed or (step.approval is not None) != came.interrupted:
        wrong["rows"] = f"refused: {came.failed}, approval asked: {came.interrupted}"
    if fault := _text(step, came, strict=strict):
        wrong["facts"] = fault
    if language == "en" and (left := _russian(came.text, companies)):
        wrong["language"] = f"Russian in an English answer: {left!r}"
    return wrong


def _arguments(got: Call, want: Call) -> str:
    tool, arguments = got
    expected = want[1]
    for name, value in expected.items():
        if not _same(name, arguments.get(name), value):
            return f"{tool}: {name} is {arguments.get(name)!r}, expected {value!r}"
    added = {name: value for name, value in arguments.items() if value is not None} if tool != "search_products" else {}
    if further := set(added) - set(expected) - FREE:
        return f"{tool}: {sorted(further)} given, not expected"
    return ""


def _same(name: str, got: Any, want: Any) -> bool:
    """Whether an argument is what was expected; `...` is anything."""
    if want is ...:
        return got is not None
    if name in {"company", "customer", "owner"} and isinstance(got, str):
        return bool(best_matches(got, [_Named(str(want))]) or best_matches(str(want), [_Named(got)]))
    if name in VOCABULARIES and isinstance(got, str):
        return bool(vocabulary.find(got, VOCABULARIES[name]) == want)
    if name == "items" and isinstance(got, list):
        return sorted(_item(entry) for entry in got) == sorted(want.items())
    if name == "query" and isinstance(got, str):
        return str(want).lower() in got.lower()
    return bool(got == want)


def _item(entry: Mapping[str, Any]) -> tuple[str, int]:
    named = mentions(str(entry.get("product")))
    return (named[0] if named else str(entry.get("product")), int(entry.get("quantity", 0)))


def _text(step: Step, came: Came, *, strict: bool) -> str:
    text = _plain(came.text)
    for fact in step.facts:
        if not any(_plain(way) in text for way in fact.split("|")):
            return f"{fact!r} is not in the answer {came.text[:160]!r}"
    for phrase in step.never:
        if _plain(phrase) in text:
            return f"{phrase!r} is in the answer"
    if step.asks and strict and "?" not in came.text:
        return f"no question in {came.text[:160]!r}"
    return ""


def _plain(text: str) -> str:
    return re.sub(r"[\s\u00a0*_]+", " ", text).replace("ё", "е").lower()


def _russian(text: str, companies: Sequence[str]) -> str:
    for name in sorted(companies, key=len, reverse=True):
        text = text.replace(name, "").replace(name.split("«")[-1].rstrip("»"), "")
    found = RUSSIAN.search(text)
    return text[max(0, found.start() - 20) : found.end() + 20] if found else ""
