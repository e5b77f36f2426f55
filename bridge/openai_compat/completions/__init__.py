"""The old completions: a text in, a text out. A chat of one message, in another form."""
