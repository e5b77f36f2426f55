"""Errors as CopilotKit's GraphQL pages can show them. Pure.

A page looks an error's ``code`` up in a table of its own and breaks (``Cannot destructure property 'statusCode'``) on
one that is not there: every error has one of these. A message without ``extensions`` is not shown at all.
"""

from __future__ import annotations

from typing import Any

from bridge.errors import BridgeError

UNKNOWN = "UNKNOWN"

_CODES = {
    "invalid_api_key": "AUTHENTICATION_ERROR",
    "forbidden": "AUTHENTICATION_ERROR",
    "model_not_found": "AGENT_NOT_FOUND",
    "upstream_error": "NETWORK_ERROR",
    "timeout": "NETWORK_ERROR",
}
"""The bridge's codes as members of CopilotKit's ``CopilotKitErrorCode``; all others are `UNKNOWN`."""


def code_of(code: str | None) -> str:
    """The page's code for one of the bridge's."""
    return _CODES.get(code or "", UNKNOWN)


def error_entry(error: BridgeError, message: str, operation: str | None) -> dict[str, Any]:
    """An entry of ``errors``; ``message`` is a sentence for the person at the page."""
    extensions = {
        "code": code_of(error.code),
        "visibility": "banner",
        "severity": "critical",
        "statusCode": error.status,
        "originalError": {"message": message},
    }
    return {"message": message, "path": [operation] if operation else [], "extensions": extensions}


def failed_status(code: str | None, message: str) -> dict[str, Any]:
    """The status of an answer that broke off."""
    original = {"code": code_of(code), "severity": "critical", "visibility": "banner"}
    return {
        "code": "Failed",
        "reason": "UNKNOWN_ERROR",
        "details": {"description": message, "originalError": original},
        "__typename": "FailedResponseStatus",
    }
