"""What the server passes to a run, beside the conversation: read here and nowhere else.

`config["configurable"]` may hold
- `client_tools`: OpenAI function tools that the front end executes itself;
- `client_context`: `{"description", "value"}` entries the application shares with the model;
- `model_settings`: OpenAI's parameters by their own names (`MODEL_SETTINGS`, `metadata`, `tool_choice`,
  `parallel_tool_calls`).
All may be absent. Entries of the wrong shape are left out: the server has checked them, and a run must not
die of them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

MODEL_SETTINGS = frozenset(
    (
        *("temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "response_format"),
        *("reasoning_effort", "user", "presence_penalty", "frequency_penalty", "logit_bias", "verbosity"),
    )
)


@dataclass(frozen=True)
class Request:
    """The settings of one run."""

    client_tools: tuple[dict[str, Any], ...] = ()
    client_context: tuple[dict[str, Any], ...] = ()
    model_settings: dict[str, Any] = field(default_factory=dict)  # for `model.bind`
    tool_choice: str | dict[str, Any] | None = None  # as OpenAI has it; None is "auto"
    parallel_tool_calls: bool | None = None

    @property
    def client_tool_names(self) -> frozenset[str]:
        """The names of the tools that the front end executes."""
        return frozenset(tool["function"]["name"] for tool in self.client_tools)

    @property
    def forced_tool(self) -> str | None:
        """The one tool that the client demands a call of."""
        match self.tool_choice:
            case {"function": {"name": str(name)}} | {"type": "function", "name": str(name)}:
                return name
            case _:
                return None

    @property
    def forced_client_tool(self) -> str | None:
        """The same, if the front end executes it."""
        return self.forced_tool if self.forced_tool in self.client_tool_names else None

    def context_text(self) -> str:
        """What the page shares, as text for the model; empty when it shares nothing."""
        return "\n".join(f"- {entry.get('description', '')}: {_plain(entry['value'])}" for entry in self.client_context)


def read_request(config: RunnableConfig) -> Request:
    """The settings of the run that `config` belongs to."""
    configurable: Mapping[str, Any] = config.get("configurable") or {}
    settings = configurable.get("model_settings")
    settings = settings if isinstance(settings, Mapping) else {}
    choice = settings.get("tool_choice")
    parallel = settings.get("parallel_tool_calls")
    return Request(
        client_tools=tuple(tool for tool in _list(configurable.get("client_tools")) if _is_tool(tool)),
        client_context=tuple(entry for entry in _list(configurable.get("client_context")) if "value" in entry),
        model_settings={name: value for name, value in settings.items() if name in MODEL_SETTINGS and value is not None}
        | _metadata(settings.get("metadata")),
        tool_choice=choice if isinstance(choice, str | dict) and choice != "auto" else None,
        parallel_tool_calls=parallel if isinstance(parallel, bool) else None,
    )


def _metadata(value: object) -> dict[str, Any]:
    """OpenAI's `metadata` by the way around LangChain, where a parameter of this name is the run's own."""
    return {"extra_body": {"metadata": value}} if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple):
        return []
    return [cast("dict[str, Any]", entry) for entry in value if isinstance(entry, dict)]


def _is_tool(tool: dict[str, Any]) -> bool:
    function = tool.get("function")
    return isinstance(function, dict) and isinstance(function.get("name"), str) and bool(function["name"])


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
