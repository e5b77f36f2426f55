"""Open WebUI's and LibreChat's requests, as they send them, with the headers that name chat and user and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.histories.talk import App, Message, Window, assistant, expected, message_of, opened, user

TITLE = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Chat History:
<chat_history>
USER: {first}
ASSISTANT: {answer}
</chat_history>"""


def open_webui(chat: str, person: str) -> dict[str, str]:
    """With ``ENABLE_FORWARD_USER_INFO_HEADERS``; names are percent-encoded."""
    return {
        "Authorization": "Bearer of-the-whole-team",
        "X-OpenWebUI-User-Name": "%D0%90%D0%BD%D0%BD%D0%B0",
        "X-OpenWebUI-User-Id": person,
        "X-OpenWebUI-User-Email": f"{person}@example.com",
        "X-OpenWebUI-User-Role": "user",
        "X-OpenWebUI-Chat-Id": chat,
    }


OPEN_WEBUI_BODY: dict[str, Any] = {"model": "talk", "stream": True, "stream_options": {"include_usage": True}}


def libre_chat(chat: str) -> dict[str, str]:
    """With ``headers: {X-Conversation-Id: "{{LIBRECHAT_BODY_CONVERSATIONID}}"}`` at the endpoint."""
    return {"Authorization": "Bearer of-the-whole-team", "X-Conversation-Id": chat}


def libre_chat_body(person: str) -> dict[str, Any]:
    """LibreChat sends its own id of the user, and the settings of its panel."""
    return {
        "model": "talk",
        "user": person,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 1,
        "top_p": 1,
        "presence_penalty": 0,
        "frequency_penalty": 0,
    }


async def title(window: Window) -> None:
    """Both ask for a title after the first answer, of the same chat; the request must not get into it."""
    asked = TITLE.format(first=window.history[0]["content"], answer=window.history[1]["content"])
    for _ in range(2):  # and for tags
        answer = await window.app.post(
            [user(asked)], window.headers, **{**window.body, "stream": False}, max_tokens=1000
        )
        assert answer.headers["x-thread-id"] not in window.threads


def windows(app: App, kind: str, *, named: bool) -> list[Window]:
    """Two people, and the same person's other chat; without headers all have the team's key alone."""
    people = [("c-1", "ann"), ("c-2", "bob"), ("c-3", "ann")]
    key = {"Authorization": "Bearer of-the-whole-team"}
    if kind == "open_webui":
        return [
            Window(app, open_webui(chat, person) if named else dict(key), dict(OPEN_WEBUI_BODY))
            for chat, person in people
        ]
    return [Window(app, libre_chat(chat) if named else dict(key), libre_chat_body(person)) for chat, person in people]


@pytest.mark.parametrize("kind", ["open_webui", "libre_chat"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_team_talks(app: App, kind: str, named: bool) -> None:
    team = windows(app, kind, named=named)
    for window in team:
        await window.say("hello")  # all begin alike
        await title(window)
    for turn in ("b", "c"):
        for number, window in enumerate(team):
            await window.say(f"{turn}{number}")
    for number, window in enumerate(team):
        mine = [f"b{number}", f"c{number}"]
        seen = ["hello", *mine] if named or (kind == "libre_chat" and number == 1) else mine
        assert window.history[-1]["content"] == expected(window.history[:-1], seen)
        assert len(set(window.threads[-2:])) == 1


@pytest.mark.parametrize("kind", ["open_webui", "libre_chat"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_team_edits_regenerates_and_approves(app: App, kind: str, named: bool) -> None:
    """Whose histories have been the same, and are without a name, are asked again before they approve."""
    team = windows(app, kind, named=named)
    for number, window in enumerate(team):
        await window.say("hello")
        await window.say(f"b{number}")
        first = window.history.pop()
        assert await window.say() == first["content"]  # regenerated
        window.history = [*window.history[:2], user(f"edited {number}")]
        assert (await window.say()).startswith(f"users=hello; edited {number} ")
    for window in team:
        window.history = []
        await window.say("quote 1")
    for window, words, outcome in zip(team, ("yes", "no", "yes"), ("granted", "refused", "granted"), strict=True):
        answered, times = await window.say(words), 0
        while "Grant quote 1?" in answered and times < len(team):  # as often as others have gone the same way
            answered, times = await window.say(words), times + 1
        assert not (named and times)
        assert answered.endswith(f"seen=quote 1; quote 1 {outcome}")
        assert answered.startswith("users=quote 1 ")


async def test_a_teams_shared_key(tmp_path: Path) -> None:
    """With the key marked as shared, a chat's name or the user's finds the thread, and a history alone does not."""
    for kind in ("open_webui", "libre_chat"):
        async with opened(str(tmp_path / f"{kind}.sqlite"), shared_keys=("of-the-whole-team",)) as app:
            for named in (True, False):
                for number, window in enumerate(windows(app, kind, named=named)):
                    texts = [f"{text} {number}{named}" for text in "ab"]
                    for text in texts:
                        await window.say(text)
                    seen = texts if named or kind == "libre_chat" else texts[1:]
                    assert window.history[-1]["content"] == expected(window.history[:-1], seen)


async def test_libre_chat_names_a_chat_when_it_has_begun(app: App) -> None:
    for nothing in ("new", "{{LIBRECHAT_BODY_CONVERSATIONID}}", "null"):
        window = Window(app, libre_chat(nothing), libre_chat_body(f"ann {nothing}"))
        await window.say("hello")
        window.headers = libre_chat(f"c {nothing}")
        await window.say("b")
        assert await window.say("c") == expected(window.history[:-1], ["hello", "b", "c"])


async def test_open_webui_rewrites_what_its_user_wrote(app: App) -> None:
    """With documents attached, the last message is sent with what was found in them, and later without it."""
    window = Window(app, open_webui("c-1", "ann"), dict(OPEN_WEBUI_BODY))
    for text in ("a", "b", "c"):
        found = {**user(f"### Task: answer <context>found</context> {text}")}
        sent: list[Message] = [
            {"role": "system", "content": f"It is 10:0{len(window.history)}."},
            *window.history,
            found,
        ]
        answer = await app.post(sent, window.headers, **window.body)
        window.history += [user(text), assistant(message_of(answer)["content"])]
        window.threads.append(answer.headers["x-thread-id"])
    assert window.history[-1]["content"].endswith(
        "> a; ### Task: answer <context>found</context> b; ### Task: answer <context>found</context> c"
    )
    assert len(set(window.threads)) == 1


async def test_an_edited_first_message_is_a_conversation_of_its_own_in_the_chat(app: App) -> None:
    window = Window(app, open_webui("c-1", "ann"))
    await window.say("a")
    await window.say("b")
    window.history = [user("edited")]
    assert await window.say() == expected(window.history[:-1], ["edited"])
    assert await window.say("c") == expected(window.history[:-1], ["edited", "c"])


async def test_other_headers_may_name_the_chat(tmp_path: Path) -> None:
    settings = {"chat_headers": ("X-Room",), "user_headers": ("X-Who",)}
    async with opened(str(tmp_path / "other.sqlite"), **settings) as other:
        one = Window(other, {"X-Room": "1", "X-Who": "ann"})
        two = Window(other, {"X-Room": "1", "X-Who": "bob"})
        for window in (one, two):
            await window.say("hello")
        for window in (one, two):
            assert await window.say("b") == expected(window.history[:-1], ["hello", "b"])
        ignored = Window(other, open_webui("c-1", "ann"))
        await ignored.say("hello")
        assert len({one.threads[0], two.threads[0], ignored.threads[0], "c-1"}) == 4
