"""What is public, pinned: a name that comes or goes is a decision, not an accident."""

from __future__ import annotations

import inspect

import bridge
import bridge.agui
import bridge.openai_compat
import bridge.openai_compat.responses

SURFACE = {
    bridge: [
        "AguiToChunks",
        "BridgeError",
        "ChunksToAgui",
        "ContextRequest",
        "LangGraphToAgui",
        "Principal",
        "Settings",
        "Verifier",
        "create_app",
        "fold",
    ],
    bridge.agui: ["STREAM_MODES", "IllegalEvent", "LangGraphToAgui", "OpenEntities", "SSEEncoder", "Verifier"],
    bridge.openai_compat: ["AguiToChunks", "ChunksToAgui", "fold"],
    bridge.openai_compat.responses: ["AguiToResponseEvents", "fold"],
}


def test_exports() -> None:
    for module, names in SURFACE.items():
        assert module.__all__ == names, module.__name__
        assert all(hasattr(module, name) for name in names)


def test_translators_are_held_the_same_way() -> None:
    responses = bridge.openai_compat.responses.AguiToResponseEvents
    for kind in (bridge.LangGraphToAgui, bridge.Verifier, bridge.AguiToChunks, bridge.ChunksToAgui, responses):
        assert all(callable(getattr(kind, verb)) for verb in ("feed", "finish", "fail"))
    forth = inspect.signature(bridge.AguiToChunks).parameters
    assert list(forth)[:5] == ["id", "model", "created", "client_tools", "extension"]
    assert forth["extension"].default is False
