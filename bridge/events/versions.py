"""Which AG-UI a client speaks. Pure."""

from __future__ import annotations


def speaks_v1(protocol_version: str | None) -> bool:
    """Whether a client with this ``RunAgentInput.protocolVersion`` speaks AG-UI 1.0 or newer.

    Absent: a client before 1.0. A version that cannot be read is treated as newer, as the protocol asks.
    """
    if protocol_version is None:
        return False
    # without `int`: "²" is a digit to `isdigit` and none to `int`, which also refuses 5,000 of them
    return protocol_version.partition(".")[0].strip("0") != "" or not protocol_version.startswith("0")
