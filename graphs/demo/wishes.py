"""The user's text as a list of wishes: which tool, for which part of the text, and what must be asked first."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from graphs.demo import (
    aspects,
    campaign_wishes,
    cues,
    deal_wishes,
    follow_ups,
    lead_wishes,
    patterns,
    products,
    quote_wishes,
    small_talk,
)
from graphs.demo.conversation import Turn
from graphs.demo.doubts import cannot, doubt
from graphs.demo.reply import Ask
from graphs.demo.spelling import corrected
from graphs.demo.text import masked

Arguments = Callable[[Turn, str], dict[str, Any] | Ask]
ARGUMENTS: dict[str, Arguments] = {
    "": cannot,
    "find_leads": lead_wishes.find_leads,
    "qualify_lead": lead_wishes.qualify_lead,
    "search_products": lead_wishes.search_products,
    "find_deals": deal_wishes.find_deals,
    "move_deal": deal_wishes.move_deal,
    "reschedule_deal": deal_wishes.reschedule_deal,
    "pipeline_report": deal_wishes.pipeline_report,
    "make_quote": quote_wishes.make_quote,
    "segment_customers": campaign_wishes.segment_customers,
    "draft_campaign": campaign_wishes.draft_campaign,
    "edit_campaign": campaign_wishes.edit_campaign,
    "schedule_campaign": campaign_wishes.schedule_campaign,
    "campaign_report": campaign_wishes.campaign_report,
    "evaluate_ab_test": campaign_wishes.evaluate_ab_test,
}
DEPARTMENTS = {entry.tool: entry.department for entry in patterns.TABLE}
WRITERS = frozenset(
    {"make_quote", "move_deal", "reschedule_deal", "draft_campaign", "edit_campaign", "schedule_campaign"}
)


@dataclass(frozen=True)
class Wish:
    """One thing to do. `proposal`: the arguments that the user has said yes to."""

    tool: str
    text: str
    proposal: dict[str, Any] | None = None

    @property
    def department(self) -> str:
        """Which department has the tool."""
        return DEPARTMENTS[self.tool]

    @property
    def writes(self) -> bool:
        """Whether it changes what is stored."""
        return self.tool in WRITERS

    def arguments(self, turn: Turn) -> dict[str, Any] | Ask:
        """The arguments of the call; or the question, when something is missing or not understood."""
        if self.proposal is not None:
            return self.proposal
        found = ARGUMENTS[self.tool](turn, self.text)
        if isinstance(found, Ask):
            return found
        return doubt(turn, self.text, self.tool, found) or found


# A new wish begins here, if what follows is one by itself; otherwise "и" only joins words.
CLAUSE = re.compile(
    (
        r"\s*[;.!?\n]\s+|,?\s+(?:а\s+)?(?:и\s+)?(?:затем|потом|после этого|а также|and then|then|after that|"
        r"and also)\s+|,?\s+(?:и|and)\s+|,\s+"
    ),
    re.IGNORECASE,
)
# "Оцени первого и второго" are two calls; "КП на CRM и обучение" is one quote.
SEVERAL = {"qualify_lead", "move_deal", "reschedule_deal"}
JOIN = "⊕"
IDS = re.compile(
    (
        r"(?P<noun>\b(?:сделк\w*|лид\w*|deals?|leads?)\s+)(?P<ids>№?\s*\d+(?:\s*(?:,|и|"
        r"and)\s*№?\s*\d+)+)(?!\s*(?:%|тыс|млн|₽|руб))"
    ),
    re.IGNORECASE,
)
LONGEST = 1500  # characters
SHORT = 3  # words of an answer that may be nothing but a name
ASKING = re.compile(
    r"\b(?:покаж|найд|собер|выдел|постро|сегмент|сколько|какие|кто|show|find|build|segment|list|how|which|who)",
    re.IGNORECASE,
)
POINTER = re.compile(
    r"^\W*(?:(?:и|а|and)\s+)?(?:(?:лид|сделк|lead|deal)\w*\s+)?(?:№?\s*\d+|\S+-\S+)\W*$", re.IGNORECASE
)


def read_wishes(turn: Turn) -> list[Wish]:
    """The wishes of the newest user message; of it and those before, when it answers our question.

    Read as things stood when the user wrote: what was done since then is no part of what was asked.
    """
    if len(turn.text) > LONGEST:
        return []  # no request that rules can read; dozens of patterns over it would hold the event loop
    turn = replace(turn, results=())
    text = readable(turn.text)
    wishes = split(text)
    if 0 < len(turn.asked) <= LONGEST and (joint := _answered(turn, text, wishes)):
        return joint
    return wishes or _follow_up(turn, text)


def readable(text: str) -> str:
    """The text without greetings and politeness, its words spelled as the rules know them."""
    without = cues.POLITE.sub(" ", cues.GREETING.sub("", cues.LEADING_NO.sub("", text)))
    return corrected(without if without.strip() else text)


def _answered(turn: Turn, text: str, wishes: list[Wish]) -> list[Wish]:
    """What we had asked about, completed by this answer; empty when the answer is about something else."""
    asked = readable(turn.asked)
    before = split(asked) or _follow_up(turn, asked)
    for index, wish in enumerate(before):
        question = wish.arguments(turn)
        if not isinstance(question, Ask):
            continue
        if cues.YES.match(turn.text):
            return [Wish(wish.tool, wish.text, question.proposal), *before[index + 1 :]] if question.proposal else []
        if any(again.tool == wish.tool and not isinstance(again.arguments(turn), Ask) for again in wishes):
            return []  # said anew, and whole
        # If the request and this answer make sense together, that is what is meant; an answer that is a wish by
        # itself is kept apart, so that its first word is not taken for a name.
        joined = f"{wish.text}{'. ' if wishes else ', '}{text}"
        candidates = [*products.amended(wish.text, text), joined]
        if wish.tool == "make_quote" and len(text.split()) <= SHORT:
            candidates.append(f"{wish.text} для {text}")
        for both in candidates:
            whole = Wish(wish.tool, both)
            if not isinstance(whole.arguments(turn), Ask):
                return [whole, *before[index + 1 :]]
        if question.proposal is not None and (other := follow_ups.merged(turn, text, wish.tool, question.proposal)):
            return [Wish(wish.tool, text, other), *before[index + 1 :]]
        if wishes or small_talk.knows(turn.text) or _follow_up(turn, text):
            return []  # about something else
        return [Wish(wish.tool, candidates[0])]  # asks again, perhaps for something else
    return []


def split(text: str) -> list[Wish]:
    """The wishes that the text itself names, in its order."""
    text = IDS.sub(_joined, products.unquoted(text))
    return [each for wish in _split(text) for each in _each(wish)]


def _joined(match: re.Match[str]) -> str:
    """ "203 и 392" as one word, so that no clause begins between them."""
    return f"{match['noun']}{JOIN.join(re.findall(r'[0-9]+', match['ids']))}"


def _each(wish: Wish) -> list[Wish]:
    """One wish for each id of "сделки 203, 392 и 565"."""
    found = re.search(rf"\d+(?:{JOIN}\d+)+", wish.text)
    if not found:
        return [wish]
    return [Wish(wish.tool, wish.text.replace(found[0], number)) for number in found[0].split(JOIN)]


def _split(text: str) -> list[Wish]:
    wishes: list[Wish] = []
    for clause in clauses(text):
        if cues.NEGATED.search(masked(clause)):
            continue
        tool = match(clause)
        pointed = wishes and wishes[-1].tool in SEVERAL and _is_pointer(clause)
        if pointed:
            number = re.fullmatch(r"\D*?(\d+)\W*", clause)
            noun = "лида" if wishes[-1].tool == "qualify_lead" else "сделку"
            wishes.append(Wish(wishes[-1].tool, f"{noun} {number[1]}" if number else clause))
        elif tool == "segment_customers" and wishes and wishes[-1].tool == "draft_campaign" and _is_bare(clause):
            wishes[-1] = Wish("draft_campaign", f"{wishes[-1].text} и {clause}")  # "для спящих и крупных клиентов"
        elif tool is not None and not (wishes and tool == wishes[-1].tool and tool not in SEVERAL):
            wishes.append(Wish(tool, clause))
        elif wishes:
            # No wish by itself: it belongs to the one before ("… и Москве").
            wishes[-1] = Wish(wishes[-1].tool, f"{wishes[-1].text}, {clause}")
    if len(wishes) <= 1 and not cues.NEGATED.search(masked(text)) and (tool := match(text)) is not None:
        return [Wish(tool, text)]
    return wishes


def _is_bare(clause: str) -> bool:
    """Whether the clause only names customers, and asks for nothing."""
    return not ASKING.search(clause)


def _is_pointer(clause: str) -> bool:
    rest = aspects.FILLER.sub(" ", aspects.ORDINAL.sub(" ", masked(clause)))
    return not rest.strip(" .!?¤") or bool(POINTER.match(clause))


def clauses(text: str) -> list[str]:
    """The text in parts, each of which may be a wish; quotations are never cut."""
    plain = masked(text.strip())
    parts: list[str] = []
    start = 0
    for found in CLAUSE.finditer(plain):
        parts.append(text.strip()[start : found.start()])
        start = found.end()
    return [part for part in (*parts, text.strip()[start:]) if part.strip()]


def match(text: str) -> str | None:
    """The tool that the text asks for ("": one that we do not have); None when it asks for none."""
    plain = masked(text)
    for tool, _, pattern in patterns.COMPILED:
        if pattern.search(plain):
            return tool
    return None


def _follow_up(turn: Turn, text: str) -> list[Wish]:
    if found := follow_ups.follow_up(turn, text):
        return [Wish(*found)]
    if again := follow_ups.refined(turn, text):
        tool, arguments = again
        return [Wish(tool, text, arguments)]
    return []
