"""The studio: what its page asks for."""
