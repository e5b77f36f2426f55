"""What providers send, as bytes: one `Turn` of a model on each wire, streamed in the shape that its provider documents.

Each function takes a turn and gives the pieces of the response's body.
"""

from __future__ import annotations

import binascii
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool call; ``arguments`` as the model writes them."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Turn:
    """What a model answers once. ``thoughts``: parts, each its pieces; ``end``: in OpenAI's words."""

    thoughts: tuple[tuple[str, ...], ...] = ()
    text: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    refusal: str = ""
    end: str = "stop"
    number: int = 0  # of the answers of this run, for ids


Pieces = Iterator[bytes]

GIVEN, TAKEN = 11, 7
"""Tokens that every turn reports: input and output."""


def halves(text: str) -> tuple[str, str]:
    """A text in two pieces, as arguments come."""
    middle = len(text) // 2
    return text[:middle], text[middle:]


def _sse(event: dict[str, Any], name: str | None = None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(event)}\n\n".encode()


# OpenAI chat completions, and DeepSeek, which adds ``reasoning_content``
# https://platform.openai.com/docs/api-reference/chat-streaming


def chat_completions(turn: Turn) -> Pieces:
    head = {"id": f"chatcmpl-{turn.number}", "object": "chat.completion.chunk", "created": 1, "model": "gpt-x"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _sse({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for part in turn.thoughts:
        for piece in part:
            yield chunk({"reasoning_content": piece})
    for piece in turn.text:
        yield chunk({"content": piece})
    for index, call in enumerate(turn.calls):
        named = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": named}]})
        for piece in halves(call.arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    if turn.refusal:
        yield chunk({"refusal": turn.refusal})
    yield chunk({}, "tool_calls" if turn.calls else turn.end)
    usage = {"prompt_tokens": GIVEN, "completion_tokens": TAKEN, "total_tokens": GIVEN + TAKEN}
    yield _sse({**head, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


# OpenAI Responses: https://platform.openai.com/docs/api-reference/responses-streaming


def responses(turn: Turn) -> Pieces:
    response: dict[str, Any] = {"id": f"resp_{turn.number}", "object": "response", "created_at": 1, "model": "gpt-x"}
    response |= {"status": "in_progress", "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    count = iter(range(1000))

    def event(kind: str, **fields: Any) -> bytes:
        return _sse({"type": f"response.{kind}", "sequence_number": next(count), **fields}, f"response.{kind}")

    yield event("created", response=response)
    output: list[dict[str, Any]] = []
    if turn.thoughts:
        item: dict[str, Any] = {"id": f"rs_{turn.number}", "type": "reasoning", "summary": []}
        at: dict[str, Any] = {"item_id": item["id"], "output_index": 0}
        yield event("output_item.added", output_index=0, item=item)
        for number, part in enumerate(turn.thoughts):
            empty, whole = ({"type": "summary_text", "text": text} for text in ("", "".join(part)))
            yield event("reasoning_summary_part.added", **at, summary_index=number, part=empty)
            for piece in part:
                yield event("reasoning_summary_text.delta", **at, summary_index=number, delta=piece)
            yield event("reasoning_summary_text.done", **at, summary_index=number, text=whole["text"])
            yield event("reasoning_summary_part.done", **at, summary_index=number, part=whole)
            item = item | {"summary": [*item["summary"], whole]}
        yield event("output_item.done", output_index=0, item=item)
        output.append(item)
    if turn.text or turn.refusal:
        item = {"id": f"msg_{turn.number}", "type": "message", "role": "assistant", "status": "in_progress"}
        at = {"item_id": item["id"], "output_index": len(output), "content_index": 0}
        yield event("output_item.added", output_index=len(output), item=item | {"content": []})
        if turn.text:
            content = {"type": "output_text", "text": "".join(turn.text), "annotations": []}
            yield event("content_part.added", **at, part=content | {"text": ""})
            for piece in turn.text:
                yield event("output_text.delta", **at, delta=piece, logprobs=[])
            yield event("output_text.done", **at, text="".join(turn.text), logprobs=[])
        else:
            content = {"type": "refusal", "refusal": turn.refusal}
            yield event("content_part.added", **at, part=content | {"refusal": ""})
            for piece in halves(turn.refusal):
                yield event("refusal.delta", **at, delta=piece)
            yield event("refusal.done", **at, refusal=turn.refusal)
        yield event("content_part.done", **at, part=content)
        item |= {"status": "completed", "content": [content]}
        yield event("output_item.done", output_index=len(output), item=item)
        output.append(item)
    for call in turn.calls:
        item = {"id": f"fc_{call.id}", "type": "function_call", "call_id": call.id, "name": call.name, "arguments": ""}
        at = {"item_id": item["id"], "output_index": len(output)}
        yield event("output_item.added", output_index=len(output), item=item | {"status": "in_progress"})
        for piece in halves(call.arguments):
            yield event("function_call_arguments.delta", **at, delta=piece)
        yield event("function_call_arguments.done", **at, arguments=call.arguments, name=call.name)
        item |= {"status": "completed", "arguments": call.arguments}
        yield event("output_item.done", output_index=len(output), item=item)
        output.append(item)
    usage: dict[str, Any] = {"input_tokens": GIVEN, "output_tokens": TAKEN, "total_tokens": GIVEN + TAKEN}
    usage |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    ended: dict[str, Any] = {"status": "completed"}
    if turn.end in ("length", "content_filter"):
        reason = "max_output_tokens" if turn.end == "length" else turn.end
        ended = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    yield event(str(ended["status"]), response=response | ended | {"output": output, "usage": usage})


# Anthropic: https://docs.anthropic.com/en/api/messages-streaming


def anthropic(turn: Turn) -> Pieces:
    def event(kind: str, **fields: Any) -> bytes:
        return _sse({"type": kind, **fields}, kind)

    message: dict[str, Any] = {"id": f"msg_{turn.number}", "type": "message", "role": "assistant", "content": []}
    message |= {"model": "claude-x", "stop_reason": None, "stop_sequence": None}
    yield event("message_start", message=message | {"usage": {"input_tokens": GIVEN, "output_tokens": 1}})
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for part in turn.thoughts:
        deltas: list[dict[str, Any]] = [{"type": "thinking_delta", "thinking": piece} for piece in part]
        deltas.append({"type": "signature_delta", "signature": "c2lnbmVk"})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if turn.text or turn.refusal:
        texts = turn.text or halves(turn.refusal)
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in texts]))
    for call in turn.calls:
        start = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        pieces = ("", *halves(call.arguments))
        blocks.append((start, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]))
    for index, (start, deltas) in enumerate(blocks):
        yield event("content_block_start", index=index, content_block=start)
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    reason = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}[turn.end]
    reason = "tool_use" if turn.calls else reason
    yield event(
        "message_delta",
        delta={"stop_reason": reason, "stop_sequence": None},
        usage={"input_tokens": GIVEN, "output_tokens": TAKEN},
    )
    yield event("message_stop")


# Gemini: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent


def gemini(turn: Turn) -> Pieces:
    def chunk(parts: list[dict[str, Any]], finish: str | None = None) -> bytes:
        candidate: dict[str, Any] = {"index": 0}
        if parts:
            candidate["content"] = {"role": "model", "parts": parts}
        if finish:
            candidate["finishReason"] = finish
        usage = {"promptTokenCount": GIVEN, "candidatesTokenCount": TAKEN, "totalTokenCount": GIVEN + TAKEN}
        body = {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": f"gem-{turn.number}"}
        return _sse(body | {"usageMetadata": usage})

    for part in turn.thoughts:
        for piece in part:
            yield chunk([{"text": piece, "thought": True}])
    for piece in turn.text:
        yield chunk([{"text": piece}])
    for call in turn.calls:
        yield chunk([{"functionCall": {"name": call.name, "args": json.loads(call.arguments)}}])
    yield chunk([], {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}[turn.end])


# Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html, in the binary frames
# of https://smithy.io/2.0/aws/amazon-eventstream.html


def bedrock(turn: Turn) -> Pieces:
    yield frame("messageStart", {"role": "assistant"})
    index = 0
    for part in turn.thoughts:
        deltas: list[dict[str, Any]] = [{"reasoningContent": {"text": piece}} for piece in part]
        for delta in [*deltas, {"reasoningContent": {"signature": "c2lnbmVk"}}]:
            yield frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
        yield frame("contentBlockStop", {"contentBlockIndex": index})
        index += 1
    if turn.text or turn.refusal:
        for piece in turn.text or halves(turn.refusal):
            yield frame("contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": piece}})
        yield frame("contentBlockStop", {"contentBlockIndex": index})
        index += 1
    for call in turn.calls:
        start = {"toolUse": {"toolUseId": call.id, "name": call.name}}
        yield frame("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for piece in halves(call.arguments):
            yield frame("contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}})
        yield frame("contentBlockStop", {"contentBlockIndex": index})
        index += 1
    reason = {"stop": "end_turn", "length": "max_tokens", "content_filter": "guardrail_intervened"}[turn.end]
    yield frame("messageStop", {"stopReason": "tool_use" if turn.calls else reason})
    usage = {"inputTokens": GIVEN, "outputTokens": TAKEN, "totalTokens": GIVEN + TAKEN}
    yield frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})


def frame(kind: str, payload: dict[str, Any]) -> bytes:
    """One message of an AWS event stream: lengths, headers, payload, checksums."""
    named = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack(f">B{len(name)}sBH", len(name), name.encode(), 7, len(value)) + value.encode()
        for name, value in named.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack(">I", binascii.crc32(prelude))
    message = prelude + headers + body
    return message + struct.pack(">I", binascii.crc32(message))


# Ollama: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion


def ollama(turn: Turn) -> Pieces:
    def line(message: dict[str, Any], **more: Any) -> bytes:
        whole = {"role": "assistant", "content": "", **message}
        body = {"model": "llama-x", "created_at": "2025-01-01T00:00:00Z", "message": whole, "done": False}
        return (json.dumps(body | more) + "\n").encode()

    for part in turn.thoughts:
        for piece in part:
            yield line({"thinking": piece})
    for piece in turn.text or ((turn.refusal,) if turn.refusal else ()):
        yield line({"content": piece})
    for call in turn.calls:
        yield line({"tool_calls": [{"function": {"name": call.name, "arguments": json.loads(call.arguments)}}]})
    durations = {"total_duration": 1, "load_duration": 1, "prompt_eval_duration": 1, "eval_duration": 1}
    counts = {"prompt_eval_count": GIVEN, "eval_count": TAKEN}
    yield line({}, done=True, done_reason=turn.end, **durations, **counts)


WIRES: dict[str, tuple[str, str, Callable[[Turn], Pieces]]] = {
    "/v1/chat/completions": ("text/event-stream", "chat completions", chat_completions),
    "/v1/responses": ("text/event-stream", "responses", responses),
    "/v1/messages": ("text/event-stream", "anthropic", anthropic),
    "/v1beta/models/gemini-x:streamGenerateContent": ("text/event-stream", "gemini", gemini),
    "/v1/models/gemini-x:streamGenerateContent": ("text/event-stream", "gemini", gemini),  # from google-genai 3 on
    "/model/claude-x/converse-stream": ("application/vnd.amazon.eventstream", "bedrock", bedrock),
    "/api/chat": ("application/x-ndjson", "ollama", ollama),
}
"""Path -> media type, name, and the answer's encoder."""
