"""The drawing of an agent."""
