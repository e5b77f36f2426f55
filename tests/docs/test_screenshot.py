"""The READMEs' pictures are small, and can be made again from what is here."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.browser.browser import start_browser
from tests.docs.screenshot import PICTURES, SIZE, Picture, shown, take
from tests.docs.test_links import links_of
from tests.server import ROOT, Server

MOST = 200_000  # bytes


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height. https://www.w3.org/TR/png-3/#11IHDR"""
    content = picture.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return width, height


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.path)
def test_a_picture_is_small_and_shown(picture: Picture) -> None:
    assert (ROOT / picture.path).stat().st_size < MOST
    assert size_of(ROOT / picture.path) == SIZE
    assert picture.path in links_of(ROOT / picture.readme)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.path)
def test_a_picture_can_be_made_again(picture: Picture, documented: Server, tmp_path: Path) -> None:
    made = tmp_path / "made.png"
    with shown(picture, documented.url) as url, start_browser(tmp_path / "profile") as browser:
        take(picture, browser, url, made)
    assert made.stat().st_size < MOST
    assert size_of(made) == SIZE
