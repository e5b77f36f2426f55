"""Answers in words over random schemas: what is read fits the schema, and says nothing that was not written."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bridge.openai_compat.reading import parse_answer
from bridge.openai_compat.words import decide, plain

WORDS = ("да", "нет", "не", "согласен", "approve", "ok", "no", "но", "если", "до", "at", "but", "отмена", "cancel")
NOISE = ("скидка", "Acme Inc.", "Yes!", "проблем", "позже", "июня", "maybe", "approved: yes", "size: M", "{}", "[1]")
NUMBERS = ("12", "12 %", "1,000", "1.000,50", "-5", "999", "12,5", "1 250 000 ₽", "0,125", "5.")
MARKS = (" ", ", ", ". ", "! ", " — ", ": ", "\n", "; ", "? ", "")

plain_schemas = st.one_of(
    st.just({"type": "boolean"}),
    st.builds(lambda low, span: {"type": "number", "minimum": low, "maximum": low + span}, *[st.integers(-20, 20)] * 2),
    st.builds(lambda most: {"type": "integer", "maximum": most}, st.integers(-5, 2000)),
    st.builds(lambda least: {"type": "string", "minLength": least}, st.integers(0, 5)),
    st.builds(
        lambda options: {"enum": options},
        st.lists(
            st.sampled_from(["Acme Inc.", "Yes!", "S", "да", "нет", 12, 5, True, None]), min_size=1, unique_by=repr
        ),
    ),
)
fields = st.one_of(plain_schemas, plain_schemas.map(lambda schema: {"anyOf": [schema, {"type": "null"}]}))
names = st.sampled_from(["approved", "discount", "comment", "size", "reason"])


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    properties = draw(st.dictionaries(names, fields, min_size=1, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True))
    return {"type": "object", "properties": properties, "required": required}


schemas = st.one_of(plain_schemas, objects(), st.builds(lambda many: {"anyOf": many}, st.lists(fields, min_size=1)))
texts = st.lists(st.tuples(st.sampled_from((*WORDS, *NOISE, *NUMBERS)), st.sampled_from(MARKS)), max_size=6).map(
    lambda parts: "".join(f"{word}{mark}" for word, mark in parts)
) | st.text(max_size=30)


def leaves(value: Any) -> list[Any]:
    """The values inside a value."""
    if isinstance(value, dict):
        return [leaf for held in value.values() for leaf in leaves(held)]
    return [leaf for held in value for leaf in leaves(held)] if isinstance(value, list) else [value]


def written(leaf: Any, text: str) -> bool:
    """Whether this value stands in the text: a number by its digits, a boolean by a word for it, a string itself."""
    if isinstance(leaf, bool):
        words = {"yes": True, "true": True, "no": False, "false": False}
        pairs = re.split(r"[:=\n;,]", text)
        decided = [decide(part) for part in (text, *pairs)]
        return any(one is not None and one.yes is leaf for one in decided) or any(
            words.get(plain(part)) is leaf for part in pairs
        )
    if isinstance(leaf, int | float):
        return any(same_digits(token, leaf) for token in re.findall(r"[0-9][0-9 .,\u00a0]*", text))
    return leaf is None or plain(str(leaf)) in plain(text)


def same_digits(token: str, number: float) -> bool:
    """Whether a number as written has these digits: all of them, but for zeros at the end of a fraction."""
    whole = re.sub(r"[.,]0{1,2}$", "", token.strip(" .,\u00a0"))
    digits, wanted = re.sub("[^0-9]", "", whole), re.sub("[^0-9]", "", f"{abs(number):.10g}")
    return digits == wanted if isinstance(number, int) else digits.rstrip("0") == wanted.rstrip("0")


@settings(max_examples=600, deadline=None)
@given(text=texts, schema=schemas)
def test_what_is_read_fits_and_was_written(text: str, schema: dict[str, Any]) -> None:
    answer = parse_answer(text, schema)
    if answer is None or answer.cancelled:
        return
    assert Draft202012Validator(schema).is_valid(answer.value)
    for leaf in leaves(answer.value):
        assert written(leaf, text), (leaf, text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="абвгдеклмнопрстуabcdeghijkmpqstuvw ,.!?", max_size=30), schema=objects())
def test_a_text_without_an_assent_or_a_number_approves_nothing(text: str, schema: dict[str, Any]) -> None:
    answer = parse_answer(text, schema)
    if answer is not None and decide(text) is None:
        assert not [leaf for leaf in leaves(answer.value) if isinstance(leaf, bool | int | float)]


@settings(max_examples=300, deadline=None)
@given(schema=plain_schemas.filter(lambda schema: "enum" in schema), data=st.data())
def test_each_option_can_be_given(schema: dict[str, Any], data: st.DataObject) -> None:
    option = data.draw(st.sampled_from([one for one in schema["enum"] if isinstance(one, str)] or ["-"]))
    answer = parse_answer(option, schema)
    assert option == "-" or (answer is not None and answer.value == option)
