"""Holding a conversation with the graph as the bridge does, and remembering what was streamed."""

from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.types import Command, Interrupt

MODES = ["messages", "tasks", "values", "custom"]


@dataclass
class Run:
    """What one run streamed."""

    messages: list[tuple[BaseMessage, dict[str, Any]]] = field(default_factory=list)
    interrupts: dict[str, Interrupt] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything the model said."""
        return "".join(message.text for message, _ in self.messages if isinstance(message, AIMessage))

    @property
    def ai_ids(self) -> list[str]:
        """Ids of the assistant's messages, in the order they began."""
        chunks = [message.id for message, _ in self.messages if isinstance(message, AIMessage)]
        return list(dict.fromkeys(str(entry) for entry in chunks))

    @property
    def results(self) -> list[ToolMessage]:
        """What tools answered."""
        return [message for message, _ in self.messages if isinstance(message, ToolMessage)]

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The tool calls in the state's new messages, in order; the text deltas are checked elsewhere."""
        return [
            (call["name"], call["args"])
            for message in self.state.get("messages", [])
            if isinstance(message, AIMessage) and message.id in set(self.ai_ids)
            for call in message.tool_calls
        ]


class Talk:
    """One thread."""

    def __init__(self, graph: Any, thread: str, configurable: dict[str, Any]) -> None:
        self.graph = graph
        self.config = {"configurable": {"thread_id": thread, **configurable}}

    async def say(self, text: str) -> Run:
        return await self.run({"messages": [HumanMessage(text)]})

    async def send(self, *messages: AnyMessage) -> Run:
        return await self.run({"messages": list(messages)})

    async def resume(self, value: Any) -> Run:
        """Answer the one open interrupt."""
        state = await self.graph.aget_state(self.config)
        (interrupt,) = state.interrupts
        return await self.run(Command(resume={interrupt.id: value}))

    async def run(self, value: Any) -> Run:
        run = Run()
        stream = self.graph.astream(value, self.config, stream_mode=MODES, subgraphs=True, version="v2")
        async for part in stream:
            match part["type"]:
                case "messages":
                    run.messages.append(part["data"])
                case "tasks" if "triggers" in part["data"]:
                    run.tasks.append(part["data"]["name"])
                case "values":
                    run.interrupts.update({entry.id: entry for entry in part["interrupts"]})
        run.state = (await self.graph.aget_state(self.config)).values
        return run

    async def messages(self) -> list[BaseMessage]:
        return list((await self.graph.aget_state(self.config)).values["messages"])
