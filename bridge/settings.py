"""All settings, in one model: the options of ``bridge serve``, the variables and docs/settings.md are made from it.

A setting is one statement here: its name, its type (which says what is accepted), its default, and one sentence. That
makes it a field of `Settings`, an option, a variable ``BRIDGE_…`` and, after ``make settings``, a row of the page.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.fields import (
    PREFIX,
    Count,
    CountOrNone,
    Database,
    Days,
    Deadline,
    DeltaField,
    Depth,
    ExistingFile,
    Headers,
    HeaderSize,
    Interval,
    JournalSize,
    Keys,
    Modes,
    Names,
    NamesOrAll,
    Origins,
    Place,
    Port,
    Seconds,
    Types,
    UrlPrefix,
    about,
    setting,
    variable_of,
)
from bridge.runs.request import ClientHistory, Disconnect, ShownAs
from bridge.runs.threads import DEFAULT_THREADS
from bridge.web.keys import read_keys


class InvalidSettings(ValueError):
    """Settings that cannot be. ``faults``: the name of each wrong one, and why; no secret is in it."""

    def __init__(self, faults: Iterable[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{name}: {why}" for name, why in self.faults))


class Settings(BaseSettings):
    """How the bridge serves. ``Settings(db=…, max_runs=…)`` reads no variable; `from_environment` does.

    Sizes are in bytes, times in seconds. Raises `InvalidSettings`, a ``ValueError``.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    # Where conversations are kept, and for how long

    db: Database = setting(
        str(Path(".bridge") / "bridge.sqlite"),
        "Where conversations are kept: a path, `sqlite:///path`, `:memory:`, or `postgresql://…` (extra `postgres`).",
        secret=True,
    )
    retention_days: Days | None = setting(
        None,
        "Days that a thread is kept after its last turn.",
        shown="none: for ever",
        more="deployment.md#old-conversations",
    )
    retention_count: CountOrNone | None = setting(
        None,
        "Threads that a caller keeps with an agent, the latest ones.",
        shown="none: all",
        more="deployment.md#old-conversations",
    )
    retention_listed: bool = setting(
        False, "Both limits also apply to threads that clients list, not to one-off ones alone."
    )

    response_days: Days | None = setting(
        30.0,
        "Days that a response is kept, for `previous_response_id` and to be read again; 0: as long as its thread.",
        more="responses.md#what-is-stored",
    )

    # Who may call

    api_keys: Keys = setting(
        (),
        "A key that may call, as `key` or `name=key`.",
        shown="none: everybody may call",
        more="configuration.md#api-keys-and-names",
        secret=True,
    )
    api_key_file: ExistingFile | None = setting(
        None,
        "A file of hashed keys (`bridge key` makes them), read again on SIGHUP.",
        more="configuration.md#a-key-file",
        secret=True,
    )
    shared_keys: Keys = setting(
        (),
        "A key that many people have, written as `--api-key`: a history alone finds no thread.",
        more="protocols.md#how-a-request-finds-its-thread",
        secret=True,
    )
    chat_headers: Headers = setting(
        ("X-OpenWebUI-Chat-Id", "X-Conversation-Id", "X-LibreChat-Conversation-Id"),
        "A header in which OpenAI clients name their chat.",
    )
    user_headers: Headers = setting(
        ("X-OpenWebUI-User-Id", "X-LibreChat-User-Id"),
        "A header in which they name their user; without one, the body's `user` or `safety_identifier`.",
    )
    cors_origins: Origins = setting(
        None, "An origin whose pages may call; `*`: any.", shown="any with keys, this machine's without"
    )
    cors_credentials: bool = setting(
        False, 'Allow cookies and `credentials: "include"`, for the origins that are named.'
    )

    # Runs

    disconnect: Disconnect = setting("cancel", "What becomes of a run when its last reader has left.")
    disconnect_grace: Seconds = setting(
        3.0, "Seconds in which a client may come back (`Last-Event-ID`) before its run counts as left."
    )
    stop_timeout: Seconds = setting(5.0, "Seconds that an agent may take to stop, before its run ends without it.")
    run_timeout: Seconds | None = setting(
        3600.0, "Seconds that a run may take before it ends with the error `timeout`; 0: no limit."
    )
    recursion_limit: Count = setting(250, "Steps that a run may take; a graph's own lower limit wins.")
    shutdown_grace: Seconds = setting(5.0, "Seconds that runs may go on after SIGTERM before they are closed.")
    threads: Count | None = setting(
        None,
        "Plain `def` nodes and tools that work at once.",
        shown=f"{DEFAULT_THREADS}; embedded: the event loop's own",
        more="deployment.md#plain-functions-and-blocking-ones",
    )
    max_loop_lag: Seconds = setting(
        1.0,
        "Seconds without a turn of the event loop after which the log names who blocks it; 0: never.",
        more="deployment.md#plain-functions-and-blocking-ones",
    )
    keep_alive: Interval = setting(15.0, "Seconds after which an idle stream sends a comment.")
    patience: Seconds = setting(
        5.0,
        "Seconds that an OpenAI stream waits for its first word, so that a model that fails has an HTTP status of its "
        "own; at most `--keep-alive`.",
    )
    slow_reader: Seconds = setting(
        5.0, "Seconds that a run waits, in all, for slow readers, before its journal drops what they have not read."
    )
    reasoning_field: DeltaField = setting(
        "reasoning_content", "The field for reasoning in an OpenAI delta; some clients want `reasoning`."
    )

    show_tools: ShownAs = setting(
        "hide",
        "How OpenAI chats see the agent's own tools: `details` (blocks that Open WebUI folds), `reasoning`, or `show`, "
        "which is `details` for Open WebUI and `reasoning` for others.",
        more="protocols.md#tools-that-people-see",
    )
    same_name_tools: Literal["refuse", "client"] = setting(
        "refuse",
        "An OpenAI client's tool with the name of one of the agent's own: `refuse` the request, or let the `client` "
        "run it, for graphs that then leave their own aside.",
        more="protocols.md#client-tools-and-server-tools",
    )

    # What leaves the server, and what clients may write

    hidden: Names = setting(
        (),
        "A node, tag or agent whose output is not sent.",
        variable="HIDE",
        flag="--hide",
        more="configuration.md#hide-nodes-model-calls-and-state",
    )
    state_allow: NamesOrAll = setting(
        None,
        "A state key that may leave the server.",
        variable="STATE_KEYS",
        flag="--state-key",
        shown="all",
        more="configuration.md#hide-nodes-model-calls-and-state",
    )
    client_keys: NamesOrAll = setting(
        None,
        "A state key, or one of `forwardedProps`, that clients may write.",
        shown="all that the graph takes",
        more="configuration.md#what-clients-can-write",
    )
    client_history: ClientHistory = setting(
        "drop",
        "What becomes of answers and results that a client sends and its thread does not hold.",
        more="configuration.md#what-clients-can-write",
    )
    durability: Modes = setting(
        (),
        "When a run stores: `sync`, `async`, `exit`; for one agent `name=async`.",
        shown="`sync`",
        more="deployment.md#what-a-killed-process-leaves",
    )
    serializer_types: Types = setting(
        (),
        "A type (`module:Class`) that checkpoints may hold; with any, no others are read.",
        shown="any, with LangGraph's warning",
        more="configuration.md#custom-types-in-checkpoints",
    )

    reveal_errors: bool = setting(
        False,
        "Clients get an exception's class, text and place. For development: keys are masked, prompts are not.",
    )

    # Limits

    max_runs: Count = setting(1000, "Runs at once; more get 429.")
    max_runs_per_principal: Count | None = setting(
        None,
        "Runs at once of one principal; more get 429. The default does not apply to `anonymous`, who is everybody.",
        shown="none: half of `--max-runs`",
        more="configuration.md#api-keys-and-names",
    )
    requests_per_minute: Count | None = setting(
        None, "Requests a minute of one principal; more get 429.", shown="none: no limit"
    )
    max_stored_bytes: Count | None = setting(
        None,
        "Bytes of one principal's conversations; beyond it a run gets 429 until some are deleted.",
        shown="none: no limit",
    )
    max_body_bytes: Count = setting(8 * 1024 * 1024, "Bytes of a request's body; a larger one gets 413.")
    body_memory_bytes: Count = setting(
        256 * 1024 * 1024, "Bytes of all bodies above 64 KiB that are being received or read; one more gets 429."
    )
    max_messages: Count = setting(5_000, "Messages in a body; more get 413.")
    max_tools: Count = setting(
        1_000, "Tools in a body, and as many context entries and answers to interrupts; more get 413."
    )
    max_values: Count = setting(250_000, "Numbers, strings, arrays, objects and their keys in a body; more get 413.")
    max_depth: Depth = setting(200, "Arrays and objects within each other in a body; deeper ones get 400.")
    storage_patience: Seconds = setting(
        15.0,
        "Seconds that a run waits for a database that is away or locked, before it ends with an error.",
        more="deployment.md#when-the-database-is-away",
    )
    body_timeout: Deadline = setting(60.0, "Seconds after which a body that is not complete gets 408.")
    header_timeout: Deadline = setting(
        10.0, "Seconds after which headers that are not complete get 408; only with `bridge serve`."
    )
    max_header_size: HeaderSize = setting(
        65_536, "Bytes of a request's line and headers; more get 431; only with `bridge serve`."
    )
    max_journal_bytes: JournalSize = setting(
        16 * 1024 * 1024, "Bytes of one run's journal; beyond it the oldest events are dropped."
    )
    journal_memory_bytes: JournalSize = setting(
        512 * 1024 * 1024, "Bytes of all journals together; those of finished runs go first."
    )

    log_json: bool = setting(False, "Log JSON lines instead of text.")

    # The studio

    studio: bool | None = setting(
        None,
        "Serve the development page `/studio`, and what it asks for.",
        shown="on a loopback address with `bridge serve` and `bridge dev`, else not",
    )
    studio_inputs: bool | None = setting(
        None,
        "The studio shows what each model call was given: prompts too. Refused on a public address.",
        shown="on a loopback address with `bridge serve` and `bridge dev`, else not",
    )

    if not TYPE_CHECKING:  # type checkers make the signature from the fields

        def __init__(self, **given: Any) -> None:
            """Raises `InvalidSettings`."""
            try:
                super().__init__(**given)
            except ValidationError as error:
                raise InvalidSettings(_fault(type(self), fault) for fault in error.errors()) from None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *others: Any, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What code says, and nothing else: a variable that is set for another program changes no application."""
        del settings_cls, others, named
        return (init_settings,)

    @classmethod
    def from_environment(cls, **given: Any) -> Self:
        """The settings of the variables; what is ``given`` comes first. Raises `InvalidSettings`."""
        names = {variable_of(name, field): name for name, field in cls.model_fields.items()}
        for variable, name in names.items():
            blank = variable in os.environ and not os.environ[variable].strip()
            if blank and name not in given and about(cls.model_fields[name]).secret:
                raise InvalidSettings([(name, "is empty: give it a value, or unset it")])
        found = {names.get(name, name): value for name, value in EnvSettingsSource(cls)().items()}
        return cls(**found | given)

    @field_validator("shared_keys")
    @classmethod
    def _check_keys(cls, shared: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        read_keys((*info.data.get("api_keys", ()), *shared))
        return shared

    @field_validator("cors_credentials")
    @classmethod
    def _check_credentials(cls, value: bool, info: ValidationInfo) -> bool:
        origins = info.data.get("cors_origins")
        if value and (not origins or "*" in origins):
            raise ValueError(
                "needs origins that are named (cors_origins, --cors-origin): any page could act as its visitor"
            )
        return value


class ServerSettings(Settings):
    """What ``bridge serve`` takes beside `Settings`: where it listens, and what code gives to `create_app`."""

    host: str = setting("127.0.0.1", "The address to listen on; a public one needs a key, or `--no-auth`.")
    port: Port = setting(8000, "The port to listen on; 0: a free one.")
    root_path: UrlPrefix = setting(
        "",
        "The path below which a proxy serves it, such as `/ai`.",
        shown="the proxy's `X-Forwarded-Prefix`",
    )
    no_auth: bool = setting(False, "Without keys on a public address: everybody who reaches it may call.")
    allowed_hosts: Names = setting(
        (),
        "A name that a server without keys answers to, beside `localhost` and IP addresses.",
        more="deployment.md#who-may-call",
    )
    threads: Count | None = setting(
        DEFAULT_THREADS,
        "Plain `def` nodes and tools that work at once.",
        shown=f"{DEFAULT_THREADS}; embedded: the event loop's own",
        more="deployment.md#plain-functions-and-blocking-ones",
    )
    context: Place | None = setting(
        None,
        "`module:function` that gives `runtime.context` for a request.",
        more="configuration.md#runtimecontext-and-a-store",
    )
    store: Place | None = setting(
        None,
        "`module:attribute`, a LangGraph store for graphs that were compiled without one.",
        shown="one in memory",
        more="configuration.md#runtimecontext-and-a-store",
    )


def _fault(model: type[Settings], fault: Any) -> tuple[str, str]:
    """The name of a wrong setting, and why; without the value, where that is a secret."""
    variables = {variable_of(name, field): name for name, field in model.model_fields.items()}
    place = str(fault["loc"][0])
    name = variables.get(place, place)
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, model.model_fields, 1)
        return name, "there is no such setting" + (f"; is {near[0]} meant?" if near else "")
    if fault["type"] == "value_error":
        return name, str(fault["ctx"]["error"])
    why = f"must {fault['msg'].removeprefix('Input should ')}"
    return name, why if about(model.model_fields[name]).secret else f"{why}, not {str(fault['input'])[:100]!r}"
