"""What an agent that cannot be loaded raises."""

from __future__ import annotations


class LoadError(Exception):
    """An agent that cannot be loaded; the message says which and why, for the person at the command line."""
