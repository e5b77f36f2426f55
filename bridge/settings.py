"""One settings object, from flags and environment. Every field's default needs nothing installed and nothing set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bridge.runs.request import ClientHistory, Disconnect


@dataclass(frozen=True, slots=True)
class Settings:
    """How the bridge serves.

    Sizes are in bytes, times in seconds.

    Attributes:
        db: where conversations are kept: a path or ``sqlite:///path`` (LangGraph's SQLite checkpointer), or a
            ``postgresql://`` URL (its PostgreSQL checkpointer; extra ``postgres``).
        retention_days, retention_count, retention_listed: which conversations go away, and after how long; by default
            none ever. See `bridge.storage.retention.Retention`.
        api_keys: keys that may call, as ``key`` or ``name=key``; empty, and no file: everybody may.
        api_key_file: a file of hashed keys, see `bridge.web.keys`.
        shared_keys: keys that may call and that many people have: a history alone then finds no thread.
        chat_headers, user_headers: request headers in which OpenAI clients name their chat and its user.
        cors_origins: origins a browser may call from; ``("*",)``: any. ``None``: any may read what it is let to;
            where Hosts and Origins are checked, only this machine's pages and the server's own are.
        cors_credentials: allow cookies and ``credentials: "include"``, for the origins that are named.
        disconnect: what becomes of a run when its last reader has left.
        keep_alive: an idle stream sends a comment this often.
        max_body_bytes: larger requests get 413.
        max_messages, max_tools, max_values: so many messages, tools (and context entries, and answers), and numbers,
            strings, arrays and objects of any kind may be in a body; more get 413.
        max_depth: arrays and objects within each other in a body; deeper ones get 400.
        body_timeout: a body that is not there by then gets 408.
        header_timeout: a connection whose headers are not there by then is closed; `bridge serve` alone sees to it.
        max_header_size: bytes of a request's line and headers; more get 431; `bridge serve` alone sees to it.
        threads: plain ``def`` nodes and tools that work at once. ``None``: the event loop's own threads, which the
            application may have set; else the bridge sets the loop's default executor when it opens. `bridge serve`
            has 64.
        max_loop_lag: an event loop without a turn for so long is logged, with who blocks it; 0: nobody watches.
        disconnect_grace: how long a run waits for a reader to come back, before `disconnect` applies.
        max_journal_bytes: a run's journal forgets its oldest events beyond this.
        journal_memory_bytes: all journals together, those of finished runs too; those go first.
        slow_reader: how long a run waits, in all, for readers that are behind, before its journal forgets what
            they have not read.
        stop_timeout: how long an agent that was asked to stop may take, before its run ends without it.
        max_runs: more at once get 429.
        max_runs_per_principal: the same for each principal; ``None``: half of ``max_runs`` for those that have a name.
        requests_per_minute: of each principal; more get 429. ``None``: no limit.
        max_stored_bytes: a principal whose conversations take more begins no run (429). ``None``: no limit.
        run_timeout: a run that takes longer ends with RUN_ERROR ``timeout``; ``None`` or 0: no limit.
        recursion_limit: a run of more of LangGraph's steps ends with RUN_ERROR; a graph's own lower limit wins.
        shutdown_grace: how long running streams may go on after SIGTERM before they are closed, legally.
        hidden: nodes and tags of graphs whose output is not sent.
        state_allow: state keys that may leave the server; ``None``: all.
        client_keys: the state keys and ``forwardedProps`` that clients may write; ``None``: all that the graph's input
            takes, less what is private or hidden.
        client_history: over AG-UI and CopilotKit, what becomes of a client's assistant and tool messages that its
            thread does not hold.
        durability: LangGraph's mode for all agents (``sync``, ``async``, ``exit``), or for one (``name=exit``);
            ``sync`` where none is said: what a client was shown of a step is stored.
        storage_patience: how long a run waits for a database that is away or locked, before it ends with an error.
        serializer_types: types (``module:Class``) that checkpoints may hold; with any, others are not read back.
        reasoning_field: the OpenAI delta's field for reasoning.
        reveal_errors: clients get an exception's class, text and place as well. For development: it may quote a prompt.
        patience: how long an OpenAI stream waits for its first word before it commits to status 200, so that a
            model that fails, its client's retries included, has an HTTP status of its own; at most ``keep_alive``.
        log_json: structured logs as JSON lines instead of text.
    """

    db: str = field(default_factory=lambda: str(Path(".bridge") / "bridge.sqlite"))
    retention_days: float | None = None
    retention_count: int | None = None
    retention_listed: bool = False
    api_keys: tuple[str, ...] = ()
    shared_keys: tuple[str, ...] = ()
    chat_headers: tuple[str, ...] = ("X-OpenWebUI-Chat-Id", "X-Conversation-Id", "X-LibreChat-Conversation-Id")
    user_headers: tuple[str, ...] = ("X-OpenWebUI-User-Id", "X-LibreChat-User-Id")
    api_key_file: str | None = None
    cors_origins: tuple[str, ...] | None = None
    cors_credentials: bool = False
    disconnect: Disconnect = "cancel"
    keep_alive: float = 15.0
    max_body_bytes: int = 8 * 1024 * 1024
    max_messages: int = 5_000
    max_tools: int = 1_000
    max_values: int = 250_000
    max_depth: int = 200
    body_timeout: float = 60.0
    header_timeout: float = 10.0
    max_header_size: int = 65_536
    threads: int | None = None
    max_loop_lag: float = 1.0
    disconnect_grace: float = 3.0
    max_journal_bytes: int = 16 * 1024 * 1024
    journal_memory_bytes: int = 512 * 1024 * 1024
    slow_reader: float = 5.0
    stop_timeout: float = 5.0
    max_runs: int = 1000
    max_runs_per_principal: int | None = None
    requests_per_minute: int | None = None
    max_stored_bytes: int | None = None
    run_timeout: float | None = 3600.0
    recursion_limit: int = 250
    shutdown_grace: float = 5.0
    hidden: tuple[str, ...] = ()
    state_allow: tuple[str, ...] | None = None
    client_keys: tuple[str, ...] | None = None
    client_history: ClientHistory = "drop"
    durability: tuple[str, ...] = ()
    storage_patience: float = 15.0
    serializer_types: tuple[str, ...] = ()
    reasoning_field: str = "reasoning_content"
    patience: float = 5.0
    log_json: bool = False
    reveal_errors: bool = False

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for a durability or a type's name that cannot be."""
        for mode in self.durability:
            if mode.rpartition("=")[2] not in ("sync", "async", "exit"):
                raise ValueError(f"durability is sync, async, exit, or name=mode, not '{mode}'")
        for name in self.serializer_types:
            if not all(name.rpartition(":")[::2]):
                raise ValueError(f"a type is named as module:Class, not '{name}'")
