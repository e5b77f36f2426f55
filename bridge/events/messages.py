"""AG-UI messages, as their JSON objects: ids, content parts, and what older clients are given. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]
"""One AG-UI message, as its JSON object."""


Content: TypeAlias = str | list[Any]


_MEDIA = ("image", "audio", "video")


def reasoning_id(message_id: str) -> str:
    """The id of an assistant message's reasoning. There is one, however often the model stopped to think."""
    return f"{message_id}:reasoning"


def plain_content(content: Content) -> str:
    """A tool's answer for clients before AG-UI 1.0, which take text only: other parts are named by their kind."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", f"[{part['type']}]") for part in content)


def parts_of(content: Any) -> Content:
    """A message's content as AG-UI has it: a string, or parts (text, image, audio, video, document)."""
    if isinstance(content, str):
        return content
    return [part for block in content if (part := part_of(block)) is not None]


def part_of(block: Any) -> dict[str, Any] | None:
    """One content block as an AG-UI part; ``None`` for what is no part of a message (reasoning, tool use)."""
    if isinstance(block, str):
        return {"type": "text", "text": block}
    kind = str(block.get("type"))
    if kind in ("text", "output_text", "input_text"):
        return {"type": "text", "text": str(block.get("text") or "")}
    if kind == "image_url":
        url = block.get("image_url")
        fields: Mapping[str, Any] = url if isinstance(url, Mapping) else {"url": url}
        return _with_metadata(
            {"type": "image", "source": _url_source(str(fields.get("url")))}, _picked(fields, "detail")
        )
    if kind == "input_audio" and isinstance(block.get("input_audio"), Mapping):
        audio = block["input_audio"]
        source = {
            "type": "data",
            "value": audio.get("data", ""),
            "mimeType": f"audio/{audio.get('format', 'wav')}",
        }
        return {"type": "audio", "source": source}
    if kind in (*_MEDIA, "file"):
        found = _source_of(block)
        part = {"type": "document" if kind == "file" else kind, "source": found}
        return None if found is None else _with_metadata(part, _metadata_of(block))
    return None  # reasoning, tool use and the like have events of their own


def _with_metadata(part: dict[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    return part | {"metadata": dict(metadata)} if metadata else part


def _metadata_of(block: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of an attachment beside its bytes: a file's name, and whatever else the client sent with it."""
    metadata: dict[str, Any] = {}
    for name in ("metadata", "extras"):  # LangChain's places for it, before and since its 1.0
        held = block.get(name)
        metadata |= held if isinstance(held, Mapping) else {}
    nested = block.get("file")  # OpenAI's own spelling of a file
    return metadata | _picked(block, "filename") | (_picked(nested, "filename") if isinstance(nested, Mapping) else {})


def _picked(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: fields[name]} if isinstance(fields.get(name), str) and fields[name] else {}


def url_of(source: Mapping[str, Any]) -> str:
    """A data or URL source as one URL."""
    return f"data:{source['mimeType']};base64,{source['value']}" if source["type"] == "data" else str(source["value"])


def _source_of(block: Mapping[str, Any]) -> dict[str, Any] | None:
    nested = block.get("file") if isinstance(block.get("file"), Mapping) else None
    if nested is not None:  # OpenAI's own spelling of a file
        data = nested.get("file_data")
        return _url_source(str(data)) if data else {"type": "file", "value": str(nested.get("file_id") or "")}
    mime = block.get("mime_type")
    if block.get("base64") or block.get("data"):
        value = str(block.get("base64") or block.get("data"))
        return {"type": "data", "value": value, "mimeType": str(mime or "application/octet-stream")}
    if block.get("url"):
        return _url_source(str(block["url"]), mime)
    if block.get("file_id") or block.get("id"):
        return {"type": "file", "value": str(block.get("file_id") or block.get("id"))}
    return None


def _url_source(url: str, mime: Any = None) -> dict[str, Any]:
    """An AG-UI source for a URL; a ``data:`` URL is taken apart."""
    if url.startswith("data:"):
        head, _, value = url[5:].partition(",")
        return {"type": "data", "value": value, "mimeType": head.partition(";")[0] or "text/plain"}
    source = {"type": "url", "value": url}
    if mime:
        source["mimeType"] = str(mime)
    return source


_BEGINNING = 2_000  # characters that are looked at for a title: a text may have millions


def first_words(messages: list[dict[str, Any]], limit: int = 80) -> str | None:
    """A title for a thread: the first line of its first user message, cut at a word."""
    for message in messages:
        if message.get("role") != "user":
            continue
        content = message.get("content")
        if isinstance(content, list):
            texts = (part.get("text", "") for part in content if part.get("type") == "text")
            content = " ".join(text[:_BEGINNING] for text in islice(texts, _BEGINNING))
        line = " ".join(str(content or "").lstrip()[:_BEGINNING].replace("\0", "").split())  # PostgreSQL has no NUL
        if line:
            return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0] + "…"
    return None
