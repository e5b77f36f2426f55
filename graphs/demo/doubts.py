"""What was not understood is said, and asked: nothing is stored, and no list shown, that the user did not mean."""

import re
from collections.abc import Sequence
from typing import Any

from graphs.demo import companies, coverage
from graphs.demo.conversation import Turn
from graphs.demo.proposals import in_words
from graphs.demo.reply import Ask

PREPOSITION = re.compile(
    r"\b(?:в|во|из|на|с|со|за|у|по|для|от|до|кроме|без|не|in|from|on|with|by|for|at|of|except|without|not)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)


def doubt(turn: Turn, text: str, tool: str, arguments: dict[str, Any], *, strict: bool) -> Ask | None:
    """A question when the request holds words that no rule of the tool knows.

    `strict`: one such word is enough, as something is to be stored. A mere question goes on, and says what it left out,
    unless the words look like a condition ("в Париже") or like another command.
    """
    name = companies.company(turn, text)
    one = tool in {"find_leads", "find_deals"} and ("lead_id" in arguments or "deal_id" in arguments)
    strange = coverage.unexplained(text, f"{tool} one" if one else tool, [name] if name else [])
    if not strange or not (strict or any(_matters(text, word) for word in strange)):
        return None
    said = ", ".join(f"«{word}»" for word in strange[:5])
    quoted_en = said.replace("«", '"').replace("»", '"')
    plan = in_words(turn, tool, arguments)
    if plan is None:
        return Ask(
            turn.say(
                f"Не понял здесь {said} и пока ничего не сделал. Скажите иначе? Или ответьте «да», и я отвечу без этого.",
                f"I did not understand {quoted_en} here and have done nothing yet. Can you say it in another way? Or answer"
                ' "yes", and I will leave it out.',
            ),
            arguments,
        )
    return Ask(
        turn.say(
            f"Не понял здесь {said} и пока ничего не сделал. {plan}? Ответьте «да» или поправьте.",
            f'I did not understand {quoted_en} here and have done nothing yet. {plan}? Answer "yes", or correct me.',
        ),
        arguments,
    )


def _matters(text: str, word: str) -> bool:
    place = text.find(word)
    if place < 0:
        return True
    before = text[:place]
    first = not re.search(r"\w", before)
    return (
        first
        or coverage.is_condition(word)
        or any(char.isdigit() for char in word)
        or word[0].isupper()
        or bool(PREPOSITION.search(before))
    )


def left_out(turn: Turn, words: Sequence[str]) -> str:
    """What to say of the words that a question was answered without; empty when there are none."""
    if not words:
        return ""
    said = ", ".join(f"«{word}»" for word in dict.fromkeys(words))
    return turn.say(
        f"Не понял и не учёл: {said}.", f"Not understood and left out: {said}.".replace("«", '"').replace("»", '"')
    )


def cannot(turn: Turn, _text: str) -> Ask:
    """For commands that we know and have no tool for."""
    return Ask(
        turn.say(
            "Этого я не умею: удалять, отменять, выгружать и звонить демо-модель не может, в CRM ничего не изменилось."
            " Чем ещё помочь?",
            "I cannot do that: deleting, undoing, exporting and calling are beyond the demo model, and nothing in the CRM"
            " has changed. What else can I do?",
        )
    )
