"""Bodies of eight megabytes, of every shape that is slow somewhere, in each client's language.

A shape fills one field; the rest of the body is as small as it may be. ``whole`` are shapes that the default limits
take, so that they go the whole way: through the graph, its checkpoint and the journal, to the client.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

MIB = 1024 * 1024
SIZE = 8 * MIB - 4096
"""Bytes of a shape; its envelope comes on top."""

_MESSAGES = 4_900  # below max_messages
_VALUES = 240_000  # below max_values
_TOOLS = 990

Filling = Callable[[], str]


def _many(piece: str, most: int | None = None) -> str:
    """A JSON array of this piece, as often as it fits, and ``most`` times."""
    count = SIZE // (len(piece.encode()) + 1)
    return f"[{','.join([piece] * min(count, most or count))}]"


def _text(piece: str) -> str:
    return '"' + piece * (SIZE // len(piece.encode())) + '"'


def _object(value: str, most: int) -> str:
    """One object of that many keys, as long as they have to be."""
    width = max(8, SIZE // most - len(value) - 4)
    return "{" + ",".join(f'"{number:0{width}}":{value}' for number in range(most)) + "}"


def _deep(levels: int) -> str:
    return _many('{"a":' * levels + "1" + "}" * levels, _VALUES // (levels * 2))


VALUES: dict[str, Filling] = {
    "numbers": lambda: _many("1" * 12, _VALUES),
    "too many numbers": lambda: _many("1"),
    "huge numbers": lambda: _many("9" * 40, 200_000),
    "numbers of 4,000 digits": lambda: _many("9" * 4_000),
    "strings": lambda: _many('"' + "z" * 30 + '"', _VALUES),
    "escaped strings": lambda: _many('"' + "\\u0441" * 5 + '"', _VALUES),
    "one string": lambda: _text("x"),
    "one escaped string": lambda: _text("\\u0441\\u043b"),
    "one string of surrogate pairs": lambda: _text("\\ud83d\\ude00"),
    "one string of surrogate halves": lambda: _text("\\ud800"),
    "one string of line separators": lambda: _text("\u2028"),
    "many keys": lambda: _object("1", 110_000),
    "objects": lambda: _many('{"name":"Иван","n":1.5,"tags":["a","b"]}', _VALUES // 9),
    "empty objects": lambda: _many("{}"),
    "deep": lambda: _deep(50),
    "too deep": lambda: "[" * 4_000_000 + "]" * 4_000_000,
}
"""For a field that takes any JSON."""


def _message(content: str, role: str = "user", number: str = "m") -> str:
    return f'{{"id":"{number}","role":"{role}","content":{content}}}'


def _messages(content: str) -> str:
    """As many messages as there may be, user and assistant in turn, each with an id of its own."""
    width = max(1, (SIZE // _MESSAGES - 60) // len(content.encode()))
    text = json.dumps(content * width, ensure_ascii=False)
    roles = ("user", "assistant")
    made = (_message(text, roles[number % 2], f"m{number}") for number in range(_MESSAGES - 1))
    return "[" + ",".join([*made, _message('"да"', number="last")]) + "]"


_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"


def _attachment(size: int, agui: bool) -> str:
    data = (_PIXEL * (size // len(_PIXEL) + 1))[: size // 4 * 4]
    if agui:
        return f'{{"type":"image","source":{{"type":"data","value":"{data}","mimeType":"image/png"}}}}'
    return f'{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{data}"}}}}'


def _parts(size: int, agui: bool) -> str:
    return "[" + _message(_many(_attachment(size, agui))) + "]"


def _calls(arguments: str, most: int) -> str:
    """Assistant messages with a call each, and the answers; arguments are JSON in a string."""
    text = json.dumps(arguments)
    made = [_message('"да"', number="first")]
    for number in range(most):
        call = f'{{"id":"c{number}","type":"function","function":{{"name":"f","arguments":{text}}}}}'
        made.append(f'{{"id":"a{number}","role":"assistant","content":"","toolCalls":[{call}],"tool_calls":[{call}]}}')
        made.append(
            f'{{"id":"t{number}","role":"tool","content":"да","toolCallId":"c{number}","tool_call_id":"c{number}"}}'
        )
    return "[" + ",".join([*made, _message('"да"', number="last")]) + "]"


def messages(agui: bool) -> dict[str, Filling]:
    """For the field ``messages``."""
    return {
        "one long message": lambda: f"[{_message(_text('слово '))}]",
        "one message of escapes": lambda: f"[{_message(_text(chr(92) + 'n'))}]",
        "one message of unicode escapes": lambda: f"[{_message(_text(chr(92) + 'u0441'))}]",
        "one message of spaces": lambda: f"[{_message(_text(' '))}]",
        "one message of newlines": lambda: f"[{_message(_text(chr(92) + 'n '))}]",
        "messages": lambda: _messages("слово "),
        "tiny messages": lambda: "[" + ",".join(_message('"x"', number=f"m{n}") for n in range(_MESSAGES)) + "]",
        "too many tiny messages": lambda: _many(_message('"x"')),
        "empty messages": lambda: _many("{}"),
        "text parts": lambda: "[" + _message(_many('{"type":"text","text":"' + "z" * 60 + '"}', 75_000)) + "]",
        "one attachment": lambda: _parts(SIZE - 200, agui),
        "attachments": lambda: _parts(100_000, agui),
        "tiny attachments": lambda: _parts(40, agui),
        "calls": lambda: _calls('{"x":"' + "y" * 1_400 + '"}', 2_400),
        "a call of many values": lambda: _calls("[" + "1," * 2_000_000 + "1]", 1),
        "a call of objects": lambda: _calls('{"x":[' + '{"a":1},' * 60_000 + "{}]}", 1),
        "an answer of many values": lambda: _answer("[" + "1," * 2_000_000 + "1]"),
    }


def _answer(content: str) -> str:
    made = json.loads(_calls("{}", 1))
    made[2]["content"] = content
    return json.dumps(made)


def _schema(levels: int) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "string", "description": "слово"}
    for _ in range(levels):
        made = {"type": "object", "properties": {"a": made, "b": {"type": "number"}}, "required": ["a"]}
    return made


def tools(agui: bool) -> dict[str, Filling]:
    """For the field ``tools``."""

    def tool(parameters: str) -> str:
        described = f'"name":"f","description":"d","parameters":{parameters}'
        return f"{{{described}}}" if agui else f'{{"type":"function","function":{{{described}}}}}'

    return {
        "tools": lambda: _many(tool('{"x":"' + "y" * 8_000 + '"}'), _TOOLS),
        "tools of deep schemas": lambda: _many(tool(json.dumps(_schema(18))), _TOOLS),
        "a tool of many values": lambda: f"[{tool(_object('1', 110_000))}]",
        "too many tools": lambda: _many(tool("{}")),
    }


_QUESTION = "[" + _message('"да"') + "]"


def run_input(field: str, filling: str) -> str:
    """AG-UI's RunAgentInput. ``data`` is a key of the state."""
    fields = {"state": "{}", "messages": _QUESTION, "tools": "[]", "context": "[]", "forwardedProps": "{}"}
    if field == "data":
        fields["state"] = f'{{"data":{filling}}}'
    else:
        fields[field] = filling
    return '{"threadId":"THREAD","runId":"RUNID",' + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"


def chat(field: str, filling: str) -> str:
    """An OpenAI chat body."""
    fields = {"model": '"tokens"', "stream": "true", "messages": _QUESTION}
    fields[field] = filling
    return "{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}"


def agui_shapes() -> dict[str, Filling]:
    """Of RunAgentInput."""
    shapes = {f"messages: {name}": _of(run_input, "messages", made) for name, made in messages(True).items()}
    shapes |= {f"tools: {name}": _of(run_input, "tools", made) for name, made in tools(True).items()}
    for field in ("data", "forwardedProps"):
        shapes |= {f"{field}: {name}": _of(run_input, field, made) for name, made in VALUES.items()}
    return shapes


def chat_shapes() -> dict[str, Filling]:
    """Of an OpenAI body."""
    shapes = {f"messages: {name}": _of(chat, "messages", made) for name, made in messages(False).items()}
    shapes |= {f"tools: {name}": _of(chat, "tools", made) for name, made in tools(False).items()}
    for field in ("metadata", "unknown"):
        shapes |= {f"{field}: {name}": _of(chat, field, made) for name, made in VALUES.items()}
    return shapes


def _of(body: Callable[[str, str], str], field: str, made: Filling) -> Filling:
    return lambda: body(field, made())


def envelope(method: str, body: str) -> str:
    """CopilotKit's single endpoint."""
    params = '{"agentId":"tokens","threadId":"THREAD"}'
    return f'{{"method":"{method}","params":{params},"body":{body}}}'
