"""A port that is taken, in one sentence."""

from __future__ import annotations

import errno
import socket


def is_in_use(host: str, port: int) -> bool:
    """Whether somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def port_in_use(port: int) -> str:
    """The sentence for it."""
    return f"Port {port} is in use. Stop what listens there, or take another one: --port 0 is any that is free."
