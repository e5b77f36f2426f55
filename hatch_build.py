"""Hatchling's hook: a wheel has the studio's page built in it, where there is a Node to build it with."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StudioHook(BuildHookInterface[Any]):
    """Builds `studio/` into the package. An editable install is left to ``make`` and ``bridge dev``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, or say why not."""
        del build_data
        builder = Path(self.root, "bridge", "studio", "page", "build.py")
        if version == "editable" or not builder.is_file():
            return
        made = runpy.run_path(str(builder))
        try:
            made["build"](Path(self.root))
        except made["NotBuilt"] as why:
            self.app.display_warning(f"{why} Everything else works without it.")
