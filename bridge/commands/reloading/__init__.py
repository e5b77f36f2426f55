"""What ``bridge dev`` is made of: a process that watches files, and one that serves, replaced when a file changes."""
