"""What was not understood is said, and asked: nothing is stored, and no list shown, that the user did not mean."""

from typing import Any

from graphs.demo import companies, coverage
from graphs.demo.conversation import Turn
from graphs.demo.proposals import in_words
from graphs.demo.reply import Ask


def doubt(turn: Turn, text: str, tool: str, arguments: dict[str, Any]) -> Ask | None:
    """A question when the request holds words that no rule of the tool knows: one is enough.

    It may be an adjective, and it may be "кроме", "created" or a city we have never heard of.
    """
    name = companies.company(turn, text)
    one = tool in {"find_leads", "find_deals"} and ("lead_id" in arguments or "deal_id" in arguments)
    strange = coverage.unexplained(text, f"{tool} one" if one else tool, [name] if name else [])
    if not strange:
        return None
    said = ", ".join(f"«{word}»" for word in strange[:5])
    said_en = said.replace("«", '"').replace("»", '"')
    plan = in_words(turn, tool, arguments)
    if plan is None:
        return Ask(
            turn.say(
                f"Не понял здесь {said} и пока ничего не сделал. Скажите иначе? Или ответьте «да», и я отвечу без"
                " этого.",
                f"I did not understand {said_en} here and have done nothing yet. Can you say it in another way? Or"
                ' answer "yes", and I will leave it out.',
            ),
            arguments,
        )
    return Ask(
        turn.say(
            f"Не понял здесь {said} и пока ничего не сделал. {plan}? Ответьте «да» или поправьте.",
            f'I did not understand {said_en} here and have done nothing yet. {plan}? Answer "yes", or correct me.',
        ),
        arguments,
    )


def cannot(turn: Turn, _text: str) -> Ask:
    """For commands that we know and have no tool for."""
    return Ask(
        turn.say(
            "Этого я не умею: удалять, отменять, выгружать и звонить демо-модель не может, в CRM ничего не изменилось."
            " Чем ещё помочь?",
            "I cannot do that: deleting, undoing, exporting and calling are beyond the demo model, and nothing"
            " in the CRM"
            " has changed. What else can I do?",
        )
    )
