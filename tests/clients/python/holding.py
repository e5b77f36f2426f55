"""One client holding conversations with the tests' agent ``teller``; run in the client's own environment.

In, one JSON document on stdin: ``client``, ``base_url``, ``api_key``. Out, one JSON document: ``version``, and in
``found`` what came of each thing that the client can do, as text. A thing that a client cannot do is left out; one that
failed is ``{"error": …}``.

    text     the answer to "count 3", whole
    stream   its pieces
    history  the answer to a second question
    tool     what the client's tool was given, and the last answer
    failure  the class of what is raised when the agent fails
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from importlib.metadata import version
from typing import Any

CLIENTS = {
    "pydantic-ai": ("pydantic_ai_client", "chat", "pydantic-ai-slim"),
    "pydantic-ai, Responses": ("pydantic_ai_client", "responses", "pydantic-ai-slim"),
    "openai-agents": ("openai_agents_client", "chat", "openai-agents"),
    "openai-agents, Responses": ("openai_agents_client", "responses", "openai-agents"),
    "LiteLLM": ("litellm_client", "chat", "litellm"),
    "LiteLLM, Responses": ("litellm_client", "responses", "litellm"),
    "LiteLLM, Anthropic's messages": ("litellm_client", "messages", "litellm"),
    "smolagents": ("smolagents_client", "chat", "smolagents"),
    "llm": ("llm_client", "chat", "llm"),
    "instructor": ("instructor_client", "chat", "instructor"),
    "LlamaIndex": ("llamaindex_client", "chat", "llama-index-llms-openai-like"),
}
THINGS = ("text", "stream", "history", "tool", "failure")


def main() -> None:
    """Try all that the client can do."""
    asked = json.load(sys.stdin)
    module, api, package = CLIENTS[asked["client"]]
    client: Any = importlib.import_module(module).Client(asked["base_url"], asked["api_key"], api)
    found: dict[str, Any] = {}
    for thing in THINGS:
        if not hasattr(client, thing):
            continue
        try:
            found[thing] = getattr(client, thing)()
        except Exception as error:
            found[thing] = {"error": "".join(traceback.format_exception(error))[-3000:]}
    sys.stdout.write("\n" + json.dumps({"version": version(package), "found": found}))


if __name__ == "__main__":
    main()
