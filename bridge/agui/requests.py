"""An AG-UI request body -> `RunRequest`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag_ui.core import RunAgentInput
from pydantic import ValidationError

from bridge.errors import InvalidRequest
from bridge.runs.request import Disconnect, RunRequest, checked_id


def parse_input(body: Mapping[str, Any], *, agent: str, principal: str) -> RunRequest:
    """Parse a ``RunAgentInput``. Raises `InvalidRequest` that names the field, what arrived and what was expected."""
    body = _upgrade(body)
    try:
        RunAgentInput.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _invalid(error) from None
    props = body.get("forwardedProps")
    return RunRequest(
        agent=agent,
        thread_id=checked_id(body["threadId"], "threadId"),
        run_id=checked_id(body["runId"], "runId"),
        messages=list(body["messages"]),
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


def _settings(props: Any) -> dict[str, Any]:
    """``forwardedProps.toolChoice``, by which CopilotKit forces a tool, under OpenAI's name."""
    choice = props.get("toolChoice", props.get("tool_choice")) if isinstance(props, Mapping) else None
    return {} if choice is None else {"tool_choice": choice}


def wanted_disconnect(request: RunRequest) -> Disconnect | None:
    """``forwardedProps.disconnect``, where a client says what its leaving means for this run."""
    wanted = request.forwarded_props.get("disconnect")
    if wanted is None:
        return None
    if wanted == "cancel" or wanted == "continue":  # noqa: PLR1714 - so that the type is narrowed
        return wanted  # type: ignore[no-any-return] # compared with both its values
    raise InvalidRequest("'disconnect' is 'cancel' or 'continue'.", param="forwardedProps.disconnect")


def first_words(messages: list[dict[str, Any]], limit: int = 80) -> str | None:
    """A title for a thread: the first line of its first user message, cut at a word."""
    for message in messages:
        if message.get("role") != "user":
            continue
        content = message.get("content")
        if isinstance(content, list):
            content = " ".join(part.get("text", "") for part in content if part.get("type") == "text")
        line = " ".join(str(content or "").split())
        if line:
            return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0] + "…"
    return None


def _upgrade(body: Mapping[str, Any]) -> dict[str, Any]:
    """What clients before 1.0 send and 1.0 no longer describes: ``binary`` parts, nulls for absent lists."""
    upgraded = {key: value for key, value in body.items() if value is not None}
    messages = upgraded.get("messages")
    if isinstance(messages, list):
        upgraded["messages"] = [_upgrade_message(message) for message in messages]
    return upgraded


def _upgrade_message(message: Any) -> Any:
    if not isinstance(message, Mapping) or (type(message.get("content")) is str and None not in message.values()):
        return message
    said = {key: value for key, value in message.items() if value is not None}
    if isinstance(said.get("content"), list):
        said["content"] = [_upgrade_part(part) for part in said["content"]]
    return said


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


def _invalid(error: ValidationError) -> InvalidRequest:
    first = error.errors(include_url=False, include_context=False)[0]
    # pydantic puts the role of a message into the path of its fields; a client did not send that
    path = [str(step) for step in first["loc"]]
    name = ".".join(step for step in path if step not in _TAGS)
    said = first["msg"].removeprefix("Value error, ")
    return InvalidRequest(f"'{name}': {said}.", param=name)


_TAGS = frozenset({"developer", "system", "assistant", "user", "tool", "activity", "reasoning", "str"})
