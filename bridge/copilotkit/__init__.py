"""The CopilotKit runtime API over the same runs and threads as everything else; GraphQL for pages up to 1.10."""

from bridge.copilotkit.graphql.to_graphql import AguiToGraphQL

__all__ = ["AguiToGraphQL"]
