"""The documentation's links lead somewhere, and none of its files is an orphan."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.docs.blocks import ABOUT, pages
from tests.server import ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")


def links_of(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return [one or other for one, other in LINK.findall(text)]


def anchors_of(page: Path) -> set[str]:
    """Anchors as GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        assert target.is_relative_to(ROOT), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors_of(target), f"{page.name}: {link}"


def test_every_page_can_be_found_from_the_readme() -> None:
    russian = set((ROOT / "docs" / "ru").glob("*.md"))
    assert russian
    for readme in ROOT.glob("README*.md"):
        linked = {(ROOT / link.partition("#")[0]).resolve() for link in links_of(readme)}
        needed = {page for page in pages() if page.parent != ROOT or page.name in ABOUT}
        wanted = needed if ".ru" in readme.name else needed - russian
        missing = [page.name for page in wanted if page.resolve() not in linked]
        assert not missing, f"{readme.name} does not lead to {missing}"


def test_the_picture_is_well_formed() -> None:
    assert ElementTree.parse(ROOT / "docs" / "bridge.svg").getroot().tag.endswith("svg")
