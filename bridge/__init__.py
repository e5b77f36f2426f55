"""The bridge between LangGraph agents and the chat clients people already have."""
