"""AG-UI's usage, one entry for each provider and model -> OpenAI's, one object. Pure; nothing is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def usage_of(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The sum, or ``None`` when no model reported any."""
    if not entries:
        return None
    prompt, completion = _sum(entries, "inputTokens"), _sum(entries, "outputTokens")
    total = sum(entry.get("totalTokens") or _parts(entry) for entry in entries)
    usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    if any("cachedInputTokens" in entry for entry in entries):
        usage["prompt_tokens_details"] = {"cached_tokens": _sum(entries, "cachedInputTokens")}
    if any("reasoningTokens" in entry for entry in entries):
        usage["completion_tokens_details"] = {"reasoning_tokens": _sum(entries, "reasoningTokens")}
    return usage


def entries_of(usage: Mapping[str, Any], model: str | None) -> list[dict[str, Any]]:
    """OpenAI's usage as AG-UI's entries: the way back, for streams of other providers."""
    entry: dict[str, Any] = {"model": model} if model else {}
    for name, field in (("inputTokens", "prompt_tokens"), ("outputTokens", "completion_tokens")):
        if isinstance(usage.get(field), int):
            entry[name] = usage[field]
    if isinstance(usage.get("total_tokens"), int):
        entry["totalTokens"] = usage["total_tokens"]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    if isinstance(cached, int):
        entry["cachedInputTokens"] = cached
    if isinstance(reasoning, int):
        entry["reasoningTokens"] = reasoning
    return [entry]


def _sum(entries: Sequence[Mapping[str, Any]], field: str) -> int:
    return sum(entry.get(field) or 0 for entry in entries)


def _parts(entry: Mapping[str, Any]) -> int:
    return (entry.get("inputTokens") or 0) + (entry.get("outputTokens") or 0)
