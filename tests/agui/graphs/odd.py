"""Odd answers, as providers and nodes in the wild give them: ids that change, calls in pieces, copies, attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, RemoveMessage, ToolMessage, UsageMetadata
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import RetryPolicy

from tests.agui.graphs.speech import chain, replying
from tests.agui.graphs.tools import react
from tests.agui.harness import Case
from tests.agui.models import Scripted, Turn, calls, say

Saver = BaseCheckpointSaver[Any]

ASKED = {"messages": [HumanMessage("Помоги", id="question")]}
ANSWER = "Вот что я нашла для вас."
DRAFT = say("Вот что ", "я нашла ", "для вас.")


def _announced(text: str, number: int) -> Turn:
    """OpenAI's Responses API: the provider's id in an empty chunk, the rest under LangChain's."""
    identity = f"resp_{number}"
    usage: UsageMetadata = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
    return [
        AIMessageChunk(content=[], id=identity, response_metadata={"id": identity}),
        AIMessageChunk(content=[{"type": "text", "text": text[:3], "index": 0}]),
        AIMessageChunk(content=[{"type": "text", "text": text[3:], "index": 0}]),
        AIMessageChunk(content=[], usage_metadata=usage, chunk_position="last"),
    ]


def _announced_at_once(saver: Saver) -> Any:
    """Two such answers at the same time in one node: only their model calls tell them apart."""
    one, two = Scripted(turns=[_announced("Первый.", 1)]), Scripted(turns=[_announced("Второй.", 2)])

    async def node(state: Any) -> dict[str, Any]:
        return {"messages": list(await asyncio.gather(one.ainvoke("?"), two.ainvoke("?")))}

    return chain(("agent", node))(saver)


# Copies


def _copying(tidy: Callable[[str], str], turn: Turn = DRAFT) -> Callable[[Saver], Any]:
    """A node that returns a message of its own, made of what its model streamed."""

    def build(saver: Saver) -> Any:
        model = Scripted(turns=[turn])

        async def node(state: Any) -> dict[str, Any]:
            answer = await model.ainvoke(state["messages"])
            return {"messages": [AIMessage(tidy(str(answer.content)))]}

        return chain(("agent", node))(saver)

    return build


class Drafted(MessagesState, total=False):
    """A draft beside the messages."""

    draft: str


def _copied_by_another_node(saver: Saver) -> Any:
    model = Scripted(turns=[DRAFT])

    async def write(state: Any) -> dict[str, Any]:
        return {"draft": str((await model.ainvoke(state["messages"])).content)}

    async def publish(state: Any) -> dict[str, Any]:
        return {"messages": [AIMessage(f"{state['draft']} Спрашивайте ещё.")]}

    return chain(("write", write), ("publish", publish), schema=Drafted)(saver)


def _replaced_by_another_node(saver: Saver) -> Any:
    async def tidy(state: Any) -> dict[str, Any]:
        last = state["messages"][-1]
        return {"messages": [RemoveMessage(id=last.id), AIMessage(str(last.content).removesuffix("."))]}

    return chain(("agent", replying(DRAFT)), ("tidy", tidy))(saver)


def _copied_from_a_subgraph(saver: Saver) -> Any:
    inner = chain(("model", replying(DRAFT)))(None)  # type: ignore[arg-type] # the parent's

    async def expert(state: Any) -> dict[str, Any]:
        answer = await inner.ainvoke({"messages": state["messages"]})
        return {"messages": [AIMessage(answer["messages"][-1].content, name="expert")]}

    return chain(("expert", expert))(saver)


def _twice_and_meant(saver: Saver) -> Any:
    """Two nodes that answer alike: two answers."""
    return chain(("one", replying(DRAFT)), ("two", replying(DRAFT)))(saver)


def _as_a_tuple(saver: Saver) -> Any:
    model = Scripted(turns=[DRAFT])

    async def node(state: Any) -> dict[str, Any]:
        answer = await model.ainvoke(state["messages"])
        return {"messages": [("ai", f"Итак: {answer.content}")]}

    return chain(("agent", node))(saver)


# Attempts


class Failing(Scripted):
    """Fails after two chunks, the first time."""

    failed: list[bool]

    async def _astream(self, *args: Any, **kwargs: Any) -> Any:
        count = 0
        async for chunk in super()._astream(*args, **kwargs):
            yield chunk
            count += 1
            if count == 2 and not self.failed:
                self.failed.append(True)
                raise ConnectionError("broken off")


def _retried(by: str) -> Callable[[Saver], Any]:
    def build(saver: Saver) -> Any:
        made = Failing(turns=[say("Начало ", "которое ", "пропало"), DRAFT], failed=[])
        model: Any = made.with_retry(stop_after_attempt=2, wait_exponential_jitter=False) if by == "model" else made

        async def node(state: Any) -> dict[str, Any]:
            try:
                return {"messages": [await model.ainvoke(state["messages"])]}
            except ConnectionError:
                if by != "code":
                    raise
                return {"messages": [await model.ainvoke(state["messages"])]}

        policy = RetryPolicy(initial_interval=0.001, jitter=False) if by == "node" else None
        graph = StateGraph(MessagesState).add_node("agent", node, retry_policy=policy).add_edge(START, "agent")
        return graph.compile(checkpointer=saver)

    return build


# Calls


def _answering(*pieces: tuple[int | None, str | None, str | None, str | None]) -> Callable[[Saver], Any]:
    """A node that answers its model's calls itself, whatever their ids."""

    def build(saver: Saver) -> Any:
        model = Scripted(turns=[calls(*pieces)])

        async def node(state: Any) -> dict[str, Any]:
            answer = await model.ainvoke(state["messages"])
            results = [
                ToolMessage(str(call["args"]), tool_call_id=call["id"] or "", id=f"result-{number}")
                for number, call in enumerate(answer.tool_calls)
            ]
            return {"messages": [answer, *results]}

        return chain(("agent", node))(saver)

    return build


_AGAIN = calls((0, "look:0", "find_lead", '{"name": "А"}'))

CASES = [
    Case("an id announced in an empty chunk", chain(("agent", replying(_announced("Готово.", 1)))), [ASKED]),
    Case(
        "an id announced in an empty chunk, turn by turn",
        chain(("agent", replying(_announced("Раз.", 1), _announced("Два.", 2)))),
        [ASKED, {"messages": [HumanMessage("Ещё")]}],
    ),
    Case("a copy, stripped", _copying(str.strip, say(" Вот ", "ответ.", "\n")), [ASKED], same_messages=False),
    Case(
        "a copy without its thoughts",
        _copying(lambda text: text.partition("</think>")[2], [*say("<think>хм, ", "трудно", "</think>"), *DRAFT]),
        [ASKED],
        same_messages=False,
    ),
    Case("a copy with a prefix", _copying(lambda text: f"Бот: {text}"), [ASKED], same_messages=False),
    Case("a copy with a word changed", _copying(lambda text: text.replace("вас", "Вас")), [ASKED], same_messages=False),
    Case("a guardrail's replacement", _copying(lambda _: "Об этом я не говорю."), [ASKED], same_messages=False),
    Case("a copy made by another node", _copied_by_another_node, [ASKED], same_messages=False),
    Case("a message replaced by another node", _replaced_by_another_node, [ASKED], same_messages=False),
    Case("a copy of a subgraph's answer", _copied_from_a_subgraph, [ASKED]),
    Case("a copy as a tuple", _as_a_tuple, [ASKED], same_messages=False),
    Case("two answers that are alike", _twice_and_meant, [ASKED]),
    Case("a node tried again", _retried("node"), [ASKED], same_messages=False),
    Case("a model tried again", _retried("model"), [ASKED], same_messages=False),
    Case("a model tried again by the node's own code", _retried("code"), [ASKED], same_messages=False),
    Case(
        "a call whose name comes after its arguments",
        _answering((0, "c1", None, '{"name": '), (0, None, "find_lead", '"А"}')),
        [ASKED],
    ),
    Case(
        "a call whose name comes in two pieces",
        _answering((0, "c1", "find", ""), (0, None, "_lead", '{"name": "А"}')),
        [ASKED],
    ),
    Case(
        "a call whose id comes late",
        _answering((0, None, "find_lead", '{"name": '), (0, "c1", None, '"А"}')),
        [ASKED],
    ),
    Case("a call without an id", _answering((0, "", "find_lead", '{"name": "А"}')), [ASKED]),
    Case(
        "two calls under one id",
        _answering((0, "c1", "find_lead", '{"name": "А"}'), (1, "c1", "find_lead", '{"name": "Б"}')),
        [ASKED],
    ),
    Case("a call id used again in a turn", react(_AGAIN, _AGAIN, say("Да.")), [ASKED]),
]

AT_ONCE = Case("ids announced at once", _announced_at_once, [ASKED])
"""Not for a remote graph's parts, which do not have it."""

NEXT_TURN = Case(
    "a call id used again in the next turn",
    react(_AGAIN, say("Да."), _AGAIN, say("Опять.")),
    [ASKED, {"messages": [HumanMessage("Ещё")]}],
)
"""Within a turn ids are made different; from turn to turn they stay the provider's."""
