"""For agents that are made with langchain's ``create_agent``: the tools that the client runs.

Needs the extra ``langchain``. This module imports langchain and LangGraph, and nothing of the server: a graph that uses
it runs anywhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.config import get_config
from langgraph.types import Command

try:
    from langchain.agents.middleware import AgentMiddleware, hook_config
except ModuleNotFoundError as error:  # pragma: no cover - the tests have it
    raise ModuleNotFoundError("this needs langchain: pip install '.[langchain]' in the bridge's checkout") from error


class ClientTools(AgentMiddleware[Any, Any, Any]):
    """Offers the model the tools that the client runs, and ends the run where a call of theirs is open.

    A client's tool takes the place of an agent's own of the same name, as it does in the bridge. Where the person goes
    on without an answer the agent goes on too: the bridge has then put a sentence in the answer's place.
    """

    def wrap_model_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        """Beside the agent's own tools, the client's."""
        return handler(_offering(request))

    async def awrap_model_call(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """Beside the agent's own tools, the client's."""
        return await handler(_offering(request))

    def wrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        """A call of a client's tool stays open."""
        return Command() if _is_clients(request) else handler(request)

    async def awrap_tool_call(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """A call of a client's tool stays open."""
        return Command() if _is_clients(request) else await handler(request)

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The model goes on when the client has answered."""
        return {"jump_to": "end"} if _waits(state["messages"], _client_tools()) else None

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The model goes on when the client has answered."""
        return self.before_model(state, runtime)


def _client_tools() -> dict[str, dict[str, Any]]:
    """The OpenAI function tools that the client declared, by name."""
    tools = get_config().get("configurable", {}).get("client_tools") or []
    return {tool["function"]["name"]: tool for tool in tools}


def _offering(request: Any) -> Any:
    client = _client_tools()
    own = [tool for tool in request.tools if _name(tool) not in client]
    return request.override(tools=[*own, *client.values()])


def _name(tool: Any) -> Any:
    if isinstance(tool, dict):
        return tool.get("name") or (tool.get("function") or {}).get("name")
    return getattr(tool, "name", None)


def _is_clients(request: Any) -> bool:
    return request.tool_call["name"] in _client_tools()


def _waits(messages: Sequence[BaseMessage], client: Collection[str]) -> bool:
    """Whether a call of a client's tool is open in the last message of the model's: nobody has answered or gone on.

    Answers count from that message on: the ids of some providers repeat from turn to turn.
    """
    answered: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            return any(call["name"] in client and call["id"] not in answered for call in message.tool_calls)
        if not isinstance(message, ToolMessage):
            return False
        answered.add(message.tool_call_id)
    return False
