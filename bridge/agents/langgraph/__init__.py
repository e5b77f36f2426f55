"""LangGraph graphs as agents: what a graph is given, and its stream as AG-UI events."""
