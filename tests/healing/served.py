"""The agents of these tests, to be served by a process that can be killed."""

from __future__ import annotations

from tests.healing.graphs import adding, langchain, looping, nested, reply
from tests.healing.marks import marking
from tests.strict import Strict

AGENTS = ("tasks", "agent", "inner", "added")

tasks = looping(Strict(reply=reply))
agent = langchain(Strict(reply=reply))
inner = nested(Strict(reply=reply))
added = adding(Strict(reply=reply))

marks_tasks = marking()
marks_agent = marking("agent")
marks_inner = marking("inner")
