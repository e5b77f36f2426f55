"""LangChain messages <-> AG-UI messages. Pure.

One id from the first token to the checkpoint: ids are taken over, never made here, except for what LangChain keeps
inside a message and AG-UI beside it: a message's reasoning is a message of its own, with the id `reasoning_id` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from bridge.agents.langgraph.broken import BROKEN, is_marked
from bridge.agents.langgraph.call_ids import given_id
from bridge.agents.langgraph.reasoning import reasoning_text
from bridge.events.messages import Content, Message, part_of, parts_of, reasoning_id, url_of
from bridge.json import JSONDecodeError, dumps, loads


def content_text(content: Any) -> str:
    """The text of a message's content, streamed or whole: its text blocks joined, images as Markdown."""
    if isinstance(content, str):
        return content
    return "".join(_block_text(block) for block in content if content)


def _block_text(block: Any) -> str:
    if isinstance(block, str):
        return block
    kind = block.get("type")
    if kind == "non_standard" and isinstance(
        block.get("value"), Mapping
    ):  # LangChain's wrapping of what it has no block for
        return _block_text(block["value"]) if is_refusal(block["value"]) else ""
    if kind in ("text", "text_delta", "output_text"):
        return str(block.get("text") or "")
    if is_refusal(block):
        return str(block.get("refusal") or "")
    if kind in ("image", "image_url"):
        part = part_of(block)
        if part is not None:
            return f"![]({url_of(part['source'])})"
    return ""


def is_refusal(block: Any) -> bool:
    """Whether a content block is OpenAI's refusal, by itself or in LangChain's ``non_standard`` block."""
    if not isinstance(block, Mapping):
        return False
    return block.get("type") == "refusal" or (block.get("type") == "non_standard" and is_refusal(block.get("value")))


def message_text(message: BaseMessage) -> str:
    """The text of a message; a refusal, which OpenAI keeps beside the content, where that is all there is."""
    text = content_text(message.content)
    if text or not message.additional_kwargs:
        return text
    refusal = message.additional_kwargs.get("refusal")
    return refusal if isinstance(refusal, str) else ""


# LangChain -> AG-UI


def messages_to_agui(messages: Iterable[BaseMessage], *, system: bool = False) -> list[Message]:
    """A conversation as AG-UI messages. System prompts stay on the server unless ``system`` is true."""
    converted: list[Message] = []
    for index, message in enumerate(messages):
        if _plain(message):
            converted.append({"id": message.id, "role": _ROLES[type(message)], "content": message.content})
            continue
        if isinstance(message, SystemMessage) and not system:
            continue
        if message.id is None:
            message = message.model_copy(update={"id": f"message-{index}"})  # noqa: PLW2901 - named before it is sent
        if isinstance(message, AIMessage):
            thought = reasoning_text(message)
            if thought:
                converted.append({"id": reasoning_id(str(message.id)), "role": "reasoning", "content": thought})
        converted.append(message_to_agui(message))
    return converted


_ROLES: dict[type[BaseMessage], str] = {HumanMessage: "user", AIMessage: "assistant"}


def _plain(message: BaseMessage) -> bool:
    """Whether a message is its id, its role and its text, as most are.

    Proven equal to the long way by ``tests/agui/test_messages.py``.
    """
    return (
        type(message.content) is str
        and message.id is not None
        and not message.name
        and (
            type(message) is HumanMessage
            or (
                type(message) is AIMessage
                and not message.tool_calls
                and not message.invalid_tool_calls
                and not message.additional_kwargs
                and not is_marked(message)
            )
        )
    )


def message_to_agui(message: BaseMessage) -> Message:
    """One message, without its reasoning."""
    fields: Message = {"id": str(message.id or "")}
    match message:
        case ToolMessage():
            fields |= {"role": "tool", "toolCallId": message.tool_call_id, "content": tool_content(message)}
            if message.status == "error":
                fields["error"] = content_text(message.content)
        case AIMessage():
            fields["role"] = "assistant"
            text = message_text(message)
            calls = [call_to_agui(call) for call in [*message.tool_calls, *message.invalid_tool_calls]]
            if text or not calls:
                fields["content"] = text
            if calls:
                fields["toolCalls"] = calls
            if is_marked(message):
                fields["metadata"] = {"finishReason": BROKEN}
        case SystemMessage():
            developer = message.additional_kwargs.get("__openai_role__") == "developer"
            fields |= {"role": "developer" if developer else "system", "content": content_text(message.content)}
        case _:
            role = message.type if message.type in ("assistant", "system", "developer") else "user"
            fields |= {
                "role": role,
                "content": parts_of(message.content) if role == "user" else content_text(message.content),
            }
    if message.name and not isinstance(message, ToolMessage):
        fields["name"] = message.name
    return fields


def call_to_agui(call: Mapping[str, Any]) -> dict[str, Any]:
    """One tool call; the arguments as the JSON text that was, or would have been, streamed."""
    return {
        "id": str(call.get("id") or ""),
        "type": "function",
        "function": {"name": str(call.get("name") or ""), "arguments": arguments_text(call.get("args"))},
    }


def arguments_text(arguments: Any) -> str:
    """A call's arguments as JSON text; text that does not parse is passed on as the model wrote it."""
    if isinstance(arguments, str):
        return arguments
    return dumps(arguments or {}).decode()


def tool_content(message: ToolMessage) -> Content:
    """A tool's answer: text, or AG-UI parts where it holds media."""
    parts = parts_of(message.content)
    if isinstance(parts, list) and all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


# AG-UI -> LangChain


def messages_to_langchain(messages: Iterable[Mapping[str, Any]]) -> list[BaseMessage]:
    """A conversation as LangChain messages. Activity and reasoning messages are the screen's, not the model's."""
    return [message_to_langchain(message) for message in messages if message["role"] not in ("activity", "reasoning")]


def message_to_langchain(message: Mapping[str, Any]) -> BaseMessage:
    """One message. Raises ``ValueError`` for a role that is not part of a conversation."""
    named: dict[str, Any] = {"id": message.get("id")}
    if message.get("name"):
        named["name"] = message["name"]
    content = message.get("content")
    match message["role"]:
        case "user":
            return HumanMessage(_blocks(content), **named)
        case "assistant":
            calls, invalid = calls_to_langchain(message.get("toolCalls") or [])
            return AIMessage(str(content or ""), tool_calls=calls, invalid_tool_calls=invalid, **named)
        case "tool":
            status = "error" if message.get("error") else "success"
            answer = _blocks(content) or str(message.get("error") or "")
            call_id = given_id(message["toolCallId"])
            return ToolMessage(answer, tool_call_id=call_id, status=status, id=message.get("id"))
        case "system":
            return SystemMessage(str(content or ""), **named)
        case "developer":
            return SystemMessage(str(content or ""), additional_kwargs={"__openai_role__": "developer"}, **named)
        case role:
            raise ValueError(f"a message of role {role!r} is not part of a conversation")


def calls_to_langchain(calls: Sequence[Mapping[str, Any]]) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    """Tool calls, apart from those whose arguments are not a JSON object."""
    valid: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for call in calls:
        function, identity = call["function"], given_id(call["id"])
        text = function.get("arguments") or "{}"
        try:
            arguments = loads(text)
        except JSONDecodeError as error:
            arguments, why = None, str(error)
        else:
            why = "the arguments are not an object"
        if isinstance(arguments, dict):
            valid.append(ToolCall(name=function["name"], args=arguments, id=identity, type="tool_call"))
        else:
            invalid.append(
                InvalidToolCall(name=function["name"], args=text, id=identity, error=why, type="invalid_tool_call")
            )
    return valid, invalid


def _blocks(content: Any) -> Any:
    """AG-UI content as LangChain's standard content blocks, which each provider's package translates."""
    if isinstance(content, str) or content is None:
        return content or ""
    return [_block(part) for part in content]


def _block(part: Mapping[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": "text", "text": part["text"]}
    kind = "file" if part["type"] == "document" else part["type"]
    source, metadata = part["source"], part.get("metadata")
    if kind == "image" and source["type"] != "file" and isinstance(metadata, Mapping) and metadata.keys() == {"detail"}:
        # LangChain's own image block has no place for it; OpenAI's spelling, which all packages read, has
        return {"type": "image_url", "image_url": {"url": url_of(source), **metadata}}
    block: dict[str, Any] = {"type": kind}
    if source.get("mimeType"):
        block["mime_type"] = source["mimeType"]
    match source["type"]:
        case "data":
            block["base64"] = source["value"]
        case "url":
            block["url"] = source["value"]
        case _:
            block["file_id"] = source["value"]
    if isinstance(metadata, Mapping) and metadata:
        # LangChain's place for what else is known; langchain-openai takes a file's name from there
        block["extras"] = dict(metadata)
    return block
