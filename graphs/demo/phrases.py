"""Tool results in words: the conclusion, the figures, what to do next."""

from collections.abc import Callable, Sequence
from typing import Any

from graphs.demo import deal_phrases, lead_phrases, marketing_phrases, quote_phrases
from graphs.demo.conversation import Result, Turn

Phrase = Callable[[Turn, dict[str, Any]], str]
PHRASES: dict[str, Phrase] = {
    "find_leads": lead_phrases.leads,
    "qualify_lead": lead_phrases.lead,
    "search_products": lead_phrases.products,
    "find_deals": deal_phrases.deals,
    "move_deal": deal_phrases.moved,
    "reschedule_deal": deal_phrases.rescheduled,
    "pipeline_report": deal_phrases.pipeline,
    "make_quote": quote_phrases.quote,
    **marketing_phrases.PHRASES,
}


def say_results(turn: Turn, results: Sequence[Result]) -> str:
    """All results, one paragraph each, in order."""
    return "\n\n".join(_say(turn, result) for result in results)


def _say(turn: Turn, result: Result) -> str:
    if result.failed:
        return turn.say(f"Не получилось: {result.text}", f"That did not work: {result.text}")
    phrase = PHRASES.get(result.tool)
    if phrase is not None and result.data:
        try:
            return phrase(turn, result.data)
        except (KeyError, TypeError):
            # A tool of that name with another result (a front end may declare one): say what it said.
            return _plain(turn, result)
    return _plain(turn, result)


def _plain(turn: Turn, result: Result) -> str:
    text = result.text.strip().strip('"')
    if not text or text.lower() in {"ok", "done", "true", "null", "undefined", "{}", "success"}:
        return turn.say("Готово.", "Done.")
    if result.data:
        if result.data.keys() <= {"ok", "success", "status", "done"}:
            return turn.say("Готово.", "Done.")
        return turn.say("Готово: ", "Done: ") + ", ".join(f"{name} — {value}" for name, value in result.data.items())
    return turn.say(f"Готово: {text}", f"Done: {text}")
