"""The Responses API: its translator, its requests, and what is stored."""
