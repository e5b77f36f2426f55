"""Where conversations are kept: the index of threads, and the checkpointers of the databases."""
