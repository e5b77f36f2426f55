"""The demo model: a chat model made of rules, for using the agent without any key. It says so when asked."""
