"""CopilotKit 1.3 to 1.10: its GraphQL runtime, over the same runs and threads as everything else.

Three fixed operations, told apart by name; the pages send no others, so there is no GraphQL library here.
"""

from bridge.copilotkit.graphql.to_graphql import AguiToGraphQL

__all__ = ["AguiToGraphQL"]
