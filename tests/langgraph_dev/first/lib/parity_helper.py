"""Found through ``dependencies``."""

WORD = "found"
