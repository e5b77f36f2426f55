"""How fast the bridge is, beside its peers and the graph alone: ``make bench``, or ``python -m benchmarks --help``."""
