"""Who may meet in the model checker: people with their windows, over OpenAI, AG-UI and CopilotKit; and the graph.

Everybody says the same few things, so that histories collide. What cannot collide is the window's own mark, which it
sends as its system prompt and the graph writes into its state.
"""

from __future__ import annotations

import operator
import uuid
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from bridge.openai_compat.to_chunks import INTERRUPT_TOOL
from tests.histories.talk import COLOUR, Echo, Message, Slow, user
from tests.http.talking import events_of
from tests.strict import BadRequestError, check

QUOTES = ("quote 1", "quote 2")

PAINT = {"name": "colour", "description": "Paint the page.", "parameters": {"type": "object"}}
"""`COLOUR`, as AG-UI has it."""


class State(MessagesState, total=False):
    """``seen``: the windows that this thread has worked for, and what they granted."""

    seen: Annotated[list[str], operator.add]


def build(slow: Slow, refused: list[str]) -> Any:
    """Each turn notes whose it is; a quote needs an approval. ``refused``: what a strict provider says to a history."""

    def mark(state: State) -> str:
        return next(message.text for message in state["messages"] if message.type == "system")

    async def note(state: State) -> dict[str, Any]:
        return {"seen": [mark(state)]}

    async def approve(state: State) -> dict[str, Any]:
        asked = state["messages"][-1].text
        if asked not in QUOTES:
            return {}
        granted = interrupt({"message": f"Grant {asked}?", "responseSchema": {"type": "boolean"}})
        return {"seen": [f"{mark(state)} {'granted' if granted else 'refused'} {asked}"]}

    async def answer(state: State, config: RunnableConfig) -> dict[str, Any]:
        try:
            check(state["messages"])
        except BadRequestError as error:
            refused.append(str(error))
        # answers do not tell windows apart
        given = [message for message in state["messages"] if message.type != "system"]
        return {"messages": [await Echo(slow, [], config["configurable"]["client_tools"]).ainvoke(given, config)]}

    graph = StateGraph(State).add_node(note).add_node(approve).add_node(answer)
    return graph.add_edge(START, "note").add_edge("note", "approve").add_edge("approve", "answer").compile()


@dataclass(eq=False)
class Window:
    """An OpenAI window of a person's. ``cut``: it does not have the beginning; ``thread``: of its last answer."""

    person: str
    mark: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    history: list[Message] = field(default_factory=list)
    cut: bool = False
    thread: str = ""

    @property
    def named(self) -> bool:
        """Whether it names its thread: a first message alone is then new, as from who sends what is new alone."""
        return "X-Thread-Id" in self.headers

    @property
    def principal(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")

    @property
    def asked(self) -> str | None:
        """The quote that its last message asks about."""
        return asked_in(self.history[-1]) if self.history else None

    @property
    def calls(self) -> list[str]:
        """The calls of its own tool that wait for their answers."""
        made = self.history[-1].get("tool_calls") or [] if self.history else []
        return [call["id"] for call in made if call["function"]["name"] != INTERRUPT_TOOL]

    def copied(self, mark: str) -> Window:
        return Window(self.person, mark, self.headers, self.body, list(self.history), self.cut)


def asked_in(message: Message) -> str | None:
    """The quote that a message asks about, in words or as a call."""
    if message["role"] != "assistant":
        return None
    made = [call["function"] for call in message.get("tool_calls") or []]
    asked = "".join(call["arguments"] for call in made if call["name"] == INTERRUPT_TOOL)
    content = str(message.get("content") or "")
    if content.endswith("Please answer: yes / no"):
        asked = content
    return next((quote for quote in QUOTES if f"Grant {quote}?" in asked), None)


@dataclass(eq=False)
class Screen:
    """An AG-UI client's screen, or a CopilotKit page's, on a thread that it names."""

    person: str
    mark: str
    headers: dict[str, str]
    thread: str
    page: bool
    messages: list[Message] = field(default_factory=list)
    pending: list[Message] = field(default_factory=list)
    answered: list[Message] = field(default_factory=list)
    error: str = ""

    @property
    def principal(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")

    @property
    def path(self) -> str:
        return "/api/copilotkit/agent/talk/run" if self.page else "/agui/talk"

    @property
    def asked(self) -> str | None:
        """The quote that its dialog asks about."""
        asked = str(self.pending)
        return next((quote for quote in QUOTES if f"Grant {quote}?" in asked), None)

    @property
    def calls(self) -> list[str]:
        """The calls of its own tool that wait for their answers."""
        made = self.messages[-1].get("toolCalls") or [] if self.messages else []
        return [call["id"] for call in made]

    def body(self, **more: Any) -> dict[str, Any]:
        """What it sends: all that is on the screen, and its instructions."""
        prompt = {"id": f"system {self.mark}", "role": "system", "content": self.mark}
        named = {"threadId": self.thread, "runId": uuid.uuid4().hex}
        fields: dict[str, Any] = {"tools": [PAINT], "context": [], "state": {}, "forwardedProps": {}}
        version = {} if self.page else {"protocolVersion": "1.0"}
        return {**named, "messages": [prompt, *self.messages], **fields, **version, **more}

    def resume(self, interrupt: Message, granted: bool) -> dict[str, Any]:
        """The answer to a question, as this client gives it."""
        if self.page:
            command = {"resume": granted, "interruptEvent": interrupt["value"]}
            return self.body(forwardedProps={"command": command})
        entry = {"interruptId": interrupt["id"], "status": "resolved", "payload": granted}
        return self.body(resume=[entry])

    def answer_calls(self, all_of_them: bool) -> None:
        """What its own tool has done, for each call that waits, or for the first one."""
        self.messages += [
            {"id": uuid.uuid4().hex, "role": "tool", "toolCallId": call, "content": "ok"}
            for call in self.calls[: None if all_of_them else 1]
        ]

    def type(self, text: str) -> Message:
        message = {"id": uuid.uuid4().hex, **user(text)}
        self.messages.append(message)
        return message

    def receive(self, response: httpx.Response) -> str:
        """Show what came; the text of it. ``error``: the code of a RUN_ERROR."""
        assert response.status_code == 200, response.text
        self.error, text, shown = "", "", {message["id"]: message for message in self.messages}
        events = events_of(response.content) if response.content else []
        pending: list[Message] = []
        for event in events:
            match event["type"]:
                case "TEXT_MESSAGE_START":
                    shown[event["messageId"]] = {"id": event["messageId"], "role": "assistant", "content": ""}
                case "TEXT_MESSAGE_CONTENT":
                    shown[event["messageId"]]["content"] += event["delta"]
                    text += event["delta"]
                case "TOOL_CALL_START":
                    of = event.get("parentMessageId") or event["toolCallId"]
                    calling = shown.setdefault(of, {"id": of, "role": "assistant", "content": ""})
                    function = {"name": event["toolCallName"], "arguments": ""}
                    call = {"id": event["toolCallId"], "type": "function", "function": function}
                    calling["toolCalls"] = [*calling.get("toolCalls", []), call]
                case "TOOL_CALL_ARGS":
                    calls = [call for message in shown.values() for call in message.get("toolCalls") or ()]
                    [call] = [call for call in calls if call["id"] == event["toolCallId"]]
                    call["function"]["arguments"] += event["delta"]
                case "MESSAGES_SNAPSHOT":
                    shown = {message["id"]: message for message in event["messages"]}
                case "CUSTOM" if event["name"] == "on_interrupt":
                    pending.append({"value": event["value"]})
                case "RUN_FINISHED":
                    pending += (event.get("outcome") or {}).get("interrupts") or []
                case "RUN_ERROR":
                    self.error = event.get("code") or "error"
                case _:
                    pass
        self.messages = [message for message in shown.values() if message["role"] != "system"]
        if not self.error:
            self.pending = pending
        return text


def users_in(text: str | None) -> list[str] | None:
    """The users' messages that an answer names."""
    if not (text or "").startswith("users="):
        return None
    return str(text).removeprefix("users=").partition(" answers=")[0].split("; ")


def may_be_of(window: Window, users: Sequence[str], typed: Container[int] = ()) -> bool:
    """Whether these are the users' messages of the history that a window sent, in order, but for answers to approvals.

    Where the history was cut, those before it as well. ``typed``: the `id` of each message whose question was lost, so
    that the history does not show it. The same words may be a message and an answer: each way of reading them counts.
    """
    sent = window.history
    left = {len(users)}  # how many may come from what is before this place
    for place in range(len(sent) - 1, -1, -1):
        if sent[place]["role"] != "user":
            continue
        before = {count - 1 for count in left if count and users[count - 1] == sent[place]["content"]}
        answers = asked_in(sent[place - 1]) if place else window.cut
        asked_again = place + 1 < len(sent) and asked_in(sent[place + 1])
        left = before | left if answers or asked_again or id(sent[place]) in typed else before
    return bool(left) and (window.cut or 0 in left)


def people() -> list[list[Window]]:
    """Those who may meet: strangers behind one key who say nothing of themselves, people behind one key who do, chats,
    a shared key, a key of one's own, a client with tools.
    """
    team = {"Authorization": "Bearer team"}
    shared = {"Authorization": "Bearer shared"}
    as_call = {"tools": [COLOUR], "ag_ui": {"interrupts": "tool"}}
    return [
        [Window("stranger 1", "s1", team), Window("stranger 2", "s2", team)],
        [Window(name, mark, team, {"user": name}) for name, mark in (("ann", "ann"), ("ann", "ann-2"), ("bob", "bob"))],
        [
            Window(name, name, {**team, "X-OpenWebUI-Chat-Id": "1", "X-OpenWebUI-User-Id": name})
            for name in ("cid", "dan")
        ],
        [Window("eve", "eve", {**shared, "X-Conversation-Id": "1"}), *(Window(n, n, shared) for n in ("fay", "gus"))],
        [
            *(Window("own", mark, {"Authorization": "Bearer own"}) for mark in ("own", "own-2")),
            Window("named", "named", {"Authorization": "Bearer own", "X-Thread-Id": "t"}),
        ],
        [
            Window("hal", "hal", team, {"user": "hal", **as_call}),
            Window("hal", "hal-2", team, {"user": "hal", "tools": [COLOUR]}),
            Window("ida", "ida", {**team, "X-Thread-Id": "i"}, as_call),
        ],
    ]


def marks(person: str, everybody: Sequence[Window | Screen]) -> set[str]:
    """The marks of one person's windows."""
    return {one.mark for one in everybody if one.person == person}
