"""One ``langgraph.json``, served by LangGraph's own server and by the bridge: what that one answers, this one answers.

`project` is the folder both serve. `conversations` is what is asked of it, `answers.json` what LangGraph's server
answered: `make test` compares the bridge with that record, `make clients` asks LangGraph's server again.
"""
