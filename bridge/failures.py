"""What an exception that left an agent means for its client: a `BridgeError` with one true sentence and a code. Pure.

An exception's own text never reaches a client: it may quote a prompt, an address or a key. It is looked at for what
kind of failure it is (a context that is too long has no code of its own in most APIs), and its class name is sent.

Exceptions of model clients are recognized by module, name and status, so that no provider's package is a dependency.
LangChain, LangGraph and task groups wrap them: causes, contexts and groups are followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from math import ceil
from traceback import extract_tb
from types import TracebackType
from typing import Any

from bridge.errors import (
    AgentFailure,
    BridgeError,
    ContextTooLong,
    QuotaExhausted,
    RunTimeout,
    UpstreamEmpty,
    UpstreamFailure,
    UpstreamFiltered,
    UpstreamRateLimited,
    UpstreamRefused,
    UpstreamUnauthorized,
)

_CLIENTS = frozenset(
    ("openai", "anthropic", "groq", "mistralai", "google", "botocore", "cohere", "ollama", "fireworks", "together")
)
"""The packages of providers. An exception of theirs comes from a model's server, wherever it was raised."""

_SHARED = frozenset(("botocore", "google"))
"""Of these packages the ones that tools use for other services as well."""

_OF_MODELS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")
"""What botocore asks of a model."""

_TRANSPORTS = frozenset(("httpx", "httpcore", "requests", "urllib3", "aiohttp", "ssl", "socket"))
"""HTTP clients. Tools and nodes use them too, and what they meet is not the model's server."""

_IN_A_MODEL_CALL = (
    "/langchain_core/language_models/",
    *(f"/{prefix}{name}" for prefix in ("", "langchain_") for name in sorted(_CLIENTS - _SHARED)),
    *("/langchain_aws/", "/langchain_google", "/google/genai/"),
)

_READS_AN_ANSWER = re.compile(
    r"chat_result|format_output|lc_result|completion|_chunk|convert_delta|parse_chat|parse_response|_a?stream(_\w+)?$|^a?invoke$"
)
"""The functions of LangChain and of the clients that read an answer; a fault in another is the agent's own."""

_TOO_LONG = re.compile(
    r"context[_ ]?(length|window|size)|maximum (context|prompt|input)|too many (input )?tokens|prompt is too long"
    r"|input is too long|input token count|exceeds? the (available|maximum)[^.]*(context|tokens)|reduce the length",
    re.IGNORECASE,
)

_EMPTY = ("No generation chunks were returned", "No generations found in stream")
"""How LangChain puts an answer without a single chunk (a ``ValueError``)."""

_STEPS = 50
"""Exceptions of a chain that are looked at."""


def run_failure(error: BaseException) -> BridgeError:
    """The failure to report for an exception that left the agent."""
    chain = list(_chain(error))
    for raised in chain:
        if isinstance(raised, BridgeError):
            return raised
    for raised in chain:
        found = _timeout(raised) or _upstream(raised)
        if found is not None:
            return found
    kind = type(error)
    if kind.__name__ == "GraphRecursionError":
        limit = re.search(r"limit of (\d+)", str(error))  # the number is LangGraph's own, not the agent's words
        steps = f"{limit[1]} steps" if limit else "steps"
        return AgentFailure(f"The agent stopped: it reached its limit of {steps} without an answer.")
    innermost = chain[-1] if isinstance(error, BaseExceptionGroup) else error
    return AgentFailure(f"The agent failed ({type(innermost).__name__}).")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, those in it, and those that led to it, each once."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _STEPS:
        raised = waiting.pop(0)
        if id(raised) in seen:
            continue
        seen.add(id(raised))
        yield raised
        if isinstance(raised, BaseExceptionGroup):
            waiting += raised.exceptions
        led = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
        if led is not None:
            waiting.append(led)


def without_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an exception that was told, and of all that led to it.

    A frame refers to all its variables: a run, its request of megabytes. One of them is often the exception itself
    (LangGraph's runner has it in one), a cycle that only the garbage collector takes apart.
    """
    waiting = [] if error is None else [error]
    for raised in waiting:
        raised.__traceback__ = None
        within = raised.exceptions if isinstance(raised, BaseExceptionGroup) else ()
        for led in (raised.__cause__, raised.__context__, *within):
            if led is not None and led not in waiting and len(waiting) < _STEPS:
                waiting.append(led)


def _roots(error: BaseException) -> set[str]:
    """The packages that an exception's class and its bases are from.

    LangChain's packages raise their own subclasses; the newer HTTP clients are called httpx2 and httpcore2.
    """
    return {parent.__module__.partition(".")[0].rstrip("0123456789") for parent in type(error).__mro__}


def _timeout(error: BaseException) -> BridgeError | None:
    named = any("Timeout" in parent.__name__ for parent in type(error).__mro__)
    return RunTimeout("The agent took too long to answer.") if named or isinstance(error, TimeoutError) else None


def _upstream(error: BaseException) -> BridgeError | None:
    """What went wrong between the agent and its model's server; ``None`` where that was not it."""
    if isinstance(error, ValueError) and str(error).startswith(_EMPTY):
        return UpstreamEmpty("The model gave no answer; the conversation may be too long for it.")
    if _NO_KEY.search(f"{type(error).__name__}: {error}") and not _roots(error).isdisjoint((*_CLIENTS, "builtins")):
        return UpstreamUnauthorized("The agent has no key for its model's server.")
    if not _is_of_a_model_call(error):
        return None
    status, code = _status(error), _code(error)
    if code in _CONTEXT or (status in (400, 413, 422, 500, None) and _TOO_LONG.search(str(error))):
        return ContextTooLong("The conversation is too long for the model: begin a new one.")
    if code in _QUOTA or status == 402 or _NO_CREDIT.search(str(error)):
        return QuotaExhausted("The agent's account with the model's provider has no quota left.")
    if code in _FILTER:
        return UpstreamFiltered(
            "The content filter of the model's provider refused the request: put it in other words."
        )
    if status in (401, 403) or code in _KEY or _WRONG_KEY.search(str(error)):
        return UpstreamUnauthorized(f"The model's server refused the agent's key{_http(status)}.")
    if status == 429 or code in _RATE:
        seconds = _retry_after(error)
        return UpstreamRateLimited("The model's server takes no more requests for now.", retry_after=seconds)
    if status is not None and 400 <= status < 500 and status != 408:
        return UpstreamRefused(f"The model's server refused the agent's request{_http(status)}.")
    return UpstreamFailure(f"The agent's model could not be reached, or failed{_http(status)}.")


# Providers' own words, in error bodies, in streams that had begun, and in AWS's exceptions

_CONTEXT = frozenset(("context_length_exceeded", "exceed_context_size_error"))
_QUOTA = frozenset(("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"))
_FILTER = frozenset(("content_filter", "content_policy_violation", "data_inspection_failed"))
_KEY = frozenset(
    (
        *("invalid_api_key", "authentication_error", "permission_error", "UNAUTHENTICATED", "PERMISSION_DENIED"),
        *("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"),
    )
)
_RATE = frozenset(
    (
        *("rate_limit_exceeded", "rate_limit_error", "too_many_requests", "RESOURCE_EXHAUSTED"),
        *("ThrottlingException", "ServiceQuotaExceededException"),
    )
)
_ANY = re.compile("|".join(sorted(_CONTEXT | _QUOTA | _FILTER | _KEY | _RATE)))
_NO_CREDIT = re.compile("credit balance is too low")  # Anthropic: a 400
_WRONG_KEY = re.compile("API key not valid|API_KEY_INVALID|API key expired")  # Gemini: a 400
_NO_KEY = re.compile(
    r"^OpenAIError: .*(api_key|credentials)|^(No|Partial|Default)CredentialsError: "
    r"|^TypeError: .*(resolve authentication method|Anthropic authentication failed)",
    re.DOTALL,
)


def _http(status: int | None) -> str:
    return f" (HTTP {status})" if status not in (None, 200) else ""  # a stream that had begun has 200


def _is_of_a_model_call(error: BaseException) -> bool:
    """Whether an exception is about the model's server.

    A client's own exception is, in any place. What an HTTP client, a socket or a JSON parser raised is where a model
    call is among its frames; one that was never raised has none, and is taken for the model's.
    """
    roots = _roots(error)
    frames = _frames(error.__traceback__)
    asked = any(part in file for file, _ in frames for part in _IN_A_MODEL_CALL)
    if not roots.isdisjoint(_CLIENTS - _SHARED):
        return True
    if not roots.isdisjoint(_SHARED):
        return asked or not frames or getattr(error, "operation_name", None) in _OF_MODELS
    if not roots.isdisjoint(_TRANSPORTS):
        return asked or not frames
    if isinstance(error, OSError | JSONDecodeError | UnicodeDecodeError):
        return asked
    shape = isinstance(error, AssertionError | AttributeError | LookupError | TypeError | ValueError)
    return shape and bool(frames) and _reads_an_answer(*frames[-1])


def _reads_an_answer(file: str, function: str) -> bool:
    """Whether what was raised there is about the shape of an answer, not about what the agent asked."""
    return any(part in file for part in _IN_A_MODEL_CALL) and bool(_READS_AN_ANSWER.search(function))


def _frames(traceback: TracebackType | None) -> list[tuple[str, str]]:
    """File and function of an exception's frames, the innermost last."""
    frames = extract_tb(traceback) if traceback is not None else ()
    return [(frame.filename.replace("\\", "/"), frame.name) for frame in frames]


def _status(error: BaseException) -> int | None:
    """The status of an HTTP answer, where the exception is about one."""
    response = getattr(error, "response", None)
    metadata = response.get("ResponseMetadata") if isinstance(response, Mapping) else None  # botocore
    if isinstance(metadata, Mapping):
        response_status = metadata.get("HTTPStatusCode")
    else:
        response_status = getattr(response, "status_code", None)
    for value in (getattr(error, "status_code", None), getattr(error, "code", None), response_status):
        if isinstance(value, int) and not isinstance(value, bool) and 100 <= value < 600:
            return value
    return None


def _code(error: BaseException) -> str:
    """The provider's own word for what went wrong, where it has one."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping) and isinstance(response.get("Error"), Mapping):
        return str(response["Error"].get("Code") or "")
    code = getattr(error, "code", None)
    if isinstance(code, str) and code and not code.isdigit():
        return code
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(inner, Mapping):
        words = [inner.get(name) for name in ("code", "type", "status")]  # llama.cpp's code is the status
        return next((word for word in words if isinstance(word, str) and word and not word.isdigit()), "")
    status = getattr(error, "status", None)  # google.genai
    if isinstance(status, str):
        return status
    found = _ANY.search(str(error)[:_MOST]) if type(error) is ValueError else None  # langchain-openai, of a stream
    return found[0] if found else ""


def _retry_after(error: BaseException) -> int:
    """The seconds that the model's server asks to wait, 1 to 3600; 5 where it names none."""
    headers: Any = getattr(getattr(error, "response", None), "headers", None)
    given = headers.get("retry-after") if isinstance(headers, Mapping) else None
    if not isinstance(given, str) or not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", given):
        return 5
    return min(max(ceil(float(given)), 1), 3600)


_SECRET = re.compile(
    r"(?i)(?<=://)[^\s@/:]*:[^\s@]*@"  # of a URL
    r"|(?:api key provided:|\bbearer\b|\bbasic\b)\s*[^\s\"',;]{3,}"
    r"|[\w-]*(?:key|token|secret|passw(?:or)?d|credential|authorization|cookie|signature|\bsig)\w*[\"']?\s*[=:]\s*[\"']?"
    r"(?:(?:bearer|basic)\s+)?[^\s\"',;&)}]{4,}"
    r"|\b(?:sk|pk|rk|xai|gsk|hf|r8|gh[opsu]|github_pat|glpat|xox[abprs]|AIza|AKIA|ASIA|ya29|eyJ)[-_.]?[\w.\-]{6,}"
    r"|\b(?-i:(?=\w*[0-9])(?=\w*[a-z])(?=\w*[A-Z]))[\w-]{32,}"  # a name that nobody would give
)
_MOST = 500
"""Characters of an exception's text that a developer is shown."""


def revealed(error: BaseException) -> str:
    """An exception's class, text and place, for a developer (``--reveal-errors``). What looks like a key is masked."""
    lines = []
    for raised in list(_chain(error))[:4]:
        frames = extract_tb(raised.__traceback__) if raised.__traceback__ is not None else ()
        place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        lines.append(f"{type(raised).__name__}: {_SECRET.sub('***', str(raised))[:_MOST]}{place}")
    return "\n".join(lines)
