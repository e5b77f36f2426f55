"""What can go wrong, whose fault it is, and how each client's language puts it.

    BridgeError
    ├── ClientError                 the request is at fault; nothing ran, nothing is stored
    │   ├── InvalidRequest   400    malformed JSON, wrong type, missing field
    │   │   └── UnknownPreviousResponse 400  previous_response_id names none that is stored
    │   ├── InvalidKey       401    no key, or a wrong one
    │   ├── Forbidden        403    a caller without the scope, a page of another site, an unknown Host
    │   ├── UnknownAgent     404    no such model / agent
    │   ├── UnknownThread    404    no such thread, or somebody else's
    │   ├── UnknownRun       404    no such run, or somebody else's
    │   ├── NotServed        404    an address of OpenAI's that no agent can answer
    │   ├── NotStored        404    no such response, conversation or item, or somebody else's
    │   ├── ThreadBusy       409    the thread already has a run
    │   ├── InterruptPending 409    the thread waits for a person's answer, and this is none
    │   ├── RequestTimeout   408    the body did not come in time
    │   ├── RequestTooLarge  413    too many bytes, or too many of what is in them
    │   ├── UnsupportedBody  415    a body that is compressed
    │   └── RateLimited      429
    └── RunFailure                  the run is at fault; the client asked for nothing wrong
        ├── AgentFailure     500    the graph raised
        ├── UpstreamFailure  502    the model's server cannot be reached, failed, or broke off
        │   ├── UpstreamEmpty        502  it answered with nothing
        │   ├── UpstreamUnauthorized 502  it does not take the agent's key
        │   ├── UpstreamRefused      502  it does not take the agent's request
        │   ├── UpstreamFiltered     400  the content filter of its provider refused the request
        │   ├── UpstreamRateLimited  429  it takes no more requests for now
        │   ├── QuotaExhausted       429  the agent's account with it is used up
        │   └── ContextTooLong       400  the conversation is too long for the model
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

from collections.abc import Mapping
from typing import Any, ClassVar


class BridgeError(Exception):
    """Base of every error that the bridge sends to a client.

    ``message`` is for a person, ``param`` names the request field at fault (dotted, or ``None``). ``interrupts``: the
    questions that go on waiting, for a client that closes its dialog when a run begins.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code: ClassVar[str] = "server_error"
    retry: ClassVar[bool | None] = None
    """Whether an SDK should ask again by itself (``x-should-retry``); ``None``: as it does for the status."""

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


class UnknownPreviousResponse(InvalidRequest):
    """400, as OpenAI has it: the response to go on from is not stored, or somebody else's."""

    code = "previous_response_not_found"


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


class NotServed(ClientError):
    """404: an address of OpenAI's API for something that agents do not do."""

    status = 404
    code = "not_served"


class UnknownThread(ClientError):
    """404: no such thread, or somebody else's; the two look alike to a client."""

    status = 404
    code = "thread_not_found"


class UnknownRun(ClientError):
    """404: no such run, or somebody else's, or one already forgotten."""

    status = 404
    code = "run_not_found"


class NotStored(ClientError):
    """404: no such response, conversation or item, or somebody else's, or one that is no longer kept."""

    status = 404
    code = "not_found"


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
    """502: the model's server cannot be reached, failed, or broke off."""

    status = 502
    type = "upstream_error"
    code = "upstream_error"
    retry: ClassVar[bool | None] = (
        False  # the agent's own client of the model has tried again already: tries would multiply
    )


class UpstreamEmpty(UpstreamFailure):
    """502: the model's server answered, and its answer held nothing."""

    code = "upstream_empty"


class UpstreamUnauthorized(UpstreamFailure):
    """502: the model's server does not take the agent's key. Not 401: the client's own key is right."""

    code = "upstream_unauthorized"


class UpstreamRefused(UpstreamFailure):
    """502: the model's server does not take the agent's request; the same one again will not help."""

    code = "upstream_refused"


class UpstreamFiltered(UpstreamFailure):
    """400, as Azure has it: the content filter of the model's provider refused the request before the model had it."""

    status = 400
    type = "invalid_request_error"
    code = "content_filter"


class UpstreamRateLimited(UpstreamFailure):
    """429: the model's server takes no more requests for ``retry_after`` seconds."""

    status = 429
    type = "rate_limit_error"
    code = "upstream_rate_limited"
    retry = None

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExhausted(UpstreamFailure):
    """429, as OpenAI has it: the agent's account with the model's provider is used up."""

    status = 429
    type = "insufficient_quota"
    code = "insufficient_quota"


class ContextTooLong(UpstreamFailure):
    """400, as OpenAI has it: the conversation is too long for the model, and a retry cannot help."""

    status = 400
    type = "invalid_request_error"
    code = "context_length_exceeded"


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
    retry: ClassVar[bool | None] = False

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
        UpstreamEmpty,
        UpstreamUnauthorized,
        UpstreamRefused,
        UpstreamFiltered,
        UpstreamRateLimited,
        QuotaExhausted,
        ContextTooLong,
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


def failure_of_code(code: str | None, message: str) -> BridgeError:
    """The failure that a RUN_ERROR's ``code`` and ``message`` stand for; an unknown code is an agent failure."""
    return _BY_CODE.get(code or "", AgentFailure)(message)


def failure_of_event(event: Mapping[str, Any]) -> BridgeError:
    """The failure that a RUN_ERROR stands for, with the seconds to wait where it has them."""
    failure = failure_of_code(event.get("code"), event["message"])
    seconds = (event.get("metadata") or {}).get("retryAfter")
    if isinstance(failure, UpstreamRateLimited) and isinstance(seconds, int):
        failure.retry_after = seconds
    return failure


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
