"""A run: its request, its journal, who holds its thread, and the runs of this process."""
