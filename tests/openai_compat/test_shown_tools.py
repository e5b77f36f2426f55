"""The server's tools as text: what is shown, and that nothing of it comes back."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any

import pytest

from bridge.openai_compat import AguiToChunks, ChunksToAgui, fold
from bridge.openai_compat.requests import parse_chat
from bridge.openai_compat.shown_tools import without_shown_tools
from tests.openai_compat.test_chunks import FINISHED, STARTED, Event, arguments, call, end, say, start

RESULT = {"type": "TOOL_CALL_RESULT", "messageId": "x", "toolCallId": "a", "content": 'Сделка «Б» > 5 & "срочно"'}
EVENTS: list[Event] = [
    STARTED,
    start("m"),
    say("m", "Смотрю."),
    end("m"),
    call("a", "find_deals"),
    arguments("a", '{"q": '),
    arguments("a", r'"<\u0431>"}'),
    {"type": "TOOL_CALL_END", "toolCallId": "a"},
    RESULT,
    start("n"),
    say("n", "Вот она."),
    end("n"),
    FINISHED,
]
PLAIN = "Смотрю.\n\nВот она."


def translator(**options: Any) -> AguiToChunks:
    return AguiToChunks(id="chatcmpl-1", model="m", created=0, **options)


def deltas(events: list[Event], **options: Any) -> list[dict[str, Any]]:
    made = translator(**options)
    return [made.feed(event)["choices"][0]["delta"] for event in events]


def content(events: list[Event], **options: Any) -> str:
    return "".join(delta.get("content", "") for delta in deltas(events, **options))


def attributes(block: str) -> dict[str, str]:
    """The attributes as Open WebUI reads them."""
    return {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', block)}


def test_it_is_off_by_default() -> None:
    assert content(EVENTS) == PLAIN
    assert deltas(EVENTS)[8] == {}


def test_a_block_says_what_was_called_and_what_came_of_it() -> None:
    shown = content(EVENTS, show="details")
    [block] = re.findall("<details.*?</details>", shown, re.DOTALL)
    assert block.startswith('<details type="tool_calls" done="true" ')
    assert block.endswith(">\n<summary>Tool Executed</summary>\n</details>")
    told = attributes(block)
    assert (told["id"], told["name"]) == ("a", "find_deals")
    assert json.loads(told["arguments"]) == {"q": "<б>"}
    assert json.loads(told["result"]).strip("\u2063\u2064") == RESULT["content"]
    assert shown.replace(block, "…") == "Смотрю.\n\n…\n\nВот она."


def test_there_is_one_chunk_an_event_and_it_is_the_result_s() -> None:
    made = deltas(EVENTS, show="details")
    assert len(made) == len(EVENTS)
    assert "<details" in made[8]["content"]
    assert [delta for delta in made if "tool_calls" in delta] == []


def test_reasoning_is_the_form_for_all_others() -> None:
    made = deltas(EVENTS, show="reasoning")
    assert made[8] == {"reasoning_content": 'find_deals {"q":"<б>"}\n→ Сделка «Б» > 5 & "срочно"'}
    assert "".join(delta.get("content", "") for delta in made) == PLAIN


def test_a_client_s_tool_is_not_shown() -> None:
    made = deltas(EVENTS, show="details", client_tools=["find_deals"])
    assert made[8] == {}
    assert made[4]["tool_calls"][0]["function"]["name"] == "find_deals"


def test_a_whole_answer_has_it_in_its_place() -> None:
    """A snapshot decides which messages count; what is shown is in none."""
    stored = [{"id": "m", "role": "assistant", "content": "Смотрю."}, {"id": "n", "role": "assistant", "content": "!"}]
    events = [*EVENTS[:-1], {"type": "MESSAGES_SNAPSHOT", "messages": stored}, FINISHED]
    made = translator(show="details", whole=True)
    text = fold(made.feed(event) for event in events)["choices"][0]["message"]["content"]
    assert re.sub("<details.*?</details>", "…", text, flags=re.DOTALL) == "Смотрю.\n\n…\n\n!"


@pytest.mark.parametrize("whole", [False, True])
def test_a_result_of_the_run_is_still_the_answer(whole: bool) -> None:
    """A block is no text of the agent's: a graph that says nothing else answers with its result."""
    events = [STARTED, *EVENTS[4:9], {**FINISHED, "result": "Итого: 5"}]
    made = translator(show="details", whole=whole)
    text = fold(made.feed(event) for event in events)["choices"][0]["message"]["content"]
    assert text.endswith("</details>\n\nИтого: 5")


def test_parallel_branches_are_not_cut_by_it() -> None:
    """A result that comes while a message is being sent waits for the message's end."""
    events = [STARTED, call("a", "find_deals"), start("m"), say("m", "Раз, "), RESULT, say("m", "два."), end("m")]
    text = content([*events, FINISHED], show="details")
    assert text.startswith("Раз, два.\n\n<details")


def test_a_long_result_is_cut() -> None:
    block = content([STARTED, call("a"), {**RESULT, "content": "ж" * 100_000}, FINISHED], show="details")
    assert len(block) < 20_000
    assert json.loads(attributes(block)["result"]).strip("\u2063\u2064") == "ж" * 16_384 + "…"


def test_the_extension_still_has_every_event() -> None:
    made, back = translator(show="details", extension=True), ChunksToAgui()
    assert [event for each in EVENTS for event in back.feed(made.feed(each))] == EVENTS


SHOWN = content(EVENTS, show="details")
BLOCK = re.findall("<details.*?</details>", SHOWN, re.DOTALL)[0]
WRITTEN = dict(re.findall(r'(\w+)="([^"]*)"', BLOCK))["result"]
"""The attribute as it is written."""

RETURNED = {
    "as it was": SHOWN,
    "with its white space changed": SHOWN.replace("\n\n<details", "\n<details").replace(
        "</details>\n\n", "</details> "
    ),
    "by an older Open WebUI: the attribute in quotes": SHOWN.replace(BLOCK, f'"{WRITTEN}"'),
    "by a newer one: the value": SHOWN.replace(BLOCK, html.unescape(WRITTEN)),
    "by one that reads the JSON": SHOWN.replace(BLOCK, json.loads(html.unescape(WRITTEN))),
}


@pytest.mark.parametrize("returned", RETURNED.values(), ids=RETURNED)
def test_nothing_of_it_comes_back(returned: str) -> None:
    assert returned != PLAIN
    assert without_shown_tools(returned) == PLAIN
    sent = [{"role": "assistant", "content": returned}, {"role": "user", "content": returned}]
    read = parse_chat({"messages": sent}, lambda: "id").messages
    assert read[0]["content"] == PLAIN
    assert read[1]["content"] == returned  # a person may quote what they like


def test_what_only_looks_like_it_stays() -> None:
    for text in (
        '<details type="tool_calls" done="true" result="&quot;чужое&quot;">\n</details>',
        "обычный \u2063 текст \u2064\u2063",
        "незакрытое \u2063\u2064 начало",
        "",
    ):
        assert without_shown_tools(text) == text


def test_two_blocks_and_text_at_both_ends() -> None:
    again = BLOCK.replace('id="a"', 'id="b"')
    assert without_shown_tools(f"А\n\n{BLOCK}\n\n{again}\n\nБ") == "А\n\nБ"
    assert without_shown_tools(f"{BLOCK}\n\n{again}") == ""
    parts = [{"type": "text", "text": f"{BLOCK}\n\nБ"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert without_shown_tools(parts)[0] == {"type": "text", "text": "Б"}


@pytest.mark.parametrize(
    "hostile",
    [
        '<details type="tool_calls" ' * 40_000 + "\u2063\u2064",
        "\u2063\u2064" * 400_000,
        "\u2063\u2064\u2064\u2063" * 200_000,
        " " * 1_000_000 + "\u2063\u2064\u2064\u2063" + " " * 1_000_000,
        '<details type="tool_calls" \u2063\u2064\u2064\u2063' * 30_000,
        "&quot;" * 200_000 + "\u2063\u2064\u2064\u2063" + '"' * 200_000,
    ],
)
def test_hostile_text_takes_time_in_proportion(hostile: str) -> None:
    """Ten times the text, some ten times as long: with a regular expression it was a hundred times."""

    def cost(text: str) -> float:
        begun = time.process_time()
        without_shown_tools(text)
        return time.process_time() - begun

    small = hostile[: len(hostile) // 10] + "\u2063\u2064\u2064\u2063"
    assert cost(hostile) < 40 * max(cost(small), 0.002)
