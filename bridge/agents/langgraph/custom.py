"""What a graph emits itself -> AG-UI events: by LangGraph's stream writer, or dispatched through LangChain. Pure.

The names are those that graphs in the wild dispatch: ag-ui-langgraph's and the CopilotKit SDK's. Each becomes what it
names, and a CUSTOM besides, as ag-ui-langgraph 0.0.47 has it.

    manually_emit_message, copilotkit_manually_emit_message                 TEXT_MESSAGE_*
    manually_emit_tool_call, copilotkit_manually_emit_tool_call             TOOL_CALL_START, _ARGS, _END
    manually_emit_state, copilotkit_manually_emit_intermediate_state        STATE_SNAPSHOT
    copilotkit_exit                                                         CUSTOM Exit
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ag_ui.core import BaseEvent
from langchain_core.messages import AIMessage
from pydantic import ValidationError

from bridge.agents.langgraph.dispatched import Dispatched
from bridge.agents.langgraph.jsonable import jsonable
from bridge.agents.langgraph.message_stream import MessagesToAgui
from bridge.agents.langgraph.messages import arguments_text
from bridge.agents.langgraph.state import StateView, fields_of, project
from bridge.events.event import Event, model, wire

_OWN_EVENTS = frozenset({"STATE_SNAPSHOT", "STATE_DELTA", "ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA", "CUSTOM"})

_MESSAGE = ("manually_emit_message", "copilotkit_manually_emit_message")
_CALL = ("manually_emit_tool_call", "copilotkit_manually_emit_tool_call")
_STATE = ("manually_emit_state", "copilotkit_manually_emit_intermediate_state")
_EXIT = "copilotkit_exit"
_ABOUT_PLACE = ("langgraph_checkpoint_ns", "langgraph_node", "tags")


class CustomToAgui:
    """``feed(data) -> events`` for the ``custom`` parts of one run.

    Args:
        messages: emits messages and calls, so that the checkpoint's copy of them is not emitted again.
        state: the state tracker, which has to know when the graph emits a state of its own.
        allow: state keys that may leave the server; ``None``: all.
        walled: state keys of the graph that must not leave, whatever ``allow`` is (`state_keys`).
        hidden: nodes and tags of which nothing is shown.

    Attributes:
        calls: ids of the calls that the graph emitted itself; the message that has them may come later.
    """

    def __init__(
        self,
        messages: MessagesToAgui,
        state: StateView,
        *,
        allow: Collection[str] | None = None,
        walled: Collection[str] = (),
        hidden: Collection[str] = (),
    ) -> None:
        self.calls: set[str] = set()
        self._messages = messages
        self._state = state
        self._allow = allow
        self._walled = frozenset(walled)
        self._hidden = frozenset(hidden)
        self._texts: dict[str, str] = {}

    def feed(self, data: Any) -> list[Event]:
        """What a node wrote: an event of its own (state, activity, custom), a ``name`` and ``value``, or anything."""
        if isinstance(data, Dispatched):
            return [] if self._is_hidden(data.metadata) else self._named(data.name, data.data, data.metadata)
        plain = _written(data)  # plain first: a node may write what cannot even be looked at
        if isinstance(plain, dict) and isinstance(plain.get("type"), str) and plain["type"] in _OWN_EVENTS:
            return self._own(plain)
        if isinstance(plain, dict) and isinstance(plain.get("name"), str) and {"value", "data"} & plain.keys():
            return [_custom(plain["name"], plain.get("value", plain.get("data")))]
        return [_custom("custom", plain)]

    def _is_hidden(self, metadata: Mapping[str, Any]) -> bool:
        if not self._hidden:
            return False
        place = str(metadata.get("langgraph_checkpoint_ns") or "")
        names = {step.partition(":")[0] for step in place.split("|")} | {metadata.get("langgraph_node")}
        return not self._hidden.isdisjoint(names | set(metadata.get("tags") or ()))

    def _own(self, event: Event) -> list[Event]:
        try:
            model(event)
        except ValidationError:
            return [_custom("custom", event)]
        if event["type"].startswith("STATE_"):
            self._state.forget()
        if event["type"] == "STATE_SNAPSHOT" and isinstance(event["snapshot"], dict):
            event = event | {"snapshot": self._shown(event["snapshot"])}
        return [event]

    def _named(self, name: str, given: Any, metadata: Mapping[str, Any]) -> list[Event]:
        fields = fields_of(given) if name in _STATE else None
        if fields is not None:
            shown = self._shown(fields)  # not before: a state may hold a long conversation, which is not shown
            self._state.forget()
            return [{"type": "STATE_SNAPSHOT", "snapshot": shown}, _custom(name, shown)]
        data = jsonable(given)
        place = {key: metadata[key] for key in _ABOUT_PLACE if key in metadata}
        if name in _MESSAGE:
            return [*self._message(data, place), _custom(name, data)]
        if name in _CALL:
            return [*self._call(data), _custom(name, data)]
        if name == _EXIT:
            return [_custom(name, data), _custom("Exit", True)]
        return [_custom(name, data)]

    def _shown(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        shown = project(fields, self._allow)
        return {key: value for key, value in shown.items() if key not in self._walled} if self._walled else shown

    def _message(self, data: Any, place: Mapping[str, Any]) -> list[Event]:
        """A message. Its id may come again with more text: a message that grows."""
        if not isinstance(data, dict):
            return []
        identity, text = data.get("message_id", data.get("id")), data.get("message", data.get("content"))
        if not isinstance(identity, str) or not identity or not isinstance(text, str) or not text:
            return []
        if identity in self._texts:
            return [
                {"type": "TEXT_MESSAGE_START", "messageId": identity, "role": "assistant"},
                {"type": "TEXT_MESSAGE_CONTENT", "messageId": identity, "delta": text},
                {"type": "TEXT_MESSAGE_END", "messageId": identity},
            ]
        self._texts[identity] = text
        return self._messages.feed(AIMessage(text, id=identity), place)

    def _call(self, data: Any) -> list[Event]:
        """A tool call, under a message of the call's own id."""
        if not isinstance(data, dict):
            return []
        identity, name, arguments = data.get("id"), data.get("name"), data.get("args")
        if not isinstance(identity, str) or not identity or not isinstance(name, str) or not name:
            return []
        if identity in self.calls:
            return []
        self.calls.add(identity)
        start = {"type": "TOOL_CALL_START", "toolCallId": identity, "toolCallName": name}
        return [
            start | {"parentMessageId": identity},
            {"type": "TOOL_CALL_ARGS", "toolCallId": identity, "delta": arguments_text(arguments)},
            {"type": "TOOL_CALL_END", "toolCallId": identity},
        ]


class CallRules:
    """What a model call's metadata asks for its tool calls: ``predict_state`` and ``emit_tool_calls`` by name.

    Both as ag-ui-langgraph and ``copilotkit_customize_config`` write them.
    """

    def __init__(self, emitted: Collection[str]) -> None:
        self._emitted = emitted
        self._silent: set[str] = set()

    def apply(self, events: list[Event], metadata: Mapping[str, Any]) -> list[Event]:
        """The events, less the calls that are not emitted, with ``CUSTOM PredictState`` before those that predict."""
        kept: list[Event] = []
        for event in events:
            kind = event["type"]
            if kind == "TOOL_CALL_START":
                if event["toolCallId"] in self._emitted or not _wanted(event["toolCallName"], metadata):
                    self._silent.add(event["toolCallId"])
                else:
                    predicted = _predicted(event["toolCallName"], metadata)
                    if predicted is not None:
                        kept.append(_custom("PredictState", predicted))
            if kind in _CALL_EVENTS and event["toolCallId"] in self._silent:
                continue
            kept.append(event)
        return kept


_CALL_EVENTS = ("TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END")


def _wanted(name: str, metadata: Mapping[str, Any]) -> bool:
    wanted = metadata.get("emit-tool-calls", metadata.get("copilotkit:emit-tool-calls"))
    if isinstance(wanted, str):
        return name == wanted
    return not isinstance(wanted, list | tuple | set | frozenset) or name in wanted


def _predicted(name: str, metadata: Mapping[str, Any]) -> Any:
    """What the call of this tool predicts of the state, as the metadata has it; ``None``: nothing."""
    rules = metadata.get("predict_state") or metadata.get("copilotkit:emit-intermediate-state")
    if not isinstance(rules, list | tuple):
        return None
    plain = [rule if isinstance(rule, dict) else vars(rule) if hasattr(rule, "__dict__") else {} for rule in rules]
    return jsonable(plain) if any(rule.get("tool") == name for rule in plain) else None


def _custom(name: str, value: Any) -> Event:
    return {"type": "CUSTOM", "name": name, "value": value}


def _written(data: Any) -> Any:
    """What a node wrote, plain. A model of ``ag_ui.core`` that does not dump is a value like any other."""
    if isinstance(data, BaseEvent):
        try:
            return jsonable(wire(data))
        except (TypeError, ValueError, AttributeError):
            return jsonable(data)
    return jsonable(data)
