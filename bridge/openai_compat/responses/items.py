"""Items of the Responses API: what a request brings, and as which AG-UI messages an agent is given them. Pure.

    item                                      message
    message of user, system, developer        the same
    message of assistant, function_call,      one assistant's message for all that follow one another: their texts as
    mcp_approval_request                      paragraphs, their calls; a request for approval is a call of ``interrupt``
    function_call_output                      a tool's message
    mcp_approval_response                     a tool's message with ``approve`` and ``reason``
    reasoning                                 none: the agent's thread has its own

So an answer has one form, whether a client sends it back as items, or as the message of a chat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from mimetypes import guess_type
from typing import Any

from bridge.errors import InvalidRequest, json_kind
from bridge.events.messages import part_of
from bridge.json import dumps
from bridge.openai_compat.one_by_one import SEPARATOR
from bridge.openai_compat.to_chunks import INTERRUPT_TOOL

Item = dict[str, Any]
"""One item, as its JSON object: with an id, and a status where its type has one."""

APPROVAL = "mcpr_"
"""How the id of a request for approval begins. Its response's own id follows, then the interrupt's, after underscores;
at the end, after a point, the action's number, where the interrupt is about several."""

_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
}


def references(sent: Any) -> list[str]:
    """The ids of items that a request's ``input`` refers to, without bringing them."""
    items = sent if isinstance(sent, list) else []
    return [
        item["id"]
        for item in items
        if isinstance(item, Mapping) and item.get("type") == "item_reference" and isinstance(item.get("id"), str)
    ]


def read_items(sent: Any, param: str, base: str, known: Mapping[str, Item]) -> list[Item]:
    """The items of a request, in their full form.

    Args:
        sent: a text, or an array of items.
        param: the field it is in, for errors.
        base: ids are made of this, for items that have none.
        known: the items that are referred to, by their ids.

    Raises `InvalidRequest` that names what is wrong, or not served.
    """
    if isinstance(sent, str):
        sent = [{"role": "user", "content": sent}]
    if not isinstance(sent, list):
        got = "missing" if sent is None else json_kind(sent)
        raise InvalidRequest(f"'{param}' is {got}; expected a string or an array of items.", param=param)
    return [_item(item, f"{param}[{index}]", f"{base}_i{index}", known) for index, item in enumerate(sent)]


def _item(item: Any, at: str, name: str, known: Mapping[str, Item]) -> Item:
    if not isinstance(item, Mapping):
        raise InvalidRequest(f"'{at}' must be an object, not {json_kind(item)}.", param=at)
    kind = item.get("type") or ("message" if "role" in item else None)
    match kind:
        case "message":
            made = _message(item, at)
        case "function_call":
            made = {field: _text(item, field, at) for field in ("call_id", "name", "arguments")}
            made["status"] = "completed"
        case "function_call_output":
            made = {"call_id": _text(item, "call_id", at), "output": _output(item, at), "status": "completed"}
        case "reasoning":
            made = {"summary": _summary(item, at)}
        case "item_reference":
            found = known.get(_text(item, "id", at))
            if found is None:
                raise InvalidRequest(
                    f"Item with id '{item['id']}' not found: it was not stored, or its response was deleted.",
                    param=f"{at}.id",
                )
            return found
        case "mcp_approval_request":
            made = {field: _text(item, field, at) for field in ("server_label", "name", "arguments")}
        case "mcp_approval_response":
            made = _approval(item, at)
        case _:
            got = "missing" if kind is None else repr(str(kind)[:40])
            raise InvalidRequest(f"'{at}.type' is {got}; such items are not served.", param=f"{at}.type")
    identity = item.get("id")
    own = isinstance(identity, str) and identity
    return {"id": identity if own else f"{_PREFIXES[kind]}_{name}", "type": kind, **made}


def _text(item: Mapping[str, Any], field: str, at: str) -> str:
    value = item.get(field)
    if not isinstance(value, str):
        got = "missing" if value is None else json_kind(value)
        raise InvalidRequest(f"'{at}.{field}' is {got}; expected a string.", param=f"{at}.{field}")
    return value


def _message(item: Mapping[str, Any], at: str) -> Item:
    role = item.get("role")
    if role not in ("user", "system", "developer", "assistant"):
        got = "missing" if role is None else repr(str(role)[:40])
        raise InvalidRequest(
            f"'{at}.role' is {got}; expected 'user', 'assistant', 'system' or 'developer'.", param=f"{at}.role"
        )
    content = item.get("content")
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    if not isinstance(content, list):
        got = "missing" if content is None else json_kind(content)
        raise InvalidRequest(f"'{at}.content' is {got}; expected a string or an array of parts.", param=f"{at}.content")
    read = _answer_part if role == "assistant" else _part
    parts = [read(part, f"{at}.content[{index}]") for index, part in enumerate(content)]
    if role in ("system", "developer"):
        for index, part in enumerate(parts):
            if part["type"] != "input_text":
                where = f"{at}.content[{index}].type"
                raise InvalidRequest(f"'{where}' is '{part['type']}'; instructions are text.", param=where)
    return {"role": role, "status": "completed", "content": parts}


def _answer_part(part: Any, at: str) -> Item:
    """A part of an assistant's message."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    match kind:
        case "output_text" | "input_text" | "text":
            return {"type": "output_text", "text": _text(part, "text", at), "annotations": []}
        case "refusal":
            return {"type": "refusal", "refusal": _text(part, "refusal", at)}
        case _:
            raise _not_served(kind, at, "'output_text' or 'refusal'")


def _part(part: Any, at: str) -> Item:
    """A part of what a user, or a tool, gives."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    match kind:
        case "input_text" | "output_text" | "text":
            return {"type": "input_text", "text": _text(part, "text", at)}
        case "input_image":
            made = _some_of(part, ("image_url", "file_id"), at)
            detail = part.get("detail")
            return {**made, "type": "input_image", "detail": detail if isinstance(detail, str) else "auto"}
        case "input_file":
            made = _some_of(part, ("file_data", "file_url", "file_id"), at)
            named = {"filename": part["filename"]} if isinstance(part.get("filename"), str) else {}
            return {**made, **named, "type": "input_file"}
        case "input_audio":
            audio = part.get("input_audio")
            if not isinstance(audio, Mapping) or not isinstance(audio.get("data"), str):
                raise InvalidRequest(f"'{at}.input_audio.data' is missing.", param=f"{at}.input_audio.data")
            sound = {"data": audio["data"], "format": str(audio.get("format") or "wav")}
            return {"type": "input_audio", "input_audio": sound}
        case _:
            raise _not_served(kind, at, "'input_text', 'input_image', 'input_file' or 'input_audio'")


def _some_of(part: Mapping[str, Any], fields: Sequence[str], at: str) -> Item:
    found = {field: part[field] for field in fields if isinstance(part.get(field), str) and part[field]}
    if not found:
        raise InvalidRequest(f"'{at}' has none of {', '.join(fields)}.", param=f"{at}.{fields[0]}")
    return found


def _not_served(kind: Any, at: str, expected: str) -> InvalidRequest:
    got = "missing" if kind is None else repr(str(kind)[:40])
    return InvalidRequest(f"'{at}.type' is {got}; expected {expected}.", param=f"{at}.type")


def _output(item: Mapping[str, Any], at: str) -> Any:
    output = item.get("output")
    if isinstance(output, str):
        return output
    if isinstance(output, list):
        return [_part(part, f"{at}.output[{index}]") for index, part in enumerate(output)]
    got = "missing" if output is None else json_kind(output)
    raise InvalidRequest(f"'{at}.output' is {got}; expected a string or an array of parts.", param=f"{at}.output")


def _summary(item: Mapping[str, Any], at: str) -> list[Item]:
    summary = item.get("summary") or []
    if not isinstance(summary, list):
        raise InvalidRequest(f"'{at}.summary' must be an array, not {json_kind(summary)}.", param=f"{at}.summary")
    texts = [part.get("text") for part in summary if isinstance(part, Mapping)]
    return [{"type": "summary_text", "text": text} for text in texts if isinstance(text, str)]


def _approval(item: Mapping[str, Any], at: str) -> Item:
    asked, approve, reason = _text(item, "approval_request_id", at), item.get("approve"), item.get("reason")
    if not isinstance(approve, bool):
        got = "missing" if approve is None else json_kind(approve)
        raise InvalidRequest(f"'{at}.approve' is {got}; expected a boolean.", param=f"{at}.approve")
    made: Item = {"approval_request_id": asked, "approve": approve}
    return made | ({"reason": reason} if isinstance(reason, str) and reason else {})


# Items as messages


def messages_of(items: Sequence[Item], new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """The AG-UI messages that these items are; ``new_id`` names them."""
    messages: list[dict[str, Any]] = []
    answer: dict[str, Any] | None = None
    for item in items:
        kind = item["type"]
        if kind == "reasoning":
            continue
        mine = kind in ("function_call", "mcp_approval_request") or item.get("role") == "assistant"
        if not mine:
            answer = None
            messages.append({"id": new_id(), **_other(item)})
            continue
        if answer is None:
            answer = {"id": new_id(), "role": "assistant", "content": ""}
            messages.append(answer)
        if kind == "message":
            text = "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
            answer["content"] = SEPARATOR.join(filter(None, (answer["content"], text)))
        else:
            answer.setdefault("toolCalls", []).append(_call(item))
    for message in messages:
        if message.get("toolCalls") and not message["content"]:
            del message["content"]
    return messages


def asked_in(request_id: str) -> str:
    """What a request for approval is about: the interrupt's id, and the action's number where it has several."""
    return request_id.removeprefix(APPROVAL).partition("_")[2] or request_id


def _call(item: Item) -> dict[str, Any]:
    if item["type"] == "function_call":
        return _named_call(item["call_id"], item["name"], item["arguments"])
    return _named_call(asked_in(item["id"]), INTERRUPT_TOOL, item["arguments"])


def _named_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _other(item: Item) -> dict[str, Any]:
    match item["type"]:
        case "function_call_output":
            return {"role": "tool", "toolCallId": item["call_id"], "content": _content(item["output"])}
        case "mcp_approval_response":
            return {
                "role": "tool",
                "toolCallId": asked_in(item["approval_request_id"]),
                "content": "yes" if item["approve"] else "no",
                "approve": item["approve"],
                "reason": item.get("reason", ""),
                "request": item["approval_request_id"],
            }
        case _:
            return {"role": item["role"], "content": _content(item["content"])}


def _content(content: Any) -> Any:
    if isinstance(content, str):
        return content
    if all(part["type"] == "input_text" for part in content):
        return "".join(part["text"] for part in content)
    return [made for part in content if (made := _agui_part(part)) is not None]


def _agui_part(part: Item) -> dict[str, Any] | None:
    match part["type"]:
        case "input_image" if "image_url" in part:
            return part_of({"type": "image_url", "image_url": {"url": part["image_url"], "detail": part["detail"]}})
        case "input_image":
            return part_of({"type": "image", "file_id": part["file_id"]})
        case "input_file" if "file_url" in part:
            return part_of({"type": "file", "url": part["file_url"], "filename": part.get("filename", "")})
        case "input_file":
            return part_of({"type": "file", "file": {**part, "file_data": _data_url(part)}})
        case _:
            return part_of(part)


def _data_url(part: Item) -> str | None:
    """A file's bytes as a URL; bare base64 is taken as well, and its kind from the file's name."""
    data: str | None = part.get("file_data")
    if data is None or data.startswith("data:"):
        return data
    kind, _ = guess_type(part.get("filename", ""))
    return f"data:{kind or 'application/octet-stream'};base64,{data}"


def estimated_tokens(*values: Any) -> int:
    """How many tokens these take, near enough: a token is about four bytes of English, and of Russian, in UTF-8."""
    return sum(-(-len(dumps(value)) // 4) for value in values if value)
