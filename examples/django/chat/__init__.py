"""The chat page, and who is signed in."""
