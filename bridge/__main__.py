"""``python -m bridge``: the command ``bridge``, where its folder is not on the path."""

from bridge.cli import main

if __name__ == "__main__":
    main(prog_name="python -m bridge")
