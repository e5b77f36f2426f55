"""The table of docs/settings.md, made from the settings: ``python -m tests.docs.settings_table`` writes it."""

from __future__ import annotations

from bridge.fields import about, flag_of, variable_of
from bridge.options import shown_default
from bridge.settings import ServerSettings, Settings
from tests.server import ROOT

PAGE = ROOT / "docs" / "settings.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def table() -> str:
    """Markdown: a row for each setting, those of the command alone first."""
    own = [name for name in ServerSettings.model_fields if name not in Settings.model_fields]
    rows = ["| option | variable | field | default | what it is |", "|---|---|---|---|---|"]
    for name in (*own, *Settings.model_fields):
        field = ServerSettings.model_fields[name]
        link = about(field).more
        what = f"{field.description}{f' [More]({link})' if link else ''}"
        of = "" if name in own else f"`{name}`"
        cells = (f"`{flag_of(name, field)}`", f"`{variable_of(name, field)}`", of, shown_default(field), what)
        rows.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(rows) + "\n"


def written(page: str) -> str:
    """The page, with the table as it has to be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
