"""Who is measured: how each is started, how it is asked, and how its tokens look on the wire."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.graph import TOKEN
from benchmarks.load import Load, Outcome
from benchmarks.processes import ROOT, DidNotStart, Process, free_port

Body = Callable[[str, list[dict[str, str]]], dict[str, Any]]

# Nobody asks anything of the internet: no tracing, no version check, no analytics.
OFFLINE = {
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LOG_LEVEL": "ERROR",
}


def agui_body(thread: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    """AG-UI's RunAgentInput."""
    return {
        "threadId": thread,
        "runId": str(uuid4()),
        "state": {},
        "messages": [{"id": str(uuid4()), **message} for message in messages],
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }


def openai_body(thread: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    """An OpenAI chat completion, streamed. The thread is the extension's: others ignore it."""
    return {"model": "tokens", "stream": True, "messages": messages, "ag_ui": {"thread_id": thread}}


def responses_body(thread: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    """A response of OpenAI's Responses API, streamed and stored, as its SDKs ask for one."""
    return {"model": "tokens", "stream": True, "input": messages, "ag_ui": {"thread_id": thread}}


def plain_openai_body(thread: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    """The same without the extension: a peer refuses fields it does not know."""
    del thread
    return {"model": "tokens", "stream": True, "messages": messages}


def langgraph_body(thread: str, messages: list[dict[str, str]]) -> dict[str, Any]:
    """A run of the LangGraph server; its thread is in the path."""
    del thread
    return {"assistant_id": "tokens", "input": {"messages": messages}, "stream_mode": ["messages-tuple"]}


def uvicorn(app: str, port: int, python: str = sys.executable) -> list[str]:
    """The same server for all."""
    options = ["--loop", "uvloop", "--http", "httptools", "--log-level", "error", "--no-access-log"]
    return [python, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port), *options]


def peer_python(name: str) -> str:
    return str(ROOT / "benchmarks" / f".venv-{name}" / "bin" / "python")


TOKENS = "tokens=benchmarks.graph:graph"


def start_ours(port: int, home: Path, profile: Path | None = None, graph: str = TOKENS) -> Process:
    """``bridge serve``, as the installed command would start it, of this source tree; with its profile written."""
    code = "from bridge.cli import main; main()"
    if profile is not None:
        code = f"from benchmarks import sampling; sampling.start({str(profile)!r}); {code}"
    options = ["--host", "127.0.0.1", "--port", str(port), "--db", str(home / "bridge.db")]
    options += ["--max-messages", "20000"]  # the longest history has more than are taken by default
    return Process([sys.executable, "-c", code, "serve", graph, *options], env=OFFLINE)


def start_transport(port: int, home: Path) -> Process:
    del home
    return Process(uvicorn("benchmarks.peers.transport:app", port))


def start_agui(port: int, home: Path) -> Process:
    del home
    return Process(uvicorn("benchmarks.peers.agui:app", port, peer_python("agui")), env=OFFLINE)


def start_openai_serve(port: int, home: Path) -> Process:
    del home
    return Process(uvicorn("benchmarks.peers.openai_serve:app", port, peer_python("openai_serve")), env=OFFLINE)


def start_langgraph_dev(port: int, home: Path) -> Process:
    # it keeps files beside its configuration, so that one gets a folder of its own
    (home / "langgraph.json").write_text('{"dependencies": ["."], "graphs": {"tokens": "benchmarks.graph:graph"}}')
    command = [str(Path(peer_python("langgraph_dev")).with_name("langgraph")), "dev", "--no-browser", "--no-reload"]
    # as many runs at once as the loads here start; one is its default
    options = ["--n-jobs-per-worker", "500", "--server-log-level", "ERROR", "--host", "127.0.0.1", "--port", str(port)]
    return Process([*command, *options], env=OFFLINE, cwd=home)


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to get the tokens. ``marker`` stands before each of them on the wire, and nowhere else."""

    name: str
    server: str
    path: str
    body: Body
    marker: str


SERVERS: dict[str, Callable[[int, Path], Process]] = {
    "ours": start_ours,
    "transport": start_transport,
    "agui": start_agui,
    "openai_serve": start_openai_serve,
    "langgraph_dev": start_langgraph_dev,
}

_AGUI_TOKEN = 'data: {"type":"TEXT_MESSAGE_CONTENT"'
FLOOR = "astream loop, no server"
FLOOR_DB = "astream loop, SQLite checkpointer"
OURS_AGUI = "bridge, AG-UI"
OURS_OPENAI = "bridge, OpenAI"
OURS_RESPONSES = "bridge, Responses"
AGUI_DEFAULT = "ag-ui-langgraph"
AGUI_LEAN = "ag-ui-langgraph, raw events off"
SERVE = "langgraph-openai-serve"
DEV = "LangGraph dev server"
TRANSPORT = "Starlette, ready-made chunks"

CONTENDERS: tuple[Contender, ...] = (
    Contender(OURS_AGUI, "ours", "/agui/tokens", agui_body, _AGUI_TOKEN),
    Contender(OURS_OPENAI, "ours", "/v1/chat/completions", openai_body, f'"content":"{TOKEN[0]}'),
    Contender(OURS_RESPONSES, "ours", "/v1/responses", responses_body, "event: response.output_text.delta"),
    Contender(AGUI_DEFAULT, "agui", "/default", agui_body, _AGUI_TOKEN),
    Contender(AGUI_LEAN, "agui", "/lean", agui_body, _AGUI_TOKEN),
    Contender(SERVE, "openai_serve", "/v1/chat/completions", plain_openai_body, '"delta": {"content"'),
    Contender(DEV, "langgraph_dev", "/threads/{thread}/runs/stream", langgraph_body, f'data: [{{"content":"{TOKEN[0]}'),
    Contender(TRANSPORT, "transport", "/stream", openai_body, _AGUI_TOKEN),
)


def history(length: int) -> list[dict[str, str]]:
    """So many earlier messages, user and assistant in turn."""
    return [
        {"role": "user" if number % 2 == 0 else "assistant", "content": f"message {number}"} for number in range(length)
    ]


@dataclass(slots=True)
class Arena:
    """The servers that run now, the client that measures them, and the floor."""

    stack: ExitStack
    client: Process
    servers: dict[str, tuple[Process, int]] = field(default_factory=dict)
    floors: dict[str, Process] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """Who could not be started, and why."""

    def start(self, name: str) -> None:
        """Start a server, and leave it at rest."""
        home = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        port = free_port()
        try:
            process = SERVERS[name](port, home)
        except FileNotFoundError as error:
            self.absent[name] = f"not installed: {error.filename}"
            return
        self.stack.callback(process.stop)
        try:
            process.wait_for(port)
        except DidNotStart as error:
            self.absent[name] = str(error)
            return
        self.servers[name] = (process, port)
        process.rest()

    @contextmanager
    def fresh(self, profile: Path | None = None, graph: str = TOKENS) -> Iterator[Process]:
        """Our server, started anew, in the place of the one that runs; that one comes back."""
        kept = self.servers["ours"]
        with tempfile.TemporaryDirectory(prefix="bench-") as home:
            port = free_port()
            process = start_ours(port, Path(home), profile, graph)
            try:
                process.wait_for(port)
                self.servers["ours"] = (process, port)
                process.rest()
                yield process
            finally:
                self.servers["ours"] = kept
                process.stop()

    @contextmanager
    def fresh_floor(self) -> Iterator[Process]:
        """The floor with its checkpointer, started anew."""
        kept = self.floors.pop("checkpointer", None)
        process = self.floor(checkpointer=True)
        try:
            yield process
        finally:
            del self.floors["checkpointer"]
            if kept is not None:
                self.floors["checkpointer"] = kept
            process.stop()

    def floor(self, checkpointer: bool = False) -> Process:
        """The process that runs the graph alone; with a SQLite checkpointer when asked."""
        name = "checkpointer" if checkpointer else "plain"
        if name not in self.floors or self.floors[name].over:
            command = [sys.executable, "-m", "benchmarks.floor"]
            if checkpointer:
                home = self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
                command.append(f"{home}/floor.db")
            self.floors[name] = Process(command, env=OFFLINE, pipes=True)
            self.stack.callback(self.floors[name].stop)
        return self.floors[name]

    def available(self, names: Sequence[str] | None = None) -> list[Contender]:
        """The contenders (of these names) whose server runs."""
        return [each for each in CONTENDERS if each.server in self.servers and (names is None or each.name in names)]

    def run(self, contender: Contender, load: Load) -> Outcome:
        """Put the load on a server, the others at rest."""
        process, port = self.servers[contender.server]
        question = {"role": "user", "content": load.question}
        threads = load.threads or [str(uuid4()) for _ in range(load.streams)]
        messages = [*history(load.history), question]
        requests = [http_request(contender, thread, messages) for thread in threads]
        job = {"port": port, "requests": requests, "marker": contender.marker, "gaps": load.gaps}
        job["ramp"] = load.ramp
        if self.client.over:
            self.client = start_client(self.stack)
        with process.awake():
            before = process.cpu
            answer = self.client.ask({**job, "tokens": load.tokens, "deadline": load.deadline})
            answer["cpu"] = process.cpu - before
        return Outcome.from_json(answer)

    def run_floor(self, load: Load, *, checkpointer: bool = False) -> Outcome:
        """The same load on the graph alone."""
        process = self.floor(checkpointer)
        before = process.cpu
        job = {"streams": load.streams, "question": load.question, "threads": load.threads}
        answer = process.ask({**job, "deadline": load.deadline, "history": load.history, "gaps": load.gaps})
        answer["cpu"] = process.cpu - before
        return Outcome.from_json(answer)

    def __contains__(self, name: str) -> bool:
        return any(each.name == name for each in self.available())


def start_client(stack: ExitStack) -> Process:
    """The process that measures, ended with the stack."""
    client = Process([sys.executable, "-m", "benchmarks.client"], pipes=True)
    stack.callback(client.stop)
    return client


def http_request(contender: Contender, thread: str, messages: list[dict[str, str]]) -> str:
    """The whole request as text. ``Connection: close``: the answer's end is the connection's."""
    body = contender.body(thread, messages)
    path = contender.path
    if "{thread}" in path:
        path = path.format(thread=thread)
        body["if_not_exists"] = "create"
    text = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Accept: text/event-stream\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"


@contextmanager
def arena(names: Sequence[str]) -> Iterator[Arena]:
    """These servers, one process each, and the client. All end with the block."""
    with ExitStack() as stack:
        made = Arena(stack, start_client(stack))
        for name in names:
            made.start(name)
        yield made
