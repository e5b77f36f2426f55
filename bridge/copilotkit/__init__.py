"""The CopilotKit runtime API over the same runs and threads as everything else."""
