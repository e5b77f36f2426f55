"""A conversation held by haystack, in the environment that `make clients` makes for it.

In, one JSON document on stdin: ``base_url``, ``api_key``, ``model``, ``text``, ``tool`` (name, description,
parameters), ``result``, ``stream``. Out, one JSON document: ``calls``, how many the server made, and ``text``, its
last answer.
"""

from __future__ import annotations

import json
import sys

from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage, StreamingChunk
from haystack.tools import Tool
from haystack.utils import Secret

_ROUNDS = 10


def receive(chunk: StreamingChunk) -> None:
    """With a callback the generator streams."""


def main() -> None:
    """Call the tool as often as the server asks for it."""
    asked = json.load(sys.stdin)
    tool = Tool(**asked["tool"], function=lambda **_: asked["result"])
    generator = OpenAIChatGenerator(
        api_key=Secret.from_token(asked["api_key"]),
        model=asked["model"],
        api_base_url=asked["base_url"],
        tools=[tool],
        max_retries=0,
        streaming_callback=receive if asked["stream"] else None,
    )
    history, made = [ChatMessage.from_user(asked["text"])], 0
    for _ in range(_ROUNDS):
        [answer] = generator.run(history)["replies"]
        made += len(answer.tool_calls)
        if not answer.tool_calls:
            break
        history += [answer, *(ChatMessage.from_tool(json.dumps(asked["result"]), call) for call in answer.tool_calls)]
    json.dump({"calls": made, "text": answer.text}, sys.stdout)


main()
