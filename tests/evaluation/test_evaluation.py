"""All requests of the evaluation hold with the demo model; and it can tell a model that does worse."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphs import model as model_module
from tests.evaluation.__main__ import table
from tests.evaluation.dialogues import GROUPS
from tests.evaluation.judge import Came, judge
from tests.evaluation.run import evaluate, fixed_clock, seeded
from tests.evaluation.script import Dialogue, call, en, ru, say
from tests.graphs.openai_server import OpenAIServer, serve

SETTINGS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL")
ALL = [
    pytest.param(dialogue, id=f"{group}-{number}-{dialogue.steps[0].text[:40]}")
    for group, dialogues in GROUPS.items()
    for number, dialogue in enumerate(dialogues)
]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _wednesday(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AGENT_DATABASE_URL", os.environ.get("AGENT_DATABASE_URL", ""))  # put back afterwards
    monkeypatch.setenv("DEMO_MODEL_DELAY", "0")
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    with fixed_clock():
        yield


@pytest.fixture(scope="session")
async def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with fixed_clock():
        return await seeded(tmp_path_factory.mktemp("evaluation"))


def test_there_are_enough_requests_in_both_languages() -> None:
    steps = {"ru": 0, "en": 0}
    for dialogues in GROUPS.values():
        for dialogue in dialogues:
            steps[dialogue.language] += len(dialogue.steps)
    assert sum(steps.values()) >= 150
    assert min(steps.values()) >= 50
    assert 3 * sum(len(dialogue.steps) for dialogue in GROUPS["fresh"]) >= 150


@pytest.mark.parametrize("dialogue", ALL)
async def test_the_demo_model_does_what_was_meant(dialogue: Dialogue, seed: Path, tmp_path: Path) -> None:
    outcomes = await evaluate(dialogue, seed, tmp_path / "crm.sqlite", strict=True)
    wrong = [(outcome.step.text, outcome.wrong) for outcome in outcomes if outcome.wrong]
    assert not wrong


async def test_a_real_model_is_judged_by_the_same_requests(
    seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue = ru(
        say("Найди лидов в Казани", call("find_leads", city="Казань"), facts=("24",)),
        say(
            "Переведи сделку 203 в переговоры",
            call("move_deal", deal_id=203, stage="negotiation"),
            rows={"deal_moves": 1},
        ),
        say("Найди лидов", call("find_leads")),
    )
    script = OpenAIServer(
        ("find_leads", {"city": "Kazan"}), "Нашёл 24 лида.",
        ("move_deal", {"deal_id": 203, "stage": "lost"}), "Перевёл.",
        400,
    )  # fmt: skip
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    async with serve(script) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        outcomes = await evaluate(dialogue, seed, tmp_path / "crm.sqlite", strict=False)
    model_module._openai.cache_clear()
    assert [sorted(outcome.wrong) for outcome in outcomes] == [[], ["arguments"], ["calls"]]
    printed = table({"leads": outcomes})
    assert "✗ Переведи сделку 203 в переговоры" in printed
    assert "stage is 'lost', expected 'negotiation'" in printed
    assert "400" in printed
    assert printed.splitlines()[-1].split()[:3] == ["all", "3", "1"]


QUOTE = say(
    "Make a quote",
    call("make_quote", customer="Мед-Вектор", items={"CRM-B": 10}),
    rows={"quotes": 1},
    last={"quotes": {"total": 230_580}},
    facts=("230 580|230,580",),
)
GOOD = Came(
    calls=[("make_quote", {"customer": "ООО «Мед-Вектор»", "items": [{"product": "CRM Business", "quantity": 10}]})],
    text="Ready for ООО «Мед-Вектор»: 230\u00a0580 ₽",
    rows={"quotes": 1, "leads": 0},
    last={"quotes": {"total": 230_580}},
)
WORSE: list[tuple[str, Came]] = [
    ("calls", Came([], GOOD.text, rows=GOOD.rows, last=GOOD.last)),
    (
        "arguments",
        Came(
            [("make_quote", {**GOOD.calls[0][1], "items": [{"product": "CRM-B", "quantity": 1}]})],
            GOOD.text,
            rows=GOOD.rows,
            last=GOOD.last,
        ),
    ),
    (
        "arguments",
        Came([("make_quote", {**GOOD.calls[0][1], "discount_percent": 5})], GOOD.text, rows=GOOD.rows, last=GOOD.last),
    ),
    ("rows", Came(GOOD.calls, GOOD.text, rows={"quotes": 2}, last=GOOD.last)),
    ("rows", Came(GOOD.calls, GOOD.text, rows=GOOD.rows, last={"quotes": {"total": 1}})),
    ("rows", Came(GOOD.calls, GOOD.text, rows=GOOD.rows, last=GOOD.last, interrupted=True)),
    ("facts", Came(GOOD.calls, "Ready", rows=GOOD.rows, last=GOOD.last)),
    ("language", Came(GOOD.calls, GOOD.text + " готово", rows=GOOD.rows, last=GOOD.last)),
]


def test_the_judge_lets_a_good_answer_pass() -> None:
    assert judge(QUOTE, GOOD, "en", ["ООО «Мед-Вектор»"], strict=True) == {}


@pytest.mark.parametrize(("kind", "came"), WORSE)
def test_the_judge_sees_what_is_wrong(kind: str, came: Came) -> None:
    assert list(judge(QUOTE, came, "en", ["ООО «Мед-Вектор»"], strict=True)) == [kind]


def test_a_real_model_may_read_more_than_it_must() -> None:
    looked = Came([("find_leads", {}), *GOOD.calls], GOOD.text, rows=GOOD.rows, last=GOOD.last)
    assert judge(QUOTE, looked, "en", ["ООО «Мед-Вектор»"], strict=False) == {}
    assert "calls" in judge(QUOTE, looked, "en", ["ООО «Мед-Вектор»"], strict=True)


def test_a_question_is_expected_where_nothing_may_be_done() -> None:
    asked = en(say("quote", asks=True)).steps[0]
    assert judge(asked, Came(text="Which one?"), "en", [], strict=True) == {}
    assert "facts" in judge(asked, Came(text="Done."), "en", [], strict=True)
