"""The port behind which agents live, and the agents."""
