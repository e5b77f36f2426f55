"""`UIMessage`s of the AI SDK -> messages as an OpenAI client would have them, and back. Pure.

A page has one assistant message for all that happens between two messages of its user: several texts, calls of its own
tools with their answers, and what came of these. Here each answer to a run is a message, as it is in a history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bridge.ai_sdk.approvals import approvals_on
from bridge.errors import InvalidRequest, json_kind
from bridge.events.interrupts import Interrupt, asked_first
from bridge.events.messages import part_of, url_of
from bridge.json import JSONDecodeError, dumps, loads
from bridge.openai_compat.one_by_one import SEPARATOR
from bridge.openai_compat.questions import conversation_language, in_words
from bridge.openai_compat.responses.approvals import Call
from bridge.openai_compat.words import Language

Message = dict[str, Any]
UiMessage = dict[str, Any]

APPROVED = "approval-responded"
_ANSWERED = ("output-available", "output-error", "output-denied")


def messages_of(sent: Sequence[Any], new_id: Callable[[], str], *, client_tools: Iterable[str]) -> list[Message]:
    """The messages of a chat, oldest first. Raises `InvalidRequest` that names the part at fault."""
    tools = frozenset(client_tools)
    found: list[Message] = []
    end = len(sent) - 1
    for index, message in enumerate(sent):
        at = f"messages[{index}]"
        if not isinstance(message, Mapping):
            raise InvalidRequest(f"'{at}' must be an object, not {json_kind(message)}.", param=at)
        parts = _parts(message, at)
        match message.get("role"):
            case "user" | "system" as role:
                content = _content(parts, at, media=role == "user")
                found.append({"id": str(message.get("id") or new_id()), "role": role, "content": content})
            case "assistant":
                found += _of_assistant(parts, at, new_id, tools, open_from=last_step(parts) if index == end else None)
            case role:
                got = repr(role[:40]) if isinstance(role, str) else json_kind(role)
                expected = "'user', 'assistant' or 'system'"
                raise InvalidRequest(f"'{at}.role' is {got}; expected {expected}.", param=f"{at}.role")
    return found


def _parts(message: Mapping[str, Any], at: str) -> list[Mapping[str, Any]]:
    parts = message.get("parts")
    if parts is None and isinstance(message.get("content"), str):  # as before AI SDK 5
        return [{"type": "text", "text": message["content"]}]
    if not isinstance(parts, list):
        raise InvalidRequest(f"'{at}.parts' must be an array, not {json_kind(parts)}.", param=f"{at}.parts")
    for index, part in enumerate(parts):
        if not isinstance(part, Mapping) or not isinstance(part.get("type"), str):
            where = f"{at}.parts[{index}]"
            raise InvalidRequest(f"'{where}' must be an object with a 'type'.", param=where)
    return parts


def _content(parts: Sequence[Mapping[str, Any]], at: str, *, media: bool) -> Any:
    """A text, or AG-UI's parts where there are files. Other parts (data, sources) are the page's own."""
    found: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        where = f"{at}.parts[{index}]"
        if part["type"] == "text":
            if not isinstance(part.get("text"), str):
                raise InvalidRequest(f"'{where}.text' must be a string.", param=f"{where}.text")
            found.append({"type": "text", "text": part["text"]})
        elif part["type"] == "file" and media:
            found.append(_file(part, where))
    if all(part["type"] == "text" for part in found):
        return "\n\n".join(part["text"] for part in found)
    return found


def _file(part: Mapping[str, Any], at: str) -> dict[str, Any]:
    url, media = part.get("url"), part.get("mediaType")
    if not isinstance(url, str) or not isinstance(media, str):
        raise InvalidRequest(f"'{at}' must have a 'url' and a 'mediaType'.", param=at)
    family = media.partition("/")[0]
    kind = family if family in ("image", "audio", "video") else "file"
    named = {"metadata": {"filename": part["filename"]}} if isinstance(part.get("filename"), str) else {}
    if url.startswith("data:"):
        block: dict[str, Any] = {"type": kind, "base64": url.partition(",")[2], "mime_type": media, **named}
    else:
        block = {"type": kind, "url": url, "mime_type": media, **named}
    made = part_of(block)
    if made is None:
        raise InvalidRequest(f"'{at}.url' is empty.", param=f"{at}.url")
    return made


def tool_of(part: Mapping[str, Any]) -> str | None:
    """The tool's name, where a part is a call."""
    kind: str = part["type"]
    if kind == "dynamic-tool":
        return str(part.get("toolName") or "")
    return kind.removeprefix("tool-") if kind.startswith("tool-") else None


def last_step(parts: Sequence[Mapping[str, Any]]) -> int:
    """Where the last step of a message begins."""
    return max((index for index, part in enumerate(parts) if part["type"] == "step-start"), default=0)


def _of_assistant(
    parts: Sequence[Mapping[str, Any]],
    at: str,
    new_id: Callable[[], str],
    tools: frozenset[str],
    *,
    open_from: int | None,
) -> list[Message]:
    """The answers that one assistant message of a page holds, each followed by the page's answers to its calls.

    ``open_from``: the part from which on an approval is news (``None``: nowhere). One before it has been met: where
    its call had no result, the page keeps it for ever as one that was given.
    """
    found: list[Message] = []
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    answers: list[Message] = []

    def flush() -> None:
        text = SEPARATOR.join(texts)
        if text or calls:
            message: Message = {"id": new_id(), "role": "assistant", "content": text}
            found.append(message | ({"toolCalls": list(calls)} if calls else {}))
        found.extend(answers)
        for held in (texts, calls, answers):
            held.clear()

    for index, part in enumerate(parts):
        where = f"{at}.parts[{index}]"
        name = tool_of(part)
        if part["type"] == "step-start" and answers:  # what follows was said with the answers known
            flush()
        elif part["type"] == "text" and part.get("text"):
            if answers:
                flush()
            texts.append(str(part["text"]))
        elif name is not None and not isinstance(part.get("toolCallId"), str):
            raise InvalidRequest(f"'{where}.toolCallId' must be a string.", param=f"{where}.toolCallId")
        elif name is not None and part.get("state") == APPROVED:
            if open_from is not None and index >= open_from:
                answers.append(_approval(part, where, new_id))
        elif name in tools and part.get("state") != "input-streaming":
            function = {"name": name, "arguments": dumps(part.get("input", {})).decode()}
            calls.append({"id": part["toolCallId"], "type": "function", "function": function})
            if part.get("state") in _ANSWERED:
                answers.append(_output(part, new_id))
    flush()
    return found


def _output(part: Mapping[str, Any], new_id: Callable[[], str]) -> Message:
    output = part.get("output") if part["state"] == "output-available" else part.get("errorText") or "denied"
    content = output if isinstance(output, str) else dumps(output).decode()
    return {"id": new_id(), "role": "tool", "toolCallId": part["toolCallId"], "content": content}


def _approval(part: Mapping[str, Any], at: str, new_id: Callable[[], str]) -> Message:
    approval = part.get("approval")
    held: Mapping[str, Any] = approval if isinstance(approval, Mapping) else {}
    name, approved = held.get("id"), held.get("approved")
    if not isinstance(name, str) or not isinstance(approved, bool):
        where = f"{at}.approval"
        raise InvalidRequest(f"'{where}' must have an 'id' and 'approved'.", param=where)
    reason = held.get("reason")
    given = {"approve": approved, "reason": reason if isinstance(reason, str) else "", "request": name}
    return {"id": new_id(), "role": "tool", "toolCallId": name, "content": "", **given}


def is_answer(message: Mapping[str, Any]) -> bool:
    """Whether a message answers a request for approval."""
    return "approve" in message


# Back: what a page shows of a thread


def ui_messages(
    messages: Sequence[Mapping[str, Any]], interrupts: Sequence[Interrupt] = (), *, major: int = 5
) -> list[UiMessage]:
    """A thread's messages as a page shows them: all answers between two messages of its user are one.

    ``interrupts``: what the thread waits for; it stands at the end, as the answer said it (`AguiToUiParts`).
    """
    made: list[UiMessage] = []
    calls: dict[str, dict[str, Any]] = {}
    for message in messages:
        match message["role"]:
            case "user":
                made.append({"id": message["id"], "role": "user", "parts": _ui_content(message.get("content"))})
            case "assistant" | "reasoning" as role:
                if not made or made[-1]["role"] != "assistant":
                    made.append({"id": message["id"], "role": "assistant", "parts": []})
                parts: list[dict[str, Any]] = made[-1]["parts"]
                if role == "reasoning":
                    parts.append({"type": "reasoning", "text": str(message.get("content") or ""), "state": "done"})
                    continue
                parts.append({"type": "step-start"})
                parts += _ui_content(message.get("content"))
                for call in message.get("toolCalls") or ():
                    calls[call["id"]] = part = _ui_call(call)
                    parts.append(part)
            case "tool" if message.get("toolCallId") in calls:
                part = calls[message["toolCallId"]]
                part |= {"state": "output-available", "output": plain_output(message.get("content"))}
            case _:
                pass
    if interrupts:
        if not made or made[-1]["role"] != "assistant":
            made.append({"id": interrupts[0]["id"], "role": "assistant", "parts": []})
        _ask(made[-1]["parts"], interrupts, major=major, language=conversation_language(messages))
    return made


def _ask(
    parts: list[dict[str, Any]], interrupts: Sequence[Interrupt], *, major: int, language: Language | None
) -> None:
    """Add what the thread waits for to its last message."""
    waiting = {part["toolCallId"]: part for part in parts if part.get("state") == "input-available"}
    calls = {name: Call(part["toolName"], dumps(part["input"]).decode()) for name, part in waiting.items()}
    asked = [approvals_on(each, calls) for each in interrupts] if major >= 6 else []
    if not any(asked):
        parts.append({"type": "text", "text": in_words(asked_first(interrupts), language), "state": "done"})
    for each in asked:
        for request, call in each.items():
            waiting[call] |= {"state": "approval-requested", "approval": {"id": request}}
    parts += ({"type": "data-interrupt", "id": each["id"], "data": each} for each in interrupts)


def plain_output(content: Any) -> Any:
    """A tool's answer as a value: what is JSON as what it says, parts as their text."""
    if isinstance(content, list):
        content = "\n".join(part.get("text") or f"[{part.get('type')}]" for part in content if isinstance(part, dict))
    if isinstance(content, str) and content[:1] in ("{", "[", '"'):
        try:
            return loads(content)
        except JSONDecodeError:
            return content
    return content


def _ui_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    part = {"type": "dynamic-tool", "toolName": function["name"], "toolCallId": call["id"], "state": "input-available"}
    return {**part, "input": plain_output(function.get("arguments") or "{}"), "providerExecuted": True}


def _ui_content(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content, "state": "done"}] if content else []
    parts: list[dict[str, Any]] = []
    for part in content or ():
        source = part.get("source")
        if part["type"] == "text":
            parts.append({"type": "text", "text": part["text"], "state": "done"})
        elif isinstance(source, Mapping) and source.get("type") in ("data", "url"):
            media = str(source.get("mimeType") or f"{part['type']}/*")
            name = (part.get("metadata") or {}).get("filename")
            parts.append(
                {"type": "file", "url": url_of(source), "mediaType": media} | ({"filename": name} if name else {})
            )
    return parts
