"""The clients people really use, put in front of the bridge.

The clients are Node programs (see `package.json`); each has a Python module here that runs it and types what
it says.
"""
