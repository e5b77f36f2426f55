"""The commands of ``bridge``, a file each. `bridge.cli` loads one when it is asked for."""
