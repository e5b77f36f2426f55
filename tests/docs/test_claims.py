"""Each code block of each page is run, or read by the program that it is for. A new block that no test takes fails."""

from __future__ import annotations

from pathlib import Path

from tests.docs import test_configuration, test_container, test_examples, test_operations, test_outputs, test_tsx
from tests.docs.blocks import Block, all_blocks, blocks_of
from tests.server import ROOT

TAKEN = [
    *test_examples.ALONE,
    *test_examples.SERVING,
    *test_examples.QUOTED,
    *test_tsx.PAGES,
    *test_operations.READ,
    *test_container.BLOCKS,
    *test_outputs.PRINTED,
    *test_configuration.KEY_FILES,
    # tests/servers compares them with the commands that it starts
    *(block for block in all_blocks() if block.mark == "server"),
]


def is_used(file: Block) -> bool:
    """Whether another block of the page's reader names the file's module; `bridge serve` reads ``langgraph.json``."""
    module = Path(file.said).stem
    folder = list(file.page.parent.glob("*.md")) if file.page.parent.name == "ru" else [file.page]
    others = [block for page in folder for block in blocks_of(page) if block.text != file.text]
    if file.said == "langgraph.json":
        return any(block.mark == "serves" and "bridge serve" in block.text for block in others)
    return any(
        name in block.text for block in others for name in (f"{module}:", f"{file.said}:", f"from {module} import")
    )


def left_out(blocks: list[Block]) -> list[str]:
    taken = {(block.language, block.text, block.mark) for block in TAKEN}
    return [
        block.name
        for block in blocks
        if not ((block.language, block.text, block.mark) in taken or (block.mark == "file" and is_used(block)))
    ]


def test_every_block_is_taken_by_a_test() -> None:
    blocks = all_blocks()
    assert len(blocks) > 60
    assert left_out(blocks) == []


def test_a_new_block_that_no_test_takes_is_found() -> None:
    page = ROOT / "README.md"
    new = [
        Block(page, 1, "toml", 'name = "new"\n'),
        Block(page, 2, "tsx", "<New />;\n"),
        Block(page, 3, "", "make run\n"),
        Block(page, 4, "sh", "true\n", "file", "unused.py"),
        Block(page, 5, "sh", "true\n", "not run", "because"),
    ]
    assert left_out(new) == [block.name for block in new]
