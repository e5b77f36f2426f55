"""A department: a model with tools, in a loop. One subgraph for each.

    START → model ──► END            no tool calls, or only calls of the front end's tools
              ▲ └───► tools          one task for each call of our own tools
              └─────────┘            back, unless a call of the front end's is open or another department took
              over

Each tool call is its own task (`Send`): when one waits for a person, those beside it are done and do not run
again.
"""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool, tool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send

from graphs.calls import garbled, last_call, unreadable
from graphs.housekeeping import is_housekeeping
from graphs.language import conversation_language
from graphs.marking import mark_results, put_page_content
from graphs.model import chat_model
from graphs.prompts import CONTEXT, ENOUGH, system_prompt
from graphs.request import Request, read_request
from graphs.state import AgentState, Department
from graphs.tooling import Runtime, answer, run_tool

# After so many hand-overs in one turn the departments must answer with what they have.
MAX_TRANSFERS = 3
# So often the model may repeat a call whose arguments were no JSON.
MAX_GARBLED = 2
# So often the model may call tools in one turn; then it is asked for an answer. Ten leave room for several requests in
# one message, and end a model that goes in circles.
MAX_STEPS = 10


@tool
def transfer_to_sales(runtime: Runtime) -> Command[Any]:
    """Hand the conversation to sales: leads, deals, pipeline, products, quotes."""
    return answer(runtime, {"transferred_to": "sales"}, department="sales")


@tool
def transfer_to_marketing(runtime: Runtime) -> Command[Any]:
    """Hand the conversation to marketing: segments, campaigns, reports, A/B tests."""
    return answer(runtime, {"transferred_to": "marketing"}, department="marketing")


TRANSFERS: dict[Department, list[BaseTool]] = {
    "sales": [transfer_to_marketing],
    "marketing": [transfer_to_sales],
    "assistant": [transfer_to_sales, transfer_to_marketing],
}
TRANSFER_NAMES = {"transfer_to_sales", "transfer_to_marketing"}


def build_department(name: Department, own_tools: Sequence[BaseTool]) -> CompiledStateGraph[AgentState]:
    """The subgraph of one department. It keeps its checkpoints where its parent does."""
    tools = [*own_tools, *TRANSFERS[name]]

    async def model(state: AgentState, config: RunnableConfig) -> dict[str, Any]:
        request = read_request(config)
        messages = state["messages"]
        prompt = _prompt(name, messages, request)
        message = await _bind(tools, messages, request).ainvoke(prompt, config)
        return {"messages": [message, *unreadable(message)]}

    def after_model(state: AgentState, config: RunnableConfig) -> list[Send] | str:
        request = read_request(config)
        message = last_call(state["messages"])
        calls = message.tool_calls if message else []
        ours = [call for call in calls if call["name"] not in request.client_tool_names]
        if 0 < garbled(state["messages"]) <= MAX_GARBLED:
            return "model"
        if _steps(state["messages"]) > MAX_STEPS or is_housekeeping(state["messages"][:-1]):
            return END  # it was told to call no tool, and calls one all the same
        return [Send("tools", [call]) for call in ours] or END

    def after_tools(state: AgentState, config: RunnableConfig) -> str:
        # Asked once for each tool, which sees its own answer but not yet those of the tools beside it: so the
        # message that called them all decides, not what is answered so far.
        message = last_call(state["messages"])
        called = {call["name"] for call in message.tool_calls} if message else set()
        leaves = called & (TRANSFER_NAMES | read_request(config).client_tool_names)
        return END if leaves else "model"

    graph = StateGraph(AgentState)
    graph.add_node("model", model)
    graph.add_node("tools", ToolNode(tools, awrap_tool_call=run_tool, handle_tool_errors=False))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", after_model, ["tools", "model", END])
    graph.add_conditional_edges("tools", after_tools, ["model", END])
    return graph.compile(name=name)


def _prompt(name: Department, messages: Sequence[BaseMessage], request: Request) -> list[BaseMessage]:
    """What the model reads: its role, and the conversation with everything foreign marked as data."""
    language = conversation_language(messages, request.client_context)
    system = system_prompt(name, language)
    if _steps(messages) >= MAX_STEPS:
        system += f"\n\n{ENOUGH[language]}"
    history = mark_results(messages)
    if context := request.context_text():
        history = put_page_content(history, f"{CONTEXT[language]}\n{context}")
    return [SystemMessage(system), *history]


def _bind(tools: Sequence[BaseTool], messages: Sequence[BaseMessage], request: Request) -> Runnable[Any, BaseMessage]:
    """The model with the tools and settings of this call."""
    model = chat_model()
    own: list[BaseTool | dict[str, Any]] = [
        entry for entry in tools if entry.name not in TRANSFER_NAMES or _transfers(messages) < MAX_TRANSFERS
    ]
    client = list(request.client_tools)
    extra: dict[str, Any] = {}
    if request.parallel_tool_calls is not None:
        extra["parallel_tool_calls"] = request.parallel_tool_calls

    if request.forced_client_tool:
        only = [entry for entry in client if entry["function"]["name"] == request.forced_client_tool]
        bound = model.bind_tools(only, tool_choice=request.forced_client_tool, **extra)
        return bound.bind(**request.model_settings)
    if request.tool_choice == "none":
        client = []
    if _steps(messages) >= MAX_STEPS or is_housekeeping(messages):
        # With the tools, not without: endpoints refuse a history of calls whose tools are not declared.
        return model.bind_tools([*own, *client], tool_choice="none").bind(**request.model_settings)
    names = {entry["function"]["name"] for entry in client}
    offered = [
        *(entry for entry in own if not (isinstance(entry, BaseTool) and entry.name in names)),
        *client,
    ]
    if not _answers_own_call(messages):
        # A demand is met by the first call; repeated after each tool result it would never end.
        if request.tool_choice == "required":
            extra["tool_choice"] = "required"
        elif request.forced_tool in {entry.name for entry in own if isinstance(entry, BaseTool)}:
            extra["tool_choice"] = request.forced_tool
    return model.bind_tools(offered, **extra).bind(**request.model_settings)


def _answers_own_call(messages: Sequence[BaseMessage]) -> bool:
    """Whether the model is called with tool results, not with something new from the user."""
    return bool(messages) and isinstance(messages[-1], ToolMessage) and last_call(messages) is not None


def _steps(messages: Sequence[BaseMessage]) -> int:
    """How often the model has called tools since the user last wrote."""
    count = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        count += isinstance(message, AIMessage) and bool(message.tool_calls)
    return count


def _transfers(messages: Sequence[BaseMessage]) -> int:
    """Hand-overs since the user last spoke."""
    count = 0
    for message in reversed(messages):
        if message.type == "human":
            break
        count += isinstance(message, ToolMessage) and message.name in TRANSFER_NAMES
    return count
