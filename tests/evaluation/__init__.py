"""The scripted evaluation of the agent: `make eval`."""
