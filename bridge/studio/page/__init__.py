"""The page itself, as ``studio/`` builds it."""
