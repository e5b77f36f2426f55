"""The agent: a supervisor over the sales and marketing departments, and a front desk for everything else.

`graph` has no checkpointer; the server attaches one: `graph.copy(update={"checkpointer": saver})`. The
departments use the same. Importing this module opens no database and needs no key.
"""

from typing import Any, Literal

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from graphs import marketing, sales
from graphs.calls import is_open
from graphs.department import build_department
from graphs.housekeeping import is_housekeeping
from graphs.model import chat_model
from graphs.request import read_request
from graphs.routing import by_model, by_words
from graphs.state import AgentState, Department


async def supervisor(state: AgentState, config: RunnableConfig) -> Command[Literal["sales", "marketing", "assistant"]]:
    """Choose the department that answers."""
    messages, current = state["messages"], state.get("department")
    if read_request(config).forced_client_tool or is_housekeeping(messages):
        # Suggestions and the like: one call of the model, and the conversation stays where it is.
        return Command(goto="assistant", update={"department": "assistant"})
    if current and messages and isinstance(messages[-1], ToolMessage):
        # The front end's answer to a call: the department that called goes on.
        department = current
    else:
        department = by_words(messages, current) or await by_model(chat_model(), messages)
    return Command(goto=department, update={"department": department})


def build_graph() -> CompiledStateGraph[AgentState]:
    """The whole graph, without a checkpointer."""
    graph = StateGraph(AgentState)
    graph.add_node("supervisor", supervisor)
    departments: dict[Department, Any] = {
        "sales": build_department("sales", sales.TOOLS),
        "marketing": build_department("marketing", marketing.TOOLS),
        "assistant": build_department("assistant", []),
    }
    for name, department in departments.items():
        graph.add_node(name, department)
        others = [other for other in ("sales", "marketing") if other != name]
        graph.add_conditional_edges(name, _handed_over(name), [*others, END])
    graph.add_edge(START, "supervisor")
    return graph.compile(name="sales-marketing")


def _handed_over(name: Department) -> Any:
    def next_department(state: AgentState) -> str:
        department = state.get("department")
        if is_open(state["messages"]):
            return END  # a call of the front end's beside the hand-over: the other department goes on with its answer
        return department if department and department != name else END

    return next_department


graph = build_graph()
