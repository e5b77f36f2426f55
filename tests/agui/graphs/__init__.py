"""Own test graphs, with fake models, for everything a LangGraph can yield; `CASES` holds them all."""

from tests.agui.graphs import nested, odd, pauses, speech, states, tools

CASES = [*speech.CASES, *tools.CASES, *nested.CASES, *pauses.CASES, *states.CASES, *odd.CASES]
