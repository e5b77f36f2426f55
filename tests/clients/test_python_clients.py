"""Python clients that do not go beside the bridge's own packages, in front of a real server (`make clients`).

What came of it is a table of docs/compatibility.md: ``python -m tests.clients.table`` writes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.clients.python.holding import CLIENTS
from tests.clients.table import PAGE, rows_of, table_of, tried
from tests.server import Server, serve

AGENT = "teller=tests.clients.python.counted:graph"
WORDS = "раз два три"
WITHOUT_TEXT = {"instructor"}
"""It gives objects, made of the call that the model is forced to make."""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("clients"), AGENT) as running:
        yield running


@pytest.mark.clients
@pytest.mark.timeout(300)
@pytest.mark.parametrize("client", CLIENTS)
def test_it_holds_its_conversations(counted: Server, client: str) -> None:
    found = tried(client, f"{counted.url}/v1", uuid.uuid4().hex).found
    if client in WITHOUT_TEXT:
        assert found["tool"] == [["красный"], ""]
        assert found["stream"][-1] == "красный"
    else:
        assert found["text"].strip() == WORDS
        assert "".join(found["stream"]).strip() == WORDS
        assert len(found["stream"]) >= 3
        assert found["history"] == "3: дальше"
    if client != "smolagents":
        assert found["tool"][0] == ["красный"]
    assert found["failure"]


def test_the_page_has_every_client() -> None:
    """The versions too: a client that was taken newer, and not tried, has a row that says so."""
    assert {row.client for row in rows_of(PAGE.read_text("utf-8"))} == set(CLIENTS)
    assert table_of(rows_of(PAGE.read_text("utf-8"))) in PAGE.read_text("utf-8")
