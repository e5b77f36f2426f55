"""A table of good and bad AG-UI streams: every rule of the grammar, at least once each way.

Each bad stream differs from a good one in the rule it is named for. Both generations of the official client read the
same table (``test_verify_clients.py``); where one of them judges otherwise, the stream says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Stream:
    """One stream. ``fault``: words of the refusal, empty for a good stream.

    ``otherwise``: clients that judge differently. What is good then needs a newer client; what is bad they mend with a
    warning, or do not notice, and the specification forbids it all the same.
    """

    name: str
    events: list[Event]
    fault: str = ""
    otherwise: tuple[str, ...] = ()


def event(kind: str, **fields: Any) -> Event:
    return {"type": kind, **fields}


def start(run: str = "r", **more: Any) -> Event:
    return event("RUN_STARTED", threadId="t", runId=run, **more)


def end(run: str = "r", **more: Any) -> Event:
    return event("RUN_FINISHED", threadId="t", runId=run, **more)


def within(*events: Event) -> list[Event]:
    return [start(), *events, end()]


ERROR = event("RUN_ERROR", message="упало")


def text(part: str, identity: str = "m", **more: Any) -> Event:
    delta = {"delta": "да"} if part == "CONTENT" else {"role": "assistant"} if part == "START" else {}
    return event(f"TEXT_MESSAGE_{part}", messageId=identity, **delta, **more)


def call(part: str, identity: str = "c", **more: Any) -> Event:
    fields = {"START": {"toolCallName": "find"}, "ARGS": {"delta": "{}"}, "END": {}}[part]
    return event(f"TOOL_CALL_{part}", toolCallId=identity, **fields, **more)


def result(identity: str = "a", of: str = "c", **more: Any) -> Event:
    return event("TOOL_CALL_RESULT", messageId=identity, toolCallId=of, content="готово", role="tool", **more)


def span(part: str, identity: str = "th", **more: Any) -> Event:
    return event(f"REASONING_{part}", messageId=identity, **more)


def thought(part: str, identity: str = "th", **more: Any) -> Event:
    fields = {"START": {"role": "reasoning"}, "CONTENT": {"delta": "хм"}, "END": {}}[part]
    return event(f"REASONING_MESSAGE_{part}", messageId=identity, **fields, **more)


def step(part: str, name: str = "agent", **more: Any) -> Event:
    return event(f"STEP_{part}", stepName=name, **more)


def sub(part: str, identity: str = "s", **more: Any) -> Event:
    fields = {"STARTED": {"name": "helper"}, "FINISHED": {}, "ERROR": {"message": "упал"}}[part]
    return event(f"SUBAGENT_{part}", subagentRunId=identity, **fields, **more)


def chunk(kind: str, **fields: Any) -> Event:
    return event(f"{kind}_CHUNK", **fields)


def activity(part: str = "SNAPSHOT", **more: Any) -> Event:
    fields: dict[str, Any] = {"content": {"n": 0}} if part == "SNAPSHOT" else {"patch": []}
    return event(f"ACTIVITY_{part}", messageId="act", activityType="search", **fields, **more)


def snapshot(**more: Any) -> Event:
    return event("MESSAGES_SNAPSHOT", messages=[{"id": "m", "role": "assistant", "content": "да", **more}])


OLD, NEW = ("0.0.59",), ("1.0.0",)
BOTH = OLD + NEW
S1, S2 = {"subagentRunId": "s1"}, {"subagentRunId": "s2"}
TEXT = [text("START"), text("CONTENT"), text("END")]
CALL = [call("START"), call("ARGS"), call("END")]
THOUGHT = [span("START"), thought("START"), thought("CONTENT"), thought("END"), span("END")]
QUESTION = {"type": "interrupt", "interrupts": [{"id": "i", "reason": "input_required"}]}


def _run() -> list[Stream]:
    return [
        Stream("an empty run", within()),
        Stream("an error first", [ERROR]),
        Stream("an error in the middle", [start(), text("START"), call("START"), step("STARTED"), ERROR]),
        Stream("an error after the end", [*within(), ERROR]),
        Stream("two runs", [*within(*TEXT), start("r2"), *TEXT, end("r2")]),
        Stream("a run after an error", [start(), text("START"), ERROR, start("r2"), *TEXT, end("r2")]),
        Stream("outcome success", [start(), end(outcome={"type": "success", "pendingToolCallIds": ["c"]})], "", OLD),
        Stream("outcome interrupt", [start(), end(outcome=QUESTION)]),
        Stream("outcome cancelled", [start(), end(outcome={"type": "cancelled"})], "", OLD),
        Stream("not started", [*TEXT, end()], "The first event must be 'RUN_STARTED'"),
        Stream("finished before it started", [end()], "The first event must be 'RUN_STARTED'"),
        Stream("started twice", [start(), start("r2"), end("r2")], "while a run is still active"),
        Stream("text after the end", [*within(), *TEXT], "already ended with 'RUN_FINISHED'"),
        Stream("finished twice", [*within(), end()], "already ended with 'RUN_FINISHED'"),
        Stream("text after an error", [start(), ERROR, *TEXT], "already ended with 'RUN_ERROR'"),
        Stream("an error after an error", [start(), ERROR, ERROR], "already ended with 'RUN_ERROR'"),
        Stream("finished after an error", [start(), ERROR, end()], "already ended with 'RUN_ERROR'"),
        Stream("no end", [start(), *TEXT], "stream ended while a run is still active"),
        Stream("an unknown type", within(event("NO_SUCH_EVENT")), "not an AG-UI event type"),
        Stream(
            "an interrupt outcome without interrupts",
            [start(), end(outcome={"type": "interrupt", "interrupts": []})],
            "no interrupt in it",
        ),
    ]


def _text() -> list[Stream]:
    return [
        Stream("text", within(*TEXT)),
        Stream("empty deltas", within(text("START"), {**text("CONTENT"), "delta": ""}, text("END"))),
        Stream(
            "two texts, interleaved",
            within(
                text("START"), text("START", "n"), text("CONTENT"), text("CONTENT", "n"), text("END"), text("END", "n")
            ),
        ),
        Stream("a closed text reopened", within(*TEXT, *TEXT)),
        Stream("the same id in two runs", [*within(*TEXT), start("r2"), *TEXT, end("r2")]),
        Stream("text opened twice", within(text("START"), *TEXT), "text message 'm' is already open"),
        Stream("content of no text", within(text("CONTENT")), "no text message 'm' is open"),
        Stream(
            "content of another text",
            within(text("START"), text("CONTENT", "n"), text("END")),
            "no text message 'n' is open",
        ),
        Stream("content after the end", within(*TEXT, text("CONTENT")), "no text message 'm' is open"),
        Stream("an end of no text", within(text("END")), "no text message 'm' is open"),
        Stream("text left open", within(text("START"), text("CONTENT")), "still open: text message 'm'"),
    ]


def _calls() -> list[Stream]:
    return [
        Stream("a call and its answer", within(*CALL, result())),
        Stream("an answer in a later run", [*within(*CALL), start("r2"), result(), end("r2")]),
        Stream("an answer before the end of the call", within(call("START"), result(), call("END"))),
        Stream(
            "parallel calls, interleaved",
            within(call("START"), call("START", "d"), call("ARGS"), call("ARGS", "d"), call("END", "d"), call("END")),
        ),
        Stream(
            "a call and a text of one id",
            within(text("START", "x"), call("START", "x"), text("END", "x"), call("END", "x")),
        ),
        Stream(
            "a call inside a text", within(text("START"), call("START", parentMessageId="m"), call("END"), text("END"))
        ),
        Stream("a closed call reopened", within(*CALL, *CALL), "'c' was started before in this run", otherwise=BOTH),
        Stream("a call's id in two runs", [*within(*CALL), start("r2"), *CALL, end("r2")]),
        Stream("a call opened twice", within(call("START"), *CALL), "tool call 'c' is already open"),
        Stream("arguments of no call", within(call("ARGS")), "no tool call 'c' is open"),
        Stream("arguments after the end", within(*CALL, call("ARGS")), "no tool call 'c' is open"),
        Stream("an end of no call", within(call("END")), "no tool call 'c' is open"),
        Stream("a call left open", within(call("START"), call("ARGS")), "still open: tool call 'c'"),
    ]


def _reasoning() -> list[Stream]:
    encrypted = event("REASONING_ENCRYPTED_VALUE", subtype="message", entityId="th", encryptedValue="…")
    return [
        Stream("a span and its message of one id", within(*THOUGHT)),
        Stream(
            "a span and a message of their own ids",
            within(span("START", "sp"), thought("START"), thought("END"), span("END", "sp")),
        ),
        Stream("a thought without a span", within(thought("START"), thought("CONTENT"), thought("END"))),
        Stream("a thought reopened", within(*THOUGHT, *THOUGHT)),
        Stream("an encrypted value", within(*THOUGHT, encrypted)),
        Stream(
            "a span opened twice",
            within(span("START"), span("START"), span("END")),
            "reasoning span 'th' is already",
            otherwise=OLD,
        ),
        Stream(
            "a thought opened twice",
            within(thought("START"), thought("START"), thought("END")),
            "reasoning message 'th' is already",
            otherwise=OLD,
        ),
        Stream("a span ended that is not open", within(span("END")), "no reasoning span 'th' is open", otherwise=OLD),
        Stream(
            "reasoning of no message",
            within(span("START"), thought("CONTENT"), span("END")),
            "no reasoning message 'th' is open",
        ),
        Stream("a thought ended that is not open", within(thought("END")), "no reasoning message 'th' is open"),
        Stream("a span left open", within(span("START")), "still open: reasoning span 'th'", otherwise=OLD),
        Stream(
            "a thought left open",
            within(span("START"), thought("START"), span("END")),
            "still open: reasoning message 'th'",
            otherwise=OLD,
        ),
    ]


def _steps() -> list[Stream]:
    return [
        Stream("a step", within(step("STARTED"), *TEXT, step("FINISHED"))),
        Stream("a step again", within(step("STARTED"), step("FINISHED"), step("STARTED"), step("FINISHED"))),
        Stream("steps overlap", within(step("STARTED"), step("STARTED", "b"), step("FINISHED"), step("FINISHED", "b"))),
        Stream(
            "one name under two owners",
            within(step("STARTED"), step("STARTED", **S1), step("FINISHED", **S1), step("FINISHED")),
        ),
        Stream(
            "a step opened twice",
            within(step("STARTED"), step("STARTED"), step("FINISHED")),
            "step 'agent' is already open",
        ),
        Stream(
            "a subagent's step opened twice",
            within(step("STARTED", **S1), step("STARTED", **S1), step("FINISHED", **S1)),
            "already open in subagent 's1'",
        ),
        Stream("a step that never started", within(step("FINISHED")), "no step 'agent' is open"),
        Stream(
            "a step finished by another",
            within(step("STARTED"), step("FINISHED", **S1), step("FINISHED")),
            "a step is finished by whoever started it",
        ),
        Stream("a step left open", within(step("STARTED")), "still open: step 'agent'"),
    ]


def _subagents() -> list[Stream]:
    whole = [sub("STARTED", "s1"), sub("FINISHED", "s1")]
    return [
        Stream("a subagent", within(sub("STARTED"), sub("FINISHED"))),
        Stream("a subagent that fails", within(sub("STARTED"), sub("ERROR"))),
        Stream(
            "a subagent of a subagent",
            within(
                sub("STARTED", "s1"),
                sub("STARTED", "s2", parentSubagentRunId="s1"),
                sub("FINISHED", "s2"),
                sub("FINISHED", "s1"),
            ),
        ),
        Stream(
            "a subagent that waits",
            within(sub("STARTED"), sub("FINISHED", outcome={"type": "suspended", "interruptIds": ["i"]})),
        ),
        Stream("attribution without a lifecycle", within(*(item | S1 for item in TEXT))),
        Stream("a subagent's id in two runs", [*within(*whole), start("r2"), *whole, end("r2")]),
        Stream(
            "a subagent started twice",
            within(sub("STARTED"), sub("STARTED"), sub("FINISHED")),
            "subagent 's' is already open",
        ),
        Stream("a subagent's id used again", within(*whole, *whole), "an id is used once"),
        Stream(
            "a parent that was not started",
            within(sub("STARTED", parentSubagentRunId="no"), sub("FINISHED")),
            "its parent 'no' was not started",
        ),
        Stream("a subagent finished that is not open", within(sub("FINISHED")), "no subagent 's' is open"),
        Stream("a subagent's error, not open", within(sub("ERROR")), "no subagent 's' is open"),
        Stream("a subagent left open", within(sub("STARTED")), "still open: subagent 's'"),
        Stream(
            "a subagent without a name",
            within(event("SUBAGENT_STARTED", subagentRunId="s"), sub("FINISHED")),
            "without a 'name'",
        ),
        Stream(
            "an outcome that does not exist",
            within(sub("STARTED"), sub("FINISHED", outcome={"type": "cancelled"})),
            "'success' or 'suspended'",
            otherwise=NEW,
        ),
        Stream(
            "interrupt ids that are no strings",
            within(sub("STARTED"), sub("FINISHED", outcome={"type": "suspended", "interruptIds": [1]})),
            "must be a list of strings",
        ),
    ]


def _owners() -> list[Stream]:
    value = event("REASONING_ENCRYPTED_VALUE", subtype="tool-call", entityId="c", encryptedValue="…")
    return [
        Stream("an untagged continuation", within(text("START", **S1), text("CONTENT"), text("END"))),
        Stream("an untagged reopening", within(text("START", **S1), text("END"), *TEXT)),
        Stream(
            "a call inherits its message's owner",
            within(
                text("START", **S1), call("START", parentMessageId="m"), call("ARGS", **S1), call("END"), text("END")
            ),
        ),
        Stream(
            "an activity replaced by another owner", within(activity(**S1), activity(**S2), activity("DELTA", **S2))
        ),
        Stream(
            "text continued by another",
            within(text("START", **S1), text("CONTENT", **S2), text("END")),
            "does not match the owner",
        ),
        Stream(
            "a parent's text continued by a subagent",
            within(text("START"), text("CONTENT", **S1), text("END")),
            "does not match the owner",
        ),
        Stream("text ended by another", within(text("START", **S1), text("END", **S2)), "does not match the owner"),
        Stream(
            "text reopened by another",
            within(text("START", **S1), text("END"), text("START", **S2), text("END")),
            "does not match the owner",
        ),
        Stream(
            "a call continued by another",
            within(call("START", **S1), call("ARGS", **S2), call("END")),
            "does not match the owner",
        ),
        Stream("a call ended by another", within(call("START", **S1), call("END", **S2)), "does not match the owner"),
        Stream(
            "a call in another's message",
            within(text("START", **S1), text("END"), call("START", parentMessageId="m", **S2), call("END")),
            "but its parent message 'm'",
        ),
        Stream(
            "a thought in another's span",
            within(span("START", **S1), thought("START", **S2), thought("END"), span("END")),
            "does not match the owner",
        ),
        Stream(
            "reasoning by another",
            within(thought("START", **S1), thought("CONTENT", **S2), thought("END")),
            "does not match the owner",
        ),
        Stream(
            "an encrypted value by another",
            within(*(item | S1 for item in CALL), value | S2),
            "does not match the owner",
        ),
        Stream(
            "an activity patched by another",
            within(activity(**S1), activity("DELTA", **S2)),
            "does not match the owner",
        ),
        Stream(
            "an activity kept, patched by another",
            within(activity(**S1), activity(replace=False, **S2), activity("DELTA", **S2)),
            "does not match the owner",
        ),
        Stream(
            "a snapshot's message reopened by another",
            within(snapshot(**S1), text("START", **S2), text("END")),
            "does not match the owner",
        ),
        Stream(
            "a result's message reopened by another",
            within(result("m"), text("START", **S1), text("END")),
            "does not match the owner",
        ),
    ]


def _chunks() -> list[Stream]:
    piece = chunk("TEXT_MESSAGE", messageId="m", delta="да")
    called = chunk("TOOL_CALL", toolCallId="c", toolCallName="find", delta="{}")
    mused = chunk("REASONING_MESSAGE", messageId="th", delta="хм")
    return [
        Stream("a text of chunks", within(piece, chunk("TEXT_MESSAGE", delta=" и да"), piece)),
        Stream("a call of chunks", within(called, chunk("TOOL_CALL", delta="{}"))),
        Stream("a thought of chunks", within(mused, chunk("REASONING_MESSAGE", delta="…"))),
        Stream("chunks of three kinds", within(mused, piece, called)),
        Stream("chunks of two subagents", within(piece | S1, {**piece, "messageId": "n"} | S2, piece | S1)),
        Stream("chunks, then events of another id", within(piece, *[item | {"messageId": "n"} for item in TEXT])),
        Stream("a first chunk without an id", within(chunk("TEXT_MESSAGE", delta="да")), "without a 'messageId'"),
        Stream(
            "a first chunk of a call without an id", within(chunk("TOOL_CALL", delta="{}")), "without a 'toolCallId'"
        ),
        Stream(
            "a first chunk of a call without a name",
            within(chunk("TOOL_CALL", toolCallId="c", delta="{}")),
            "must have a 'toolCallName'",
        ),
        Stream(
            "a nameless chunk after another event",
            within(piece, step("STARTED"), chunk("TEXT_MESSAGE", delta="да"), step("FINISHED")),
            "without a 'messageId'",
        ),
        Stream("a chunk of a text that is open", within(text("START"), piece, text("END")), "started by its own event"),
        Stream("content of a text of chunks", within(piece, text("CONTENT")), "no text message 'm' is open"),
    ]


def _nulls() -> list[Stream]:
    return [
        Stream(
            "nulls that mean something",
            within(event("CUSTOM", name="n", value=None), event("STATE_SNAPSHOT", snapshot=None)),
        ),
        Stream(
            "an owner that is null", within(text("START", subagentRunId=None), text("END")), "'subagentRunId: null'"
        ),
        Stream(
            "a description that is null",
            within(sub("STARTED", description=None), sub("FINISHED")),
            "'description: null'",
        ),
        Stream(
            "a subagent's outcome that is null",
            within(sub("STARTED"), sub("FINISHED", outcome=None)),
            "'outcome: null'",
        ),
        Stream("an error's code that is null", within(sub("STARTED"), sub("ERROR", code=None)), "'code: null'"),
        Stream(
            "an interrupt's owner that is null",
            [
                start(),
                end(outcome={"type": "interrupt", "interrupts": [{"id": "i", "reason": "x", "subagentRunId": None}]}),
            ],
            "has 'subagentRunId: null'",
        ),
        Stream(
            "a timestamp that is null",
            within({**step("STARTED"), "timestamp": None}, step("FINISHED")),
            "'timestamp: null'",
        ),
        Stream(
            "a parent that is null",
            within({**call("START"), "parentMessageId": None}, call("END")),
            "'parentMessageId: null'",
            otherwise=BOTH,
        ),
        Stream("a code that is null", [start(), {**ERROR, "code": None}], "'code: null'"),
        Stream("an outcome that is null", [start(), end(outcome=None)], "'outcome: null'", otherwise=BOTH),
        Stream("a message's field that is null", within(snapshot(toolCalls=None)), "'toolCalls: null'"),
        Stream("a message's owner that is null", within(snapshot(subagentRunId=None)), "'subagentRunId: null'"),
    ]


STREAMS = [*_run(), *_text(), *_calls(), *_reasoning(), *_steps(), *_subagents(), *_owners(), *_chunks(), *_nulls()]
