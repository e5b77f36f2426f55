"""LiteLLM: chat, responses, and Anthropic's messages made of either."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import litellm

litellm.suppress_debug_info = True
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "paint",
        "description": "Paint the page.",
        "parameters": {"type": "object", "properties": {"цвет": {"type": "string"}}},
    },
}


class Client:
    """The same conversations as the other clients hold."""

    def __init__(self, base_url: str, api_key: str, api: str) -> None:
        self._named = {"model": "openai/teller", "api_base": base_url, "api_key": api_key, "num_retries": 0}
        self._api = api

    def text(self) -> str:
        if self._api == "responses":
            answer: Any = litellm.responses(input="count 3", **self._named)
            return str(answer.output[0].content[0].text)
        if self._api == "messages":
            said = asyncio.run(self._message([{"role": "user", "content": "count 3"}]))
            return str(said["content"][0]["text"])
        return str(self._chat([{"role": "user", "content": "count 3"}]).content)

    def stream(self) -> list[str]:
        if self._api == "responses":
            stream: Any = litellm.responses(input="count 3", stream=True, **self._named)
            return [event.delta for event in stream if event.type == "response.output_text.delta"]
        if self._api == "messages":
            return asyncio.run(self._message_stream())
        asked = [{"role": "user", "content": "count 3"}]
        chunks: Any = litellm.completion(messages=asked, stream=True, **self._named)
        pieces = [chunk.choices[0].delta.content for chunk in chunks]
        return [piece for piece in pieces if piece]

    def history(self) -> str:
        if self._api == "responses":
            first: Any = litellm.responses(input="count 3", **self._named)
            said = {"role": "assistant", "content": first.output[0].content[0].text}
            sent = [{"role": "user", "content": "count 3"}, said, {"role": "user", "content": "дальше"}]
            answer: Any = litellm.responses(input=sent, **self._named)
            return str(answer.output[0].content[0].text)
        messages: list[Any] = [{"role": "user", "content": "count 3"}]
        if self._api == "messages":
            answer = asyncio.run(self._message(messages))
            messages.append({"role": "assistant", "content": answer["content"]})
            messages.append({"role": "user", "content": "дальше"})
            return str(asyncio.run(self._message(messages))["content"][0]["text"])
        messages += [{"role": "assistant", "content": self._chat(messages).content}]
        return str(self._chat([*messages, {"role": "user", "content": "дальше"}]).content)

    def tool(self) -> list[Any]:
        messages: list[Any] = [{"role": "user", "content": "call сделай"}]
        if self._api == "messages":
            tools = [{"name": "paint", "description": "Paint.", "input_schema": TOOL["function"]["parameters"]}]
            said = asyncio.run(self._message(messages, tools=tools))
            [call] = [block for block in said["content"] if block["type"] == "tool_use"]
            result = {"type": "tool_result", "tool_use_id": call["id"], "content": "готово"}
            messages += [{"role": "assistant", "content": said["content"]}, {"role": "user", "content": [result]}]
            done = asyncio.run(self._message(messages, tools=tools))
            return [[call["input"]["цвет"]], done["content"][0]["text"]]
        if self._api == "responses":
            tools = [{"type": "function", **TOOL["function"]}]
            first: Any = litellm.responses(input="call сделай", tools=tools, **self._named)
            [call] = [item for item in first.output if item.type == "function_call"]
            given = {"type": "function_call_output", "call_id": call.call_id, "output": "готово"}
            last: Any = litellm.responses(input=[given], tools=tools, previous_response_id=first.id, **self._named)
            return [[json.loads(call.arguments)["цвет"]], last.output[0].content[0].text]
        asked = self._chat(messages, tools=[TOOL])
        [call] = asked.tool_calls
        messages += [
            asked.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "готово"},
        ]
        return [[json.loads(call.function.arguments)["цвет"]], self._chat(messages, tools=[TOOL]).content]

    def failure(self) -> str:
        try:
            if self._api == "responses":
                litellm.responses(input="fail", **self._named)
            elif self._api == "messages":
                asyncio.run(self._message([{"role": "user", "content": "fail"}]))
            else:
                self._chat([{"role": "user", "content": "fail"}])
        except Exception as error:
            return type(error).__name__
        return ""

    def _chat(self, messages: list[Any], **more: Any) -> Any:
        answer: Any = litellm.completion(messages=messages, **self._named, **more)
        return answer.choices[0].message

    async def _message(self, messages: list[Any], **more: Any) -> Any:
        return await litellm.anthropic.messages.acreate(messages=messages, max_tokens=100, **self._named, **more)

    async def _message_stream(self) -> list[str]:
        asked = [{"role": "user", "content": "count 3"}]
        stream: Any = await litellm.anthropic.messages.acreate(
            messages=asked, max_tokens=100, stream=True, **self._named
        )
        written = b"".join([piece if isinstance(piece, bytes) else str(piece).encode() async for piece in stream])
        events = [json.loads(line[6:]) for line in written.decode().splitlines() if line.startswith("data: {")]
        return [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
