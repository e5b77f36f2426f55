"""Checkpoints of a thread: its history, its state at each, forks."""
