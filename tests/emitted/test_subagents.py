"""Subagents: attributed, in their order, on the screen to the end, hidden by name, not in the OpenAI answer."""

from __future__ import annotations

from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.agents.middleware import PIIMiddleware, SummarizationMiddleware
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import interrupt
from langgraph_supervisor import create_supervisor

from bridge.agents.langgraph.nodes import worker_nodes
from bridge.events.event import Event, wire
from bridge.openai_compat import AguiToChunks, ChunksToAgui, fold
from tests.agui.models import Scripted, calls, say
from tests.emitted.running import Client, kinds, text


def search(q: str) -> str:
    """Searches."""
    return f"found {q}"


def researcher(mark: str = "") -> Any:
    turns = [calls((0, f"s{mark}", "search", '{"q": "cats"}'), text=f"Sub working{mark}. "), say(f"Sub report{mark}.")]
    return Scripted(turns=turns)


def deep(*tasks: str) -> Any:
    """A deepagent that gives these tasks away at once, then answers."""
    pieces = [
        (index, f"t{index}", "task", f'{{"description": "look up {name}", "subagent_type": "{name}"}}')
        for index, name in enumerate(tasks)
    ]
    subagents: Any = [
        {"name": name, "description": "looks up", "system_prompt": "x", "tools": [search], "model": researcher(name)}
        for name in tasks
    ]
    return create_deep_agent(
        model=Scripted(turns=[calls(*pieces, text="Delegating. "), say("Main ", "answer.")]), subagents=subagents
    )


def texts_of(events: list[Event]) -> list[tuple[str, bool]]:
    """Messages in the order in which they were begun, and whether each is a subagent's."""
    texts: dict[str, str] = {}
    owners: dict[str, bool] = {}
    for event in events:
        if event["type"] == "TEXT_MESSAGE_CONTENT":
            texts[event["messageId"]] = texts.get(event["messageId"], "") + event["delta"]
            owners[event["messageId"]] = "subagentRunId" in event
    return [(text, owners[name]) for name, text in texts.items()]


async def test_a_deepagents_subagent() -> None:
    client = Client(deep("cats"))
    events = await client.run("cats?")
    assert texts_of(events) == [
        ("Delegating. ", False),
        ("Sub workingcats. ", True),
        ("Sub reportcats.", True),
        ("Main answer.", False),
    ]
    started = next(event for event in events if event["type"] == "SUBAGENT_STARTED")
    assert (started["name"], started["description"], started["parentToolCallId"]) == ("cats", "look up cats", "t0")
    assert kinds(events, "SUBAGENT_STARTED", "SUBAGENT_FINISHED") == ["SUBAGENT_STARTED", "SUBAGENT_FINISHED"]
    assert [event["toolCallName"] for event in events if event["type"] == "TOOL_CALL_START"] == ["task", "search"]
    owner = started["subagentRunId"]
    assert [(m["role"], m.get("content", ""), m.get("subagentRunId")) for m in client.messages] == [
        ("user", "cats?", None),
        ("assistant", "Delegating. ", None),
        ("assistant", "Sub workingcats. ", owner),
        ("tool", "found cats", owner),
        ("assistant", "Sub reportcats.", owner),
        ("tool", "Sub reportcats.", None),
        ("assistant", "Main answer.", None),
    ]
    call = client.messages[2]["toolCalls"][0]
    assert call["function"] == {"name": "search", "arguments": '{"q": "cats"}'}


async def test_what_was_shown_stays_in_the_next_run_and_is_not_sent_to_the_graph() -> None:
    client = Client(deep("cats"))
    await client.run("cats?")
    before = list(client.messages)
    await client.run("and?")
    assert client.messages[: len(before)] == before
    held = (await client.held())["messages"]
    assert not any("Sub working" in message.text for message in held)
    assert [message.text for message in held if message.type == "human"] == ["cats?", "and?"]


async def test_two_at_once_are_told_apart() -> None:
    events = await Client(deep("cats", "dogs")).run("x")
    owners = {event["subagentRunId"]: event["name"] for event in events if event["type"] == "SUBAGENT_STARTED"}
    assert sorted(owners.values()) == ["cats", "dogs"]
    for event in events:
        if event["type"] == "TEXT_MESSAGE_CONTENT" and "subagentRunId" in event:
            assert owners[event["subagentRunId"]] in event["delta"]


async def test_a_client_before_1_0_gets_no_events_that_it_does_not_know() -> None:
    client = Client(deep("cats"), version=None)
    events = await client.run("x")
    assert not [event for event in events if event["type"].startswith("SUBAGENT_")]
    assert texts_of(events)[1] == ("Sub workingcats. ", True)
    shown = {event["messageId"] for event in events if event["type"] == "TEXT_MESSAGE_START"}
    assert shown <= {message["id"] for message in client.messages}


async def test_hidden_by_its_name() -> None:
    client = Client(deep("cats", "dogs"), hidden=("cats",))
    events = await client.run("x")
    assert "Sub workingcats" not in str(events)
    assert "Sub workingdogs. " in [text for text, _ in texts_of(events)]
    assert {event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_RESULT"} == {"t0", "t1", "sdogs"}
    assert [event["name"] for event in events if event["type"] == "SUBAGENT_STARTED"] == ["dogs"]


async def test_the_openai_answer_is_the_main_agents() -> None:
    events = await Client(deep("cats")).run("x")
    translator = AguiToChunks(id="c", model="m", created=0)
    chunks = [translator.feed(event) for event in events]
    assert fold(chunks)["choices"][0]["message"]["content"] == "Delegating. \n\nMain answer."


async def test_with_the_extension_nothing_is_lost() -> None:
    events = await Client(deep("cats")).run("x")
    forth, back = AguiToChunks(id="c", model="m", created=0, extension=True), ChunksToAgui()
    assert [wire(event) for item in events for event in back.feed(forth.feed(item))] == events


@pytest.mark.parametrize("schema", ["call", "state"])
async def test_an_agent_as_a_tool(schema: str) -> None:
    """In langgraph's own ToolNode, given one call or the whole state; the agent has no name."""
    helper = create_agent(Scripted(turns=[say("Counting.")]), [])

    @tool
    async def ask_helper(question: str) -> str:
        """Ask the helper."""
        return str((await helper.ainvoke({"messages": [HumanMessage(question)]}))["messages"][-1].text)

    model = Scripted(turns=[calls((0, "c1", "ask_helper", '{"question": "?"}')), say("Ten.")])
    graph: Any
    if schema == "call":
        graph = create_agent(model, [ask_helper])
    else:

        async def agent(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        def more(state: MessagesState) -> str:
            return "tools" if state["messages"][-1].tool_calls else END  # type: ignore[union-attr]

        graph = (
            StateGraph(MessagesState)
            .add_node(agent)
            .add_node("tools", ToolNode([ask_helper]))
            .add_edge(START, "agent")
            .add_conditional_edges("agent", more, ["tools", END])
            .add_edge("tools", "agent")
            .compile()
        )
    events = await Client(graph).run("x")
    assert texts_of(events) == [("Counting.", True), ("Ten.", False)]
    assert [event["name"] for event in events if event["type"] == "SUBAGENT_STARTED"] == ["ask_helper"]


async def test_a_subagent_that_waits_for_a_person() -> None:
    """It is suspended, and goes on under the same id."""

    def delete(path: str) -> str:
        """Deletes."""
        return f"{interrupt('sure?')} {path}"

    model = Scripted(turns=[calls((0, "d1", "delete", '{"path": "x"}'), text="Deleting. "), say("Deleted.")])
    subagents: Any = [{"name": "cleaner", "description": "cleans", "system_prompt": "x", "tools": [delete]}]
    subagents[0]["model"] = model
    asked = calls((0, "t1", "task", '{"description": "clean", "subagent_type": "cleaner"}'))
    client = Client(create_deep_agent(model=Scripted(turns=[asked, say("All done.")]), subagents=subagents))
    events = await client.run("clean up")
    (waiting,) = events[-1]["outcome"]["interrupts"]
    finished = next(event for event in events if event["type"] == "SUBAGENT_FINISHED")
    assert finished["outcome"] == {"type": "suspended", "interruptIds": [waiting["id"]]}
    assert [message["role"] for message in client.messages] == ["user", "assistant", "assistant"]
    entry = {"interruptId": waiting["id"], "status": "resolved", "payload": "yes"}
    events = await client.run(resume=[entry])
    assert finished["subagentRunId"] in [e["subagentRunId"] for e in events if e["type"] == "SUBAGENT_STARTED"]
    assert text(events) == "All done."
    assert [message.get("content", "") for message in client.messages if message["role"] != "tool"] == [
        "clean up",
        "",
        "Deleting. ",
        "Deleted.",
        "All done.",
    ]


async def test_a_subagent_that_fails() -> None:
    helper = create_agent(Scripted(turns=[[*say("Half "), ValueError("secret")]]), [], name="helper")

    @tool
    async def ask_helper() -> str:
        """Ask the helper."""
        await helper.ainvoke({"messages": [HumanMessage("?")]})
        return "done"

    events = await Client(create_agent(Scripted(turns=[calls((0, "c1", "ask_helper", "{}"))]), [ask_helper])).run("x")
    assert kinds(events)[-1] == "RUN_ERROR"
    assert kinds(events, "SUBAGENT_STARTED", "SUBAGENT_ERROR") == ["SUBAGENT_STARTED", "SUBAGENT_ERROR"]
    assert "secret" not in str(events)


def supervised() -> Any:
    """A supervisor whose worker is langchain's agent."""
    worker = create_agent(researcher(), [search], name="researcher")
    model = Scripted(turns=[calls((0, "t1", "transfer_to_researcher", "{}"), text="Delegating. "), say("Main.")])
    return create_supervisor([worker], model=model).compile()


@pytest.mark.filterwarnings("ignore")  # langgraph-supervisor's own
async def test_a_supervisors_worker() -> None:
    client = Client(supervised())
    events = await client.run("x")
    assert text(events) == "Delegating. Main."
    assert [event["name"] for event in events if event["type"] == "SUBAGENT_STARTED"] == ["researcher"]
    order = [message.get("content", "") for message in client.messages]
    assert order.index("Sub working. ") < order.index("Sub report.") < order.index("Main.")
    shown = {event["messageId"] for event in events if event["type"] == "TEXT_MESSAGE_START"}
    assert shown <= {message["id"] for message in client.messages}


@pytest.mark.filterwarnings("ignore")  # langgraph-supervisor's own
async def test_a_supervisors_worker_is_hidden_by_its_name() -> None:
    events = await Client(supervised(), hidden=("researcher",)).run("x")
    assert [event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT"] == ["Delegating. ", "Main."]


async def test_an_agent_whose_words_are_the_answer_is_no_worker() -> None:
    agent = create_agent(Scripted(turns=[say("The answer.")]), [], name="expert")
    graph = StateGraph(MessagesState).add_node("expert", agent).add_edge(START, "expert").add_edge("expert", END)
    events = await Client(graph.compile()).run("x")
    assert text(events) == "The answer."
    assert worker_nodes(graph.compile()) == frozenset()


async def test_any_agent_is_hidden_by_its_name() -> None:
    agent = create_agent(Scripted(turns=[say("The answer.")]), [], name="expert")
    graph = StateGraph(MessagesState).add_node("work", agent).add_edge(START, "work").add_edge("work", END)
    client = Client(graph.compile(), hidden=("expert",))
    assert "The answer." not in str(await client.run("x"))


def test_a_subagents_text_is_not_in_the_answer_where_only_its_start_is_attributed() -> None:
    translator = AguiToChunks(id="c", model="m", created=0)
    start = {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant", "subagentRunId": "s"}
    translator.feed(start)
    chunk = translator.feed({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "working"})
    assert chunk["choices"][0]["delta"] == {}


async def test_where_only_workers_speak_the_last_is_the_answer() -> None:
    async def route(state: MessagesState) -> dict[str, Any]:
        return {}

    def where(state: MessagesState) -> str:
        return END if isinstance(state["messages"][-1], AIMessage) else "expert"

    agent = create_agent(Scripted(turns=[say("The answer.")]), [], name="expert")
    graph = StateGraph(MessagesState).add_node(route).add_node("expert", agent).add_edge(START, "route")
    graph.add_conditional_edges("route", where, ["expert", END]).add_edge("expert", "route")
    events = await Client(graph.compile()).run("x")
    assert events[-1]["result"] == "The answer."


async def test_a_summary_is_nobodys_bubble() -> None:
    model = Scripted(turns=[say("First."), say("Second."), say("Third.")])
    summarizer: Any = SummarizationMiddleware(
        model=Scripted(turns=[say("SUMMARY")]), trigger=("messages", 4), keep=("messages", 2)
    )
    client = Client(create_agent(model, [], middleware=[summarizer]))
    for asked in ("one", "two", "three"):
        events = await client.run(asked)
        assert "SUMMARY" not in str(events)
    assert client.messages[-1]["content"] == "Third."
    held = (await client.held())["messages"]
    assert "SUMMARY" in held[0].text
    assert [message["role"] for message in client.messages].count("user") == len(
        [message for message in held[1:] if message.type == "human"]
    )


async def test_old_messages_are_not_new_after_a_summary() -> None:
    """A client that goes on showing what the summary replaced."""
    model = Scripted(turns=[say("Answer.")])
    summarizer: Any = SummarizationMiddleware(
        model=Scripted(turns=[say("SUMMARY")]), trigger=("messages", 6), keep=("messages", 2)
    )
    client = Client(create_agent(model, [], middleware=[summarizer]))
    screen: list[dict[str, Any]] = []
    for asked in ("one", "two", "three", "four", "five"):
        client.messages = screen
        await client.run(asked)
        asked_now = {"id": f"user-{client.runs}", "role": "user", "content": asked}
        known = [*screen, asked_now]
        screen = known + [message for message in client.messages if message not in known]
    texts = [message.text for message in (await client.held())["messages"]]
    assert "SUMMARY" in texts[0]
    assert texts[1:] == ["Answer.", "four", "Answer.", "five", "Answer."]


async def test_a_redacted_message_is_not_taken_for_an_edit() -> None:
    model = Scripted(turns=[say("Noted."), say("Again.")])
    client = Client(create_agent(model, [], middleware=[PIIMiddleware("email", strategy="redact")]))
    await client.run("I am ann@example.com")
    own = [
        message | ({"content": "I am ann@example.com"} if message["role"] == "user" else {})
        for message in client.messages
    ]
    client.messages = own
    await client.run("and?")
    held = [message.text for message in (await client.held())["messages"]]
    assert held == ["I am [REDACTED_EMAIL]", "Noted.", "and?", "Again."]


async def test_a_redacted_message_that_was_once_sent_in_redacted_words_is_not_taken_for_an_edit() -> None:
    """Both words were given to the thread; which of them its branch was given, its checkpoints say."""
    own, redacted = "I am ann@example.com", "I am [REDACTED_EMAIL]"
    model = Scripted(turns=[say("Noted.")])
    client = Client(create_agent(model, [], middleware=[PIIMiddleware("email", strategy="redact")]))
    await client.run(own)
    asked = client.messages[0]
    for words in ("x", redacted, "x", own):
        client.messages = [asked | {"content": words}]
        await client.run()
    graph, thread_id = client.thread()
    at = await graph.aget_state({"configurable": {"thread_id": thread_id}})
    before = at.config["configurable"]["checkpoint_id"]
    client.messages = [asked | {"content": own}, *client.messages[1:]]
    await client.run("and?")
    at = await graph.aget_state({"configurable": {"thread_id": thread_id}})
    branch = []
    while at.parent_config is not None:
        at = await graph.aget_state(at.parent_config)
        branch.append(at.config["configurable"]["checkpoint_id"])
    assert before in branch  # the thread has gone on from there


async def test_a_redacted_message_can_be_edited() -> None:
    model = Scripted(turns=[say("Noted."), say("Changed.")])
    client = Client(create_agent(model, [], middleware=[PIIMiddleware("email", strategy="redact")]))
    await client.run("I am ann@example.com")
    client.messages = [client.messages[0] | {"content": "I am bob@example.com"}]
    await client.run()
    held = [message.text for message in (await client.held())["messages"]]
    assert held == ["I am [REDACTED_EMAIL]", "Changed."]
