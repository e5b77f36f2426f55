"""A graph that is named by its module."""

from agents import speaking

graph = speaking(lambda state, runtime: "by module").compile()
