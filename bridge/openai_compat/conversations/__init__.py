"""OpenAI's conversations: a name under which responses go on, one after the other."""
