"""The studio over HTTP: all its operations as one dialect."""

from __future__ import annotations

from bridge.studio.graph import routes as graph
from bridge.studio.runs import routes as runs
from bridge.studio.time import routes as time
from bridge.web.dialect import Dialect

DIALECT = Dialect(name="studio", operations=(*graph.OPERATIONS, *runs.OPERATIONS, *time.OPERATIONS))
