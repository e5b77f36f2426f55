"""The servers the bridge is measured beside, each in an environment of its own: its group in `pyproject.toml`."""
