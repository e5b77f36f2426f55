"""An agent of a running server, over AG-UI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from ag_ui.core import PROTOCOL_VERSION

from bridge.commands.chatting.talk import Held, Refused, new_id, user_message
from bridge.events.event import Event
from bridge.json import JSONDecodeError, loads
from bridge.web.gate import is_loopback
from bridge.web.sse import SSEDecoder

_CONNECT = 10.0  # seconds; an answer may take as long as it takes


class Remote:
    """See `bridge.commands.chatting.talk.Talk`. ``agent``: ``None`` for the server's first."""

    def __init__(self, url: str, agent: str | None, thread_id: str, key: str | None = None) -> None:
        self.agent = agent or ""
        self.thread_id = thread_id
        self._url = url.rstrip("/")
        self._run_id = ""
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=_CONNECT),
            headers={"Authorization": f"Bearer {key}"} if key else {},
            trust_env=not is_loopback(urlsplit(url).hostname or ""),  # no proxy leads to this machine
        )

    async def open(self) -> Held:
        """Find the agent, and read the thread."""
        agents = await self._asked("GET", "/agui")
        listed = agents.get("agents") if isinstance(agents, dict) else None
        if not isinstance(listed, list) or not listed:
            raise Refused(f"What answers at {self._url} is no bridge.")
        names = [str(one.get("name")) for one in listed]
        self.agent = self.agent or names[0]
        if self.agent not in names:
            raise Refused(f"No agent '{self.agent}' is served at {self._url}; there are: {', '.join(names)}.")
        path = f"/api/copilotkit/agent/{quote(self.agent, safe='')}/connect"
        held = Held()
        async for event in self._events(path, self._body(None, [])):
            if event["type"] == "MESSAGES_SNAPSHOT":
                held = Held(event["messages"])
            elif event["type"] == "RUN_FINISHED":
                outcome = event.get("outcome") or {}
                held = Held(held.messages, list(outcome.get("interrupts") or ()))
        return held

    async def run(self, text: str | None, resume: list[dict[str, Any]]) -> AsyncIterator[Event]:
        """Run the agent on the server."""
        async for event in self._events(f"/agui/{quote(self.agent, safe='')}", self._body(text, resume)):
            yield event

    def _body(self, text: str | None, resume: list[dict[str, Any]]) -> dict[str, Any]:
        self._run_id = new_id()
        body = {
            "threadId": self.thread_id,
            "runId": self._run_id,
            "protocolVersion": PROTOCOL_VERSION,
            "state": {},
            "messages": user_message(text),
            "tools": [],
            "context": [],
            "forwardedProps": {},
        }
        return body | ({"resume": resume} if resume else {})

    async def stop(self) -> None:
        """Ask the server to stop the run."""
        await self._asked("POST", f"/runs/{self._run_id}/stop?agent={quote(self.agent, safe='')}")

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def _asked(self, method: str, path: str) -> Any:
        try:
            answer = await self._client.request(method, self._url + path, timeout=_CONNECT)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused(self._unreached(error)) from error
        if answer.status_code != 200:
            raise Refused(_why(answer.status_code, answer.content))
        try:
            return loads(answer.content)
        except JSONDecodeError:
            raise Refused(f"What answers at {self._url} is no bridge.") from None

    async def _events(self, path: str, body: dict[str, Any]) -> AsyncIterator[Event]:
        decoder = SSEDecoder()
        headers = {"Accept": "text/event-stream"}
        try:
            async with self._client.stream("POST", self._url + path, json=body, headers=headers) as answer:
                if answer.status_code != 200:
                    raise Refused(_why(answer.status_code, await answer.aread()))
                async for piece in answer.aiter_bytes():
                    for frame in decoder.feed(piece):
                        yield loads(frame.data)
        except httpx.RemoteProtocolError:
            return  # it broke off: what reads the events sees that there is no end
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused(self._unreached(error)) from error

    def _unreached(self, error: Exception) -> str:
        why = str(error) or type(error).__name__
        return f"Nothing answers at {self._url} ({why})."


def _why(status: int, body: bytes) -> str:
    """An error's own sentence."""
    try:
        message = loads(body)["error"]["message"]
    except (JSONDecodeError, LookupError, TypeError):
        message = body.decode("utf-8", "replace").strip()[:200]
    return f"{message} (HTTP {status})" if message else f"HTTP {status}"
