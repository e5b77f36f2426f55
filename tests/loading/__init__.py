"""Loading agents: ``langgraph.json``, modules, and what is wrong with them."""
