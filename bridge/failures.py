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
from traceback import extract_tb
from types import TracebackType

from bridge.errors import (
    AgentFailure,
    BridgeError,
    ContextTooLong,
    QuotaExhausted,
    RunTimeout,
    UpstreamEmpty,
    UpstreamFailure,
    UpstreamRateLimited,
    UpstreamRefused,
    UpstreamUnauthorized,
)

_CLIENTS = frozenset(
    ("openai", "anthropic", "groq", "mistralai", "google", "botocore", "cohere", "ollama", "fireworks", "together")
)
"""The packages of providers. An exception of theirs comes from a model's server, wherever it was raised."""

_TRANSPORTS = frozenset(("httpx", "httpcore", "requests", "urllib3", "aiohttp", "ssl", "socket"))
"""HTTP clients. A tool uses them too, and what it meets is not the model's server."""

_IN_A_MODEL_CALL = ("/langchain_core/language_models/", *(f"/{name}/" for name in sorted(_CLIENTS)))

_IN_A_TOOL = ("/langchain_core/tools/", "/langgraph/prebuilt/tool_node.py")

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
    status = _status(error)
    if _roots(error).isdisjoint(_CLIENTS) and not _is_of_a_model_call(error):
        return None
    code = _code(error)
    if code == "context_length_exceeded" or (status in (400, 413, 422, 500, None) and _TOO_LONG.search(str(error))):
        return ContextTooLong("The conversation is too long for the model: begin a new one.")
    if status in (401, 403) or code in ("AccessDeniedException", "UnrecognizedClientException"):
        return UpstreamUnauthorized(f"The model's server refused the agent's key{_http(status)}.")
    if code == "insufficient_quota" or status == 402:
        return QuotaExhausted("The agent's account with the model's provider has no quota left.")
    if status == 429 or code == "ThrottlingException":
        return UpstreamRateLimited("The model's server takes no more requests for now.")
    if status is not None and 400 <= status < 500 and status != 408:
        return UpstreamRefused(f"The model's server refused the agent's request{_http(status)}.")
    return UpstreamFailure(f"The agent's model could not be reached, or failed{_http(status)}.")


def _http(status: int | None) -> str:
    return f" (HTTP {status})" if status is not None else ""


def _is_of_a_model_call(error: BaseException) -> bool:
    """Whether what an HTTP client, a socket or a JSON parser raised is about the model's server."""
    files = _files(error.__traceback__)
    asked = any(part in file for file in files for part in _IN_A_MODEL_CALL)
    if not _roots(error).isdisjoint(_TRANSPORTS):
        return asked or not any(part in file for file in files for part in _IN_A_TOOL)
    if isinstance(error, AssertionError | AttributeError | LookupError):  # of a client, at an answer of no known shape
        return asked and any(f"/{name}/" in files[-1] or f"/langchain_{name}/" in files[-1] for name in _CLIENTS)
    return asked and isinstance(error, OSError | JSONDecodeError | UnicodeDecodeError)


def _files(traceback: TracebackType | None) -> list[str]:
    """The files of an exception's frames, the innermost last."""
    frames = extract_tb(traceback) if traceback is not None else ()
    return [frame.filename.replace("\\", "/") for frame in frames]


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
    if isinstance(code, str):
        return code
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    return str(inner.get("code") or inner.get("type") or "") if isinstance(inner, Mapping) else ""


_SECRET = re.compile(
    r"(?i)\b(?:sk|pk|rk|xai|gsk|key|token|bearer|secret|password|api[-_]?key)[-_=:\s\"']{1,4}[^\s\"',;)]{4,}"
    r"|(?<=//)[^/@\s]+:[^/@\s]+@"
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
