"""Graphs that talk: text, reasoning, images, whole messages, hidden nodes, usage, sync and async nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, RemoveMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, MessagesState, StateGraph

from tests.agui.harness import ASKED, Case
from tests.agui.models import Scripted, Turn, Whole, calls, say, usage

Saver = BaseCheckpointSaver[Any]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def chain(*nodes: tuple[str, Callable[..., Any]], schema: Any = MessagesState) -> Callable[[Saver], Any]:
    """A graph of nodes one after another."""

    def build(saver: Saver) -> Any:
        graph: Any = StateGraph(schema)
        previous = START
        for name, node in nodes:
            graph.add_node(name, getattr(node, "anew", lambda node=node: node)())
            graph.add_edge(previous, name)
            previous = name
        graph.add_edge(previous, END)
        return graph.compile(checkpointer=saver)

    return build


def replying(*turns: Turn, model: type[Scripted] = Scripted, **more: Any) -> Callable[..., Any]:
    """An async node that adds what its model says to the messages; ``anew`` makes one whose model has said nothing."""

    def fresh() -> Callable[..., Any]:
        speaker = model(turns=list(turns), **more)

        async def node(state: Any) -> dict[str, Any]:
            return {"messages": [await speaker.ainvoke(state["messages"])]}

        return node

    made = fresh()
    made.anew = fresh  # type: ignore[attr-defined] # a function takes attributes
    return made


def _text(*turns: Turn, **more: Any) -> Callable[[Saver], Any]:
    return chain(("agent", replying(*turns, **more)))


def _sync(saver: Saver) -> Any:
    model = Scripted(turns=[say("Из ", "потока.")])

    def node(state: Any) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    return chain(("agent", node))(saver)


async def _returns(state: Any) -> dict[str, Any]:
    return {"messages": [AIMessage("Готовый ответ, без потока.")]}


async def _returns_two(state: Any) -> dict[str, Any]:
    return {"messages": [AIMessage("Раз."), AIMessage("Два.", name="второй")]}


async def _asks(state: Any) -> dict[str, Any]:
    return {"messages": [HumanMessage("От имени человека.")]}


async def _trims(state: Any) -> dict[str, Any]:
    return {"messages": [RemoveMessage(id=state["messages"][0].id), AIMessage("Сокращено.")]}


def _copies(saver: Saver) -> Any:
    model = Scripted(turns=[say("Из ", "потока ", "в копию.")])

    async def node(state: Any) -> dict[str, Any]:
        answer = await model.ainvoke(state["messages"])
        return {"messages": [AIMessage(answer.content)]}

    return chain(("agent", node))(saver)


def _copies_beside(saver: Saver) -> Any:
    model = Scripted(turns=[say("Одно ", "и то же.")])

    async def node(state: Any) -> dict[str, Any]:
        answer = await model.ainvoke(state["messages"])
        return {"messages": [answer, AIMessage("Другое и то же.")]}

    return chain(("agent", node))(saver)


def _hidden_router(saver: Saver) -> Any:
    router = Scripted(turns=[say('{"next"', ': "sales"}')])

    async def route(state: Any) -> dict[str, Any]:
        await router.ainvoke(state["messages"])
        return {}

    return chain(("router", route), ("agent", replying(say("Слушаю."))))(saver)


def _hidden_writer(saver: Saver) -> Any:
    return chain(("planner", replying(say("План: ", "…"))), ("agent", replying(say("Слушаю."))))(saver)


def _tagged(tag: str) -> Callable[[Saver], Any]:
    router = Scripted(turns=[say('{"next"', ': "sales"}')], tags=[tag])

    async def node(state: Any) -> dict[str, Any]:
        await router.ainvoke(state["messages"])
        return {"messages": [AIMessage("Слышно только это.")]}

    return chain(("agent", node))


def _two_models_at_once(saver: Saver) -> Any:
    import asyncio  # noqa: PLC0415 - one case needs it

    one = Scripted(turns=[say("раз ", "два ", "три")])
    two = Scripted(turns=[say("uno ", "dos ", "tres")])

    async def node(state: Any) -> dict[str, Any]:
        return {"messages": list(await asyncio.gather(one.ainvoke("?"), two.ainvoke("?")))}

    return chain(("agent", node))(saver)


def _ids(*ids: str | None) -> Turn:
    """A text whose chunks carry these ids, as provider packages hand them over."""
    return [AIMessageChunk(content=f"слово{number} ", id=identity) for number, identity in enumerate(ids)]


_STOP = {"finish_reason": "stop"}

_BLOCKS: Turn = [
    AIMessageChunk(content=[{"type": "thinking", "thinking": "Надо ", "index": 0}]),
    AIMessageChunk(content=[{"type": "thinking", "thinking": "подумать.", "index": 0}]),
    AIMessageChunk(content=[{"type": "thinking", "signature": "c2ln", "index": 0}]),
    AIMessageChunk(content=[{"type": "text", "text": "Ответ ", "index": 1}]),
    AIMessageChunk(content=[{"type": "text", "text": "готов.", "index": 1}]),
]
_TWICE: Turn = [
    AIMessageChunk(content=[{"type": "reasoning", "reasoning": "Раз.", "index": 0}]),
    AIMessageChunk(content=[{"type": "text", "text": "Сначала.", "index": 1}]),
    AIMessageChunk(content=[{"type": "reasoning", "reasoning": "Два.", "index": 2}]),
    AIMessageChunk(content=[{"type": "text", "text": "Потом.", "index": 3}]),
]
_KWARGS: Turn = [
    AIMessageChunk(content="", additional_kwargs={"reasoning_content": "Надо "}),
    AIMessageChunk(content="", additional_kwargs={"reasoning_content": "подумать."}),
    AIMessageChunk(content="Ответ."),
]
_SUMMARY: Turn = [
    AIMessageChunk(
        content=[
            {"type": "reasoning", "summary": [{"index": 0, "type": "summary_text", "text": "Кратко."}], "index": 0}
        ]
    ),
    AIMessageChunk(content=[{"type": "text", "text": "Ответ.", "index": 1}]),
]
_IMAGE_IN = {
    "messages": [
        HumanMessage(
            id="question",
            content=[
                {"type": "text", "text": "Что на снимке?"},
                {"type": "image", "base64": PIXEL, "mime_type": "image/png"},
                {"type": "image_url", "image_url": {"url": "https://example.invalid/a.png"}},
            ],
        )
    ]
}
_IMAGE_OUT: Turn = [
    AIMessageChunk(content=[{"type": "text", "text": "Вот: ", "index": 0}]),
    AIMessageChunk(content=[{"type": "image", "base64": PIXEL, "mime_type": "image/png", "index": 1}]),
]

CASES = [
    Case("text in one node", _text(say("При", "вет", "!"))),
    Case("text in several nodes", chain(("one", replying(say("Пер", "вый."))), ("two", replying(say("Вто", "рой."))))),
    Case("several turns in a thread", _text(say("Раз."), say("Два.")), [ASKED, {"messages": [HumanMessage("Ещё")]}]),
    Case("a sync node", _sync),
    Case("a message that was not streamed", chain(("agent", _returns))),
    Case("two messages from one node", chain(("agent", _returns_two))),
    Case("what was streamed, returned as a new message", _copies),
    Case("what was streamed, and a message like it", _copies_beside),
    Case("a model that cannot stream", _text(say("Целиком."), model=Whole)),
    Case("a user's message from a node", chain(("agent", _asks), ("answer", replying(say("Понял."))))),
    Case("a message removed", chain(("agent", _trims)), same_messages=False),
    Case("a node that must not be heard", _hidden_router, options={"hidden": ["router"]}),
    Case("a hidden node that adds to the messages", _hidden_writer, options={"hidden": ["planner"]}),
    Case("a tag that must not be heard", _tagged("private"), options={"hidden": ["private"]}),
    Case("a nostream tag", _tagged("nostream")),
    Case("two models at once in one node", _two_models_at_once),
    Case("an empty answer", _text([AIMessageChunk(content="")])),
    Case("an empty last chunk with another id", _text([*_ids("a", "a"), AIMessageChunk(content="", id="b")])),
    Case("no id at first, the provider's at last", _text([*_ids(None, None), AIMessageChunk(content="", id="resp")])),
    Case("an empty first chunk without the provider's id", _text([AIMessageChunk(content=""), *_ids("resp", "resp")])),
    Case("the provider's id in the middle of the text", _text(_ids(None, "resp", "resp"))),
    Case("the provider's id at first only", _text(_ids("resp", None, None))),
    Case("reasoning in blocks", _text(_BLOCKS)),
    Case("reasoning twice", _text(_TWICE)),
    Case("reasoning in additional_kwargs", _text(_KWARGS)),
    Case("reasoning as a summary", _text(_SUMMARY)),
    Case("reasoning, then a tool call", _text([_KWARGS[0], *calls((0, "call-1", "find", '{"a": 1}'))])),
    Case("images in", _text(say("Точка.")), [_IMAGE_IN]),
    Case("an image out", _text(_IMAGE_OUT)),
    Case(
        "usage over several models",
        chain(
            (
                "one",
                replying([*say("Раз."), usage(10, 2, model_name="model-a", **_STOP)], provider="openai"),
            ),
            (
                "two",
                replying([*say("Два."), usage(7, 3, model_name="model-b", **_STOP)], provider="anthropic"),
            ),
            (
                "three",
                replying([*say("Три."), usage(1, 1, model_name="model-a", **_STOP)], provider="openai"),
            ),
        ),
    ),
    Case("cut at the length limit", _text([*say("Дли"), usage(5, 4000, finish_reason="length")])),
]
