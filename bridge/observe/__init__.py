"""Who wants to know what happens: the log."""
