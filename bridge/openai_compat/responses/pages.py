"""Lists of items, a page at a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.errors import InvalidRequest
from bridge.openai_compat.responses.items import Item


def page_of(items: Sequence[Item], query: Mapping[str, str]) -> dict[str, Any]:
    """The page that ``after``, ``limit`` (1 to 100, by default 20) and ``order`` (by default the newest first) name.

    Raises `InvalidRequest`.
    """
    order, limit, after = query.get("order", "desc"), query.get("limit", "20"), query.get("after")
    if order not in ("asc", "desc"):
        raise InvalidRequest(f"'order' must be 'asc' or 'desc', not {order[:40]!r}.", param="order")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= 100):
        raise InvalidRequest(f"'limit' must be a number from 1 to 100, not {limit[:40]!r}.", param="limit")
    ordered = list(items) if order == "asc" else list(reversed(items))
    if after is not None:
        place = next((number for number, item in enumerate(ordered) if item["id"] == after), None)
        if place is None:
            raise InvalidRequest(f"'after' names no item of this list: {after[:60]!r}.", param="after")
        ordered = ordered[place + 1 :]
    page = ordered[: int(limit)]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": "", "last_id": ""}
    return {"object": "list", "data": page, **ends, "has_more": len(page) < len(ordered)}
