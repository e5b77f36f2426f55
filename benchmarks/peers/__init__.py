"""The servers the bridge is measured beside. Each runs in its own environment, from its own requirements file."""
