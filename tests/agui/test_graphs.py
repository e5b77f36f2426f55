"""What holds for every graph: each test reads the recorded runs of all cases in `tests.agui.graphs`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.utils.json import parse_partial_json
from pydantic import BaseModel

from bridge.agents.langgraph.state import fields_of, project
from bridge.agents.langgraph.translate import snapshot
from bridge.events.event import EVENT_TYPES, Event, model, wire
from bridge.events.lifecycle import OpenEntities
from bridge.events.verify import Verifier
from tests.agui.fold import Message, fold_messages, fold_state
from tests.agui.graphs import CASES
from tests.agui.harness import Recording, Run, at_first, remote

NAMES = [case.name for case in CASES]
ERROR: Event = {"type": "RUN_ERROR", "message": "оборвалось", "code": "server_error"}


@pytest.fixture(params=NAMES)
def recording(request: pytest.FixtureRequest, recordings: dict[str, Recording]) -> Recording:
    return recordings[request.param]


@pytest.fixture(params=["1.0", None], ids=["new client", "old client"])
def version(request: pytest.FixtureRequest) -> str | None:
    value: str | None = request.param
    return value


def verify(events: list[Event]) -> None:
    verifier = Verifier()
    for event in events:
        verifier.feed(event)
    verifier.finish()


def test_case_ends_as_it_says(recording: Recording) -> None:
    *before, last = recording.runs
    assert [run.error for run in before] == [None] * len(before)
    expected = recording.case.error
    if expected is None:
        assert last.error is None
    else:
        assert isinstance(last.error, expected)


def test_every_stream_is_legal_and_so_is_every_prefix_that_fails(recording: Recording, version: str | None) -> None:
    for run in recording.runs:
        verify(run.events(protocol_version=version))
        for length in range(len(run.parts) + 1):
            for end in ("fail", "cancel"):
                translator = run.translator(protocol_version=version)
                events = translator.start()
                for part in run.parts[:length]:
                    events += translator.feed(part)
                events += translator.cancel() if end == "cancel" else translator.fail(ValueError("оборвалось"))
                verify(events)
                assert [] == translator.finish() == translator.fail(ValueError()) == translator.cancel()


def test_every_prefix_of_events_can_be_closed(recording: Recording) -> None:
    """A log that is cut between two events of one part (a server that goes down) is closed by `OpenEntities` alone."""
    for run in recording.runs:
        events = run.events()
        verifier, opened = Verifier(), OpenEntities()
        for length, event in enumerate(events[:-1], start=1):
            verifier.feed(event)
            opened.see(event)
            verify([*events[:length], *opened.closing(), ERROR])


def test_every_event_fits_the_official_models(recording: Recording, version: str | None) -> None:
    for run in recording.runs:
        for event in run.events(protocol_version=version):
            parsed = model(event)
            assert list(unknown_fields(parsed)) == []
            assert wire(parsed) == event, "a field that is null, or that the model spells differently"


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """Fields that the official models do not know, anywhere in an event."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(item, f"{path}[{index}]")


def test_an_old_client_receives_nothing_it_does_not_know(recording: Recording) -> None:
    for run in recording.runs:
        for event in run.events(protocol_version=None):
            assert not {"outcome", "usage", "protocolVersion"} & event.keys()
            if event["type"] == "TOOL_CALL_RESULT":
                assert isinstance(event["content"], str)
            for message in event.get("messages", ()):
                assert message["role"] != "tool" or isinstance(message["content"], str)


def test_state_events_give_the_graphs_state(recording: Recording) -> None:
    for run, state in zip(recording.runs, recording.states, strict=True):
        if run.error is not None or state is None:
            continue
        fields = fields_of(state.values)
        if fields is None or recording.case.own_state:
            continue
        allow = run.options.get("state_allow")
        events = run.events()
        if not any(event["type"].startswith("STATE_") for event in events):
            continue
        assert fold_state(events) == project(fields, allow) | overlay(run, state)


def overlay(run: Run, state: Any) -> dict[str, Any]:
    """What subgraphs that wait for an answer have written so far: it is shown before the parent's state has it."""
    shown: dict[str, Any] = {}
    del run
    for task in state.tasks:
        inner = task.state
        if inner is not None and hasattr(inner, "values") and state.next:
            own = project(fields_of(state.values) or {})
            shown |= {key: value for key, value in project(fields_of(inner.values) or {}).items() if key in own}
    return shown


def conversation(messages: list[Message]) -> list[Message]:
    """Messages without those that only a screen has."""
    return [message for message in messages if message["role"] != "activity" and "subagentRunId" not in message]


def test_folding_the_events_gives_the_graphs_messages(recording: Recording) -> None:
    folded: list[Message] = []
    for run, state in zip(recording.runs, recording.states, strict=True):
        folded = fold_messages(run.events(), at_first(run, folded))
        if run.error is None and state is not None and not state.next:
            assert conversation(folded) == conversation_of(recording, state)


def test_the_deltas_alone_give_them_too(recording: Recording) -> None:
    """No message appears, changes its text or its id when MESSAGES_SNAPSHOT arrives, unless something is hidden."""
    folded: list[Message] = []
    same = True
    for run in recording.runs:
        events = run.events()
        deltas = [event for event in events if event["type"] != "MESSAGES_SNAPSHOT"]
        before = at_first(run, folded)
        folded = fold_messages(events, before)
        if run.error is None and len(deltas) < len(events):
            same = same and by_id(fold_messages(deltas, before)) == by_id(folded)
    assert same is recording.case.same_messages


def by_id(messages: list[Message]) -> dict[str, Message]:
    """Messages to compare: arguments as JSON values; names, error marks and answers that say nothing are left out."""
    assert len({message["id"] for message in messages}) == len(messages), "an id stands for two messages"
    kept = [message for message in conversation(messages) if message.get("content") or message.get("toolCalls")]
    return {
        message["id"]: message
        | {"name": None, "error": None, "content": message.get("content") or ""}
        | {"toolCalls": [(call["id"], *parsed(call["function"])) for call in message.get("toolCalls") or ()]}
        for message in kept
    }


def parsed(function: dict[str, str]) -> tuple[str, Any]:
    return function["name"], parse_partial_json(function["arguments"])


def conversation_of(recording: Recording, state: Any) -> list[Message]:
    """What the checkpoint holds, as clients are to know it."""
    fields = fields_of(state.values)
    if fields is None:  # a value of its own, which is the answer
        return [{"id": f"run-{len(recording.runs)}:result", "role": "assistant", "content": state.values}]
    return snapshot(fields.get("messages") or [], recording.aliases)


def test_ids_are_the_same_after_a_restart(recording: Recording) -> None:
    state = recording.states[-1]
    fields, reopened = (
        {} if held is None else fields_of(held.values) or {} for held in (state, recording.reopened)
    )  # None where nothing was stored
    assert snapshot(reopened.get("messages") or []) == snapshot(fields.get("messages") or [])


def test_parts_of_a_remote_graph_give_the_same_events(recording: Recording) -> None:
    for run in recording.runs:
        far = replace(run, parts=[remote(part) for part in run.parts])
        assert far.events() == run.events()


def test_what_is_hidden_is_in_no_event(recordings: dict[str, Recording]) -> None:
    secrets = {
        "a node that must not be heard": "sales",
        "a hidden node that adds to the messages": "План",
        "a tag that must not be heard": "sales",
        "a state with an allow-list": "board",
        "a dict state": "_secret",
        "error in a node": "secret of the node",
        "a tool that fails, not handled": "secret path",
    }
    for name, secret in secrets.items():
        for run in recordings[name].runs:
            assert secret in str(run.parts) + repr(run.error)
            assert secret not in str(run.events())


def test_a_hidden_message_stays_unknown_after_a_restart(recordings: dict[str, Recording]) -> None:
    recording = recordings["a hidden node that adds to the messages"]
    held = recording.reopened.values["messages"]
    assert [message["content"] for message in snapshot(held, recording.aliases)] == ["Помоги с маркетингом", "Слушаю."]


def test_aliases_are_kept_only_where_they_are_needed(recordings: dict[str, Recording]) -> None:
    assert {name for name, recording in recordings.items() if recording.aliases} == {
        *(name for name in recordings if name.startswith("a copy")),
        "a message replaced by another node",
        "a hidden node that adds to the messages",
        "no id at first, the provider's at last",
        "the provider's id in the middle of the text",
        "what was streamed, returned as a new message",
    }


def test_what_a_node_returns_anew_is_emitted_once(recordings: dict[str, Recording]) -> None:
    [run] = recordings["what was streamed, returned as a new message"].runs
    kept = [event["delta"] for event in run.events() if event["type"] == "TEXT_MESSAGE_CONTENT"]
    assert "".join(kept) == "Из потока в копию."
    [run] = recordings["what was streamed, and a message like it"].runs
    kept = [event["delta"] for event in run.events() if event["type"] == "TEXT_MESSAGE_CONTENT"]
    assert "".join(kept) == "Одно и то же.Другое и то же."


def test_every_kind_of_event_is_met(recordings: dict[str, Recording]) -> None:
    """The cases cover every event that the translator can emit; those it never emits are listed."""
    met = {event["type"] for item in recordings.values() for run in item.runs for event in run.events()}
    unsaid = {kind for kind in EVENT_TYPES if kind.endswith("_CHUNK") or kind == "SUBAGENT_ERROR"}
    assert met == EVENT_TYPES - unsaid - {"RAW", "REASONING_ENCRYPTED_VALUE"}
