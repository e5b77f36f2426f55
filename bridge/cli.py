"""The command ``bridge``: a group. What a command does is in `bridge.commands`, and is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click
from click.shell_completion import CompletionItem

COMMANDS = {
    "adopt": "Give all threads of the principal OLD to NEW.",
    "chat": "Talk with an agent in the terminal.",
    "check": "Say what the bridge will do with an agent, and what is unsafe in it.",
    "dev": "Serve agents while you write them: reload on change, open the browser.",
    "draw": "Draw a graph: as Mermaid, or into a file that ends in .svg, .png or .mmd.",
    "key": "Make an API key for NAME.",
    "prune": "Delete old one-off threads, and what deleted ones have left.",
    "serve": "Serve agents.",
}
"""The commands and what `--help` says of each: a list of commands loads none of them."""


class _Commands(click.Group):
    """Commands that are imported by name. A list of them, and their completion, need no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of the alphabet."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; ``None`` where there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bridge.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list that ``--help`` ends with."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin so."""
        named = [CompletionItem(name, help=what) for name, what in COMMANDS.items() if name.startswith(incomplete)]
        return named + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="agent-bridge")
def main() -> None:
    """LangGraph agents for every chat client people already have."""


if __name__ == "__main__":
    main(prog_name="bridge")
