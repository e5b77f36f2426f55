"""The chats people use, in a real browser, against a real server."""
