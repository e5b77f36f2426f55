"""What ``bridge chat`` is made of: where the agent is (here, or on a server), and the screen."""
