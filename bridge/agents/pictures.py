"""Pictures of graphs: Mermaid's text of a structure, and what Mermaid draws of it. Nothing leaves the machine."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from typing import Literal

from bridge.agents.structure import Edge, Level, Node, Structure

_SCALE = 2.0  # pixels for each unit of the drawing: sharp where a screen has twice the pixels


class NoPicture(Exception):
    """There is no picture; the message says why, to a person."""


def mermaid_of(structure: Structure) -> str:
    """A structure as Mermaid's flowchart: subgraphs opened, conditional edges dotted. Names are never code in it."""
    return "\n".join(["flowchart TD", *_level(structure["root"], "    ", itertools.count(1))]) + "\n"


def rendered(mermaid: str, kind: Literal["svg", "png"]) -> bytes:
    """What Mermaid draws, by the package mermaidx (the extra ``draw``). Takes a while. Raises `NoPicture`."""
    try:
        mermaidx = importlib.import_module("mermaidx")
    except ImportError:
        raise NoPicture(
            "SVG and PNG are drawn by the package mermaidx, which is not installed: pip install mermaidx."
        ) from None
    try:
        drawing = mermaidx.render(mermaid, config={"handDrawnSeed": 1})  # one graph, one picture
        picture: bytes = drawing.svg().encode() if kind == "svg" else drawing.png(scale=_SCALE, background="#ffffff")
    except Exception as error:  # whatever Mermaid makes of a graph
        why = str(error).partition("\n")[0]
        raise NoPicture(f"Mermaid cannot draw this graph: {why}") from error
    return picture


def _level(level: Level, indent: str, numbers: Iterator[int]) -> Iterator[str]:
    ids: dict[str, str] = {}
    for node in level["nodes"]:
        ids[node["id"]] = identity = f"n{next(numbers)}"
        inner = node["graph"]
        if inner is None or not inner["nodes"]:
            yield f"{indent}{identity}{_shape(node)}"
        else:
            yield f"{indent}subgraph {identity}[{_quoted(node['id'])}]"
            yield from _level(inner, indent + "    ", numbers)
            yield f"{indent}end"
    for edge in level["edges"]:
        yield f"{indent}{ids[edge['source']]} {_arrow(edge)} {ids[edge['target']]}"


def _shape(node: Node) -> str:
    match node["kind"]:
        case "start" | "end":
            return f"([{_quoted(node['id'].strip('_'))}])"
        case "anywhere":
            return '(("?"))'
        case _:
            return f"[{_quoted(node['id'])}]"


def _arrow(edge: Edge) -> str:
    label = "" if edge["label"] is None else f"|{_quoted(edge['label'])}|"
    return f"{'-.->' if edge['conditional'] else '-->'}{label}"


def _quoted(text: str) -> str:
    """A text as Mermaid quotes it: what is not a letter, a digit or a plain mark goes as its number."""
    return '"' + "".join(each if each.isalnum() or each in " _-.,:" else f"#{ord(each)};" for each in text) + '"'
