"""An AG-UI request body -> `RunRequest`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.agui.validation import check_input
from bridge.errors import InvalidRequest, RequestTooLarge
from bridge.runs.request import Disconnect, RunRequest, checked_id, checked_tool_choice


def parse_input(body: Mapping[str, Any], *, agent: str, principal: str) -> RunRequest:
    """Parse a ``RunAgentInput``. Raises `InvalidRequest` that names the field, what arrived and what was expected."""
    # clients before 1.0 send null for what is absent, and ``binary`` parts, which 1.0 no longer describes
    body = {key: value for key, value in body.items() if value is not None}
    messages = check_input(body, _upgrade_message)
    props = body.get("forwardedProps")
    _check_properties(props)
    return RunRequest(
        agent=agent,
        thread_id=checked_id(body["threadId"], "threadId"),
        run_id=checked_id(body["runId"], "runId"),
        messages=messages,
        tools=list(body.get("tools") or []),
        context=list(body.get("context") or []),
        state=body.get("state"),
        forwarded_props=props if isinstance(props, Mapping) else {},
        resume=list(body.get("resume") or []),
        protocol_version=body.get("protocolVersion"),
        parent_run_id=body.get("parentRunId"),
        model_settings=_settings(props),
        principal=principal,
    )


MAX_PROPERTIES = 1_000
"""Fields of ``forwardedProps``, and of what LangGraph's clients send in it: each becomes a key of the graph's config,
which LangGraph and LangChain copy and look through many times in a run."""


def _check_properties(props: Any) -> None:
    if not isinstance(props, Mapping):
        return
    config = props.get("config")
    for name, held in (
        ("forwardedProps", props),
        ("forwardedProps.context", props.get("context")),
        ("forwardedProps.config.configurable", config.get("configurable") if isinstance(config, Mapping) else None),
    ):
        if isinstance(held, Mapping) and len(held) > MAX_PROPERTIES:
            raise RequestTooLarge(f"'{name}' has {len(held)} fields; at most {MAX_PROPERTIES} are taken.", param=name)


def _settings(props: Any) -> dict[str, Any]:
    """``forwardedProps.toolChoice``, by which CopilotKit forces a tool, under OpenAI's name."""
    choice = props.get("toolChoice", props.get("tool_choice")) if isinstance(props, Mapping) else None
    return {} if choice is None else {"tool_choice": checked_tool_choice(choice, "forwardedProps.toolChoice")}


def wanted_disconnect(request: RunRequest) -> Disconnect | None:
    """``forwardedProps.disconnect``, what the client wants to become of this run when it leaves."""
    wanted = request.forwarded_props.get("disconnect")
    if wanted is None:
        return None
    if wanted == "cancel" or wanted == "continue":  # noqa: PLR1714 - so that the type is narrowed
        return wanted  # type: ignore[no-any-return] # compared with both its values
    raise InvalidRequest("'disconnect' is 'cancel' or 'continue'.", param="forwardedProps.disconnect")


def _upgrade_message(message: Any) -> Any:
    if not isinstance(message, Mapping):
        return message
    stray = "toolCalls" in message and message.get("role") != "assistant"  # means nothing there, and may be anything
    if type(message.get("content")) is str and not stray and None not in message.values():
        return message
    kept = {key: value for key, value in message.items() if value is not None and not (stray and key == "toolCalls")}
    if isinstance(kept.get("content"), list):
        kept["content"] = [_upgrade_part(part) for part in kept["content"]]
    return kept


def _upgrade_part(part: Any) -> Any:
    if not isinstance(part, Mapping) or part.get("type") != "binary":
        return part
    mime = str(part.get("mimeType") or "application/octet-stream")
    kind = mime.partition("/")[0]
    source: dict[str, Any]
    if part.get("data"):
        source = {"type": "data", "value": part["data"], "mimeType": mime}
    elif part.get("url"):
        source = {"type": "url", "value": part["url"], "mimeType": mime}
    else:
        source = {"type": "file", "value": str(part.get("id") or "")}
    upgraded = {"type": kind if kind in ("image", "audio", "video") else "document", "source": source}
    return upgraded | ({"metadata": {"filename": part["filename"]}} if part.get("filename") else {})
