"""The bridge under other people's servers and behind other people's proxies.

Each check of `tests.servers.checks` is a function of a running server. The tests run them for the servers of the
development environment; ``make servers`` runs them for all, and writes the table in ``docs/deployment.md``.
"""
