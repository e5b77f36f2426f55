"""One ``langgraph.json``, served by LangGraph's own server and by the bridge: what that one answers, this one answers.

`first` and `second` are the projects that both serve. `conversations` is what is asked of them, `answers.json` what
LangGraph's server answered: `make test` compares the bridge with that record, `make clients` asks that server again.
"""
