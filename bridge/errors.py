"""What can go wrong, whose fault it is, and how each client's language puts it.

    BridgeError
    ├── ClientError                 the request is at fault; nothing ran, nothing is stored
    │   ├── InvalidRequest   400    malformed JSON, wrong type, missing field
    │   ├── InvalidKey       401    no key, or a wrong one
    │   ├── Forbidden        403    a caller without the scope, a page of another site, an unknown Host
    │   ├── UnknownAgent     404    no such model / agent
    │   ├── UnknownThread    404    no such thread, or somebody else's
    │   ├── UnknownRun       404    no such run, or somebody else's
    │   ├── ThreadBusy       409    the thread already has a run
    │   ├── InterruptPending 409    the thread waits for a person's answer, and this is none
    │   ├── RequestTimeout   408    the body did not come in time
    │   ├── RequestTooLarge  413    too many bytes, or too many of what is in them
    │   ├── UnsupportedBody  415    a body that is compressed
    │   └── RateLimited      429
    └── RunFailure                  the run is at fault; the client asked for nothing wrong
        ├── AgentFailure     500    the graph raised
        ├── UpstreamFailure  502    the model's server refused or broke off
        ├── RunTimeout       504    the model's server, or the run, took too long
        ├── JournalOverrun   500    a reader asked for events that the bounded journal no longer has
        ├── StorageFailure   503    the database does not do what it should; nothing was shown
        │   ├── StorageUnavailable 503  it cannot be reached, or does not answer
        │   ├── StorageBusy        503  another process keeps it locked
        │   ├── StorageFull        507  its disk, or its quota, is full
        │   └── StorageReadOnly    503  it takes no writes
        ├── NotSaved         500    an answer was shown, and then could not be stored
        └── LeaseLost        500    a run that was given up wants to write; only the server's log sees it

One table, this one: error -> HTTP status, OpenAI ``error`` object, AG-UI ``RUN_ERROR`` code. Messages say what
arrived and what was expected; none of them carries a traceback, a prompt or a key (those go to the log).
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class BridgeError(Exception):
    """Base of every error the bridge says to a client.

    ``message`` is for a person, ``param`` names the request field at fault (dotted, or ``None``). ``interrupts``: the
    questions that go on waiting, for a client that closes its dialog when a run begins.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code: ClassVar[str] = "server_error"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.interrupts: list[dict[str, Any]] = []

    def envelope(self) -> dict[str, Any]:
        """The OpenAI error object: ``{"error": {"message", "type", "param", "code"}}``."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class ClientError(BridgeError):
    """The request is at fault."""

    status = 400
    type = "invalid_request_error"
    code = "invalid_request"


class InvalidRequest(ClientError):
    """400: malformed JSON, a wrong type, a missing field, a parameter that is not served."""


class InvalidKey(ClientError):
    """401: no key, or a wrong one."""

    status = 401
    code = "invalid_api_key"


class Forbidden(ClientError):
    """403: the caller is known and may not do this, or the request comes from where none is taken from."""

    status = 403
    code = "forbidden"


class UnknownAgent(ClientError):
    """404: no such model / agent."""

    status = 404
    code = "model_not_found"


class UnknownThread(ClientError):
    """404: no such thread, or somebody else's; the two look alike to a client."""

    status = 404
    code = "thread_not_found"


class UnknownRun(ClientError):
    """404: no such run, or somebody else's, or one already forgotten."""

    status = 404
    code = "run_not_found"


class ThreadBusy(ClientError):
    """409: the thread already has a run."""

    status = 409
    code = "thread_busy"


class InterruptPending(ClientError):
    """409: the thread waits for a person's answer, and the request brings something else."""

    status = 409
    code = "interrupt_pending"


class RequestTimeout(ClientError):
    """408: the body did not come within ``Settings.body_timeout``."""

    status = 408
    code = "request_timeout"


class RequestTooLarge(ClientError):
    """413: the body has more bytes, or more of what is in them, than a setting allows; the message names it."""

    status = 413
    code = "request_too_large"


class UnsupportedBody(ClientError):
    """415: the body is encoded (``Content-Encoding``)."""

    status = 415
    code = "unsupported_encoding"


class RateLimited(ClientError):
    """429: too many runs at once, too many requests, or too much stored; ``retry_after`` is in seconds."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RunFailure(BridgeError):
    """The run is at fault."""


class AgentFailure(RunFailure):
    """500: the graph raised."""


class UpstreamFailure(RunFailure):
    """502: the model's server refused, or broke off."""

    status = 502
    type = "upstream_error"
    code = "upstream_error"


class RunTimeout(RunFailure):
    """504: the model's server, or the run, took too long."""

    status = 504
    type = "timeout"
    code = "timeout"


class JournalOverrun(RunFailure):
    """500: a reader asked for events that the bounded journal no longer has."""

    code = "events_lost"


class StorageFailure(RunFailure):
    """503: the database does not do what it should. Nothing was shown. The log has the database's words."""

    status = 503
    code = "storage_failed"
    sentence: ClassVar[str] = "The database failed"

    def __init__(self, message: str | None = None, *, param: str | None = None) -> None:
        super().__init__(message or f"{self.sentence}; nothing was stored.", param=param)


class StorageUnavailable(StorageFailure):
    """503: the database cannot be reached, or does not answer."""

    code = "storage_unavailable"
    sentence = "The database cannot be reached"


class StorageBusy(StorageFailure):
    """503: another process keeps the database locked."""

    code = "storage_busy"
    sentence = "Another process keeps the database locked"


class StorageFull(StorageFailure):
    """507: no room is left for the database."""

    status = 507
    code = "storage_full"
    sentence = "The database has no room left"


class StorageReadOnly(StorageFailure):
    """503: the database takes no writes."""

    code = "storage_read_only"
    sentence = "The database is read-only"


class NotSaved(RunFailure):
    """500: an answer was shown, whole or in part, and then could not be stored.

    No 503: a client that asked again by itself would have tools run twice.
    """

    code = "not_saved"

    @classmethod
    def because(cls, failure: StorageFailure) -> NotSaved:
        """The same failure, once something was shown."""
        made = cls(f"The answer was shown, but it was not saved. {failure.sentence}.")
        made.__cause__ = failure
        return made


class LeaseLost(RunFailure):
    """A run that was given up, and whose thread is free for others, wants to write to it all the same."""


# What a run can only find out while it goes (an answer to no pending interrupt) is still the client's fault.
_BY_CODE: dict[str, type[BridgeError]] = {
    kind.code: kind
    for kind in (
        AgentFailure,
        UpstreamFailure,
        RunTimeout,
        JournalOverrun,
        StorageFailure,
        StorageUnavailable,
        StorageBusy,
        StorageFull,
        StorageReadOnly,
        NotSaved,
        InvalidRequest,
        UnknownThread,
        InterruptPending,
    )
}

# Exceptions of model clients are recognised by module and name, so that no provider's package is a dependency.
_PROVIDERS = ("openai", "anthropic", "httpx", "httpcore", "groq", "mistralai", "google")


def run_failure(error: BaseException) -> BridgeError:
    """The failure to report for an exception that left the agent.

    The exception's own text never reaches a client: it may quote a prompt or a key. Its class name does, and
    for an HTTP answer of the model's server the status code.
    """
    if isinstance(error, BridgeError):
        return error
    kind = type(error)
    if isinstance(error, TimeoutError) or any("Timeout" in parent.__name__ for parent in kind.__mro__):
        return RunTimeout("The agent took too long to answer.")
    # LangChain's packages raise their own subclasses; the newer HTTP clients are called httpx2 and httpcore2
    roots = {parent.__module__.partition(".")[0].rstrip("0123456789") for parent in kind.__mro__}
    if not roots.isdisjoint(_PROVIDERS):
        status = getattr(error, "status_code", None)
        answer = f" (HTTP {status})" if isinstance(status, int) else ""
        return UpstreamFailure(f"The agent's model could not be reached or refused the request{answer}.")
    if kind.__name__ == "GraphRecursionError":
        limit = re.search(r"limit of (\d+)", str(error))  # the number is LangGraph's own, not the agent's words
        steps = f"{limit[1]} steps" if limit else "steps"
        return AgentFailure(f"The agent stopped: it reached its limit of {steps} without an answer.")
    return AgentFailure(f"The agent failed ({kind.__name__}).")


def failure_of_code(code: str | None, message: str) -> BridgeError:
    """The failure that a RUN_ERROR's ``code`` and ``message`` stand for; an unknown code is an agent failure."""
    return _BY_CODE.get(code or "", AgentFailure)(message)


def json_kind(value: Any) -> str:
    """What a JSON value is, in words for an error message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
        case _:
            return "an object"
