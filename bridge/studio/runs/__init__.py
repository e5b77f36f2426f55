"""Runs, whoever started them: a list, announcements, their wire, what their model calls were given."""
