"""The CopilotKit runtime, without a browser: ours over real HTTP, and CopilotKit's own one in front of us."""
