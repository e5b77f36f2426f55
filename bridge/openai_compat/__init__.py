"""AG-UI events <-> OpenAI chat-completion chunks."""
