"""Graph factories: functions that make a graph for each run, as ``langgraph.json`` may name them."""
