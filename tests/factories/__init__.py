"""Graph factories: what they are given, and how long what they make lives."""
