"""CopilotKit 1.3 to 1.10 over GraphQL."""
