"""The AI SDK's UI message stream: what `useChat`, AI Elements and assistant-ui speak. See `to_parts`."""

from bridge.ai_sdk.to_parts import AguiToUiParts

__all__ = ["AguiToUiParts"]
