"""Requests to review tool calls, as LangChain's middleware and agent-inbox word them. Pure.

    value of the interrupt                                        answer
    HumanInTheLoopMiddleware
      {"action_requests": […], "review_configs": […]}             {"decisions": [{"type": …}, …]}, one each, in order
      {"type": "tool_approval", "name", "args", …}                {"type": …}
    agent-inbox
      [{"action_request": {…}, "config": {…}}], or one of these   [{"type": …, "args": …}]

Decisions are approve, edit, reject and respond; agent-inbox calls them accept, edit, ignore and response.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bridge.events.json_schema import alternatives

Kind = Literal["decisions", "decision", "inbox"]
DECISIONS = ("approve", "edit", "reject", "respond")
_INBOX = {"approve": "allow_accept", "edit": "allow_edit", "reject": "allow_ignore", "respond": "allow_respond"}


@dataclass(frozen=True, slots=True)
class Action:
    """A tool call to review, and the decisions that are possible."""

    name: str
    args: Mapping[str, Any]
    description: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one action. ``args``: all those of an edit; ``message``: why, or the answer."""

    kind: str
    message: str = ""
    args: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A request to review: the shape of its answer, and its actions."""

    kind: Kind
    actions: tuple[Action, ...]

    def answer(self, decisions: Sequence[Decision]) -> Any:
        """The value to resume with; ``decisions``: one for each action, in order, each allowed."""
        made = [
            _inbox(decision, action) if self.kind == "inbox" else _langchain(decision, action)
            for decision, action in zip(decisions, self.actions, strict=True)
        ]
        match self.kind:
            case "decisions":
                return {"decisions": made}
            case "decision":
                return made[0]
            case "inbox":
                return made

    def refusal(self) -> Any:
        """The value that refuses every action; ``None`` where one of them cannot be refused."""
        if all("reject" in action.allowed for action in self.actions):
            return self.answer([Decision("reject")] * len(self.actions))
        return None

    def schema(self) -> dict[str, Any] | None:
        """The JSON Schema of the middleware's answer, which the middleware itself does not give."""
        if self.kind != "decisions":
            return None
        items = [{"type": "object", "anyOf": [_DECISION[kind] for kind in one.allowed]} for one in self.actions]
        many = {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return {"type": "object", "properties": {"decisions": many}, "required": ["decisions"]}


_ACTION = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "args": {"type": "object"}},
    "required": ["name", "args"],
}
_TEXT = {"type": "string"}
_DECISION: dict[str, dict[str, Any]] = {
    "approve": {"properties": {"type": {"const": "approve"}}, "required": ["type"]},
    "edit": {
        "properties": {"type": {"const": "edit"}, "edited_action": _ACTION},
        "required": ["type", "edited_action"],
    },
    "reject": {"properties": {"type": {"const": "reject"}, "message": _TEXT}, "required": ["type"]},
    "respond": {"properties": {"type": {"const": "respond"}, "message": _TEXT}, "required": ["type", "message"]},
}


def review_of(value: Any, schema: Mapping[str, Any] | None = None) -> Review | None:
    """The review that an interrupt's value asks for, ``None`` for any other question."""
    if isinstance(value, Mapping) and isinstance(value.get("action_requests"), list):
        configs = [one for one in value.get("review_configs") or [] if isinstance(one, Mapping)]
        allowed = {one.get("action_name"): one.get("allowed_decisions") for one in configs}
        actions = [_action(one, allowed.get(_name(one))) for one in value["action_requests"]]
        return _review("decisions", actions)
    if isinstance(value, Mapping) and value.get("type") == "tool_approval":
        return _review("decision", [_action(value, _allowed_by(schema))])
    asked = value if isinstance(value, list) else [value]
    if asked and all(isinstance(one, Mapping) and isinstance(one.get("action_request"), Mapping) for one in asked):
        return _review("inbox", [_inbox_action(one) for one in asked])
    return None


def _review(kind: Kind, actions: Sequence[Action | None]) -> Review | None:
    known = [action for action in actions if action is not None]
    return Review(kind, tuple(known)) if known and len(known) == len(actions) else None


def _name(request: Any) -> Any:
    return request.get("name", request.get("action")) if isinstance(request, Mapping) else None


def _action(request: Any, allowed: Any, description: Any = None) -> Action | None:
    name = _name(request)
    if not isinstance(name, str):
        return None
    args = request.get("args", request.get("arguments"))
    described = request.get("description", description)
    kinds = tuple(kind for kind in DECISIONS if kind in allowed) if isinstance(allowed, list | tuple) else DECISIONS
    return Action(
        name,
        args if isinstance(args, Mapping) else {} if args is None else {"args": args},
        described if isinstance(described, str) else "",
        kinds or DECISIONS,
    )


def _inbox_action(asked: Mapping[str, Any]) -> Action | None:
    config = asked.get("config")
    allowed = None
    if isinstance(config, Mapping):
        allowed = [kind for kind, name in _INBOX.items() if config.get(name)]
    return _action(asked["action_request"], allowed, asked.get("description"))


def _allowed_by(schema: Mapping[str, Any] | None) -> list[str] | None:
    """The decisions that a schema of one decision has."""
    if not schema:
        return None
    kinds = [(one.get("properties") or {}).get("type") or {} for one in alternatives(schema, schema)]
    return [str(value) for kind in kinds for value in [kind.get("const"), *(kind.get("enum") or [])] if value]


def _langchain(decision: Decision, action: Action) -> dict[str, Any]:
    match decision.kind:
        case "edit":
            args = dict(decision.args or action.args)
            return {"type": "edit", "edited_action": {"name": action.name, "args": args}}
        case "respond":
            return {"type": "respond", "message": decision.message}
        case "reject" if decision.message:
            return {"type": "reject", "message": decision.message}
        case kind:
            return {"type": kind}


def _inbox(decision: Decision, action: Action) -> dict[str, Any]:
    match decision.kind:
        case "edit":
            return {"type": "edit", "args": {"action": action.name, "args": dict(decision.args or action.args)}}
        case "respond":
            return {"type": "response", "args": decision.message}
        case "reject" if decision.message and "respond" in action.allowed:
            return {"type": "response", "args": decision.message}  # to ignore has no room for a reason
        case "reject":
            return {"type": "ignore", "args": None}
        case _:
            return {"type": "accept", "args": None}
