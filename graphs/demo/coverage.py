"""Which tool understands which conditions; what is left over was not understood.

This is what keeps the demo model honest. A rule finds what it looks for; here everything that some rule of the tool
could have found is crossed out, and the rest are words whose meaning nobody knows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from graphs.crm import vocabulary
from graphs.crm.names import words
from graphs.demo import lexicon
from graphs.demo.aspects import ASPECTS, FILLER, GRADES, STATUSES, WORD, is_owner, owner
from graphs.demo.quantities import in_digits, sums, with_shared_units
from graphs.demo.text import BLANK, blank, masked, quoted, word_pattern

# By tool: the conditions it understands, in the order they are crossed out, and its own words.
TOOLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "find_leads": (
        "name money days city industry grade stale status count id ordinal owner",
        (lexicon.SHOW, lexicon.LEADS, lexicon.MORE, lexicon.COUNTED),
    ),
    # One by its number: no other condition is heeded, so none may be said.
    "find_leads one": ("name id ordinal", (lexicon.SHOW, lexicon.LEADS)),
    "find_deals one": ("name id ordinal", (lexicon.SHOW, lexicon.DEALS)),
    "qualify_lead": ("name money days id bare ordinal free", (lexicon.QUALIFY,)),
    "find_deals": (
        "name money days day period stage stale count id ordinal owner",
        (lexicon.SHOW, lexicon.DEALS, lexicon.MORE, lexicon.COUNTED),
    ),
    "move_deal": ("name id bare free from stage ordinal", (lexicon.MOVE,)),
    "reschedule_deal": ("name id bare free day period ordinal", (lexicon.RESCHEDULE,)),
    "pipeline_report": ("day period owner", (lexicon.SHOW, lexicon.PIPELINE)),
    "make_quote": ("name percent product unit ordinal number whom", (lexicon.QUOTE,)),
    "segment_customers": ("money city industry kind", (lexicon.SHOW, lexicon.SEGMENT)),
    "draft_campaign": ("topic free name city industry channel tone kind", (lexicon.CAMPAIGN,)),
    "schedule_campaign": ("name id day period time channel", (lexicon.SCHEDULE,)),
    "campaign_report": ("name campaign id day period channel ordinal", (lexicon.SHOW, lexicon.REPORT)),
}
# Where one value is taken, and a second one is left over.
ONE_OF: dict[str, Mapping[str, Sequence[str]]] = {
    "city": vocabulary.CITIES,
    "industry": vocabulary.INDUSTRIES,
    "stage": vocabulary.STAGES,
    "kind": vocabulary.SEGMENTS,
    "tone": vocabulary.TONES,
    "status": STATUSES,
    "grade": GRADES,
}
ONE_COMPANY = {"find_leads", "qualify_lead", "find_deals", "move_deal", "reschedule_deal", "make_quote"}
BOUND = re.compile(
    (
        r"(?:\b(?:бюджет\w*|budget\w*|от|до|больше|более|свыше|менее|меньше|дороже|from|over|above|under|below|"
        r"than|at least|with|of)\s+)+$"
    ),
    re.IGNORECASE,
)


def unexplained(text: str, tool: str, names: Sequence[str] = ()) -> list[str]:
    """The words and numbers of the request that the tool can make nothing of; none for a tool not listed.

    `names` are companies that were recognized in the text; their words are explained. A second city, month or id where
    the tool takes one is as little understood as a word nobody knows.
    """
    if tool not in TOOLS:
        return []
    rest = with_shared_units(masked(in_digits(text)))
    if names:
        known = {part for name in names for part in words(name)}
        rest = _without(rest, lambda word: any(_same(word, part) for part in known))
    numbered = bool(ASPECTS["id"].search(rest))
    for aspect in TOOLS[tool][0].split():
        if not (aspect == "bare" and numbered):  # "сделку 5 … 7 в переговоры": the second is one too many
            rest = _crossed_out(aspect, rest)
    rest = blank(FILLER, blank(_own(tool), rest))
    return [*WORD.findall(rest.replace(BLANK, " ")), *_further_names(text, tool)]


def _further_names(text: str, tool: str) -> list[str]:
    """Companies in quotes beyond the one that the tool takes."""
    names = list(dict.fromkeys(quoted(text)))
    return names[:-1] if tool in ONE_COMPANY else []


@cache
def is_known(word: str) -> bool:
    """Whether any rule knows the word, so that it is not taken for a misspelled one."""
    patterns = [pattern for name, pattern in ASPECTS.items() if name not in {"free", "topic", "name", "whom"}]
    patterns += [FILLER, *(_own(tool) for tool in TOOLS), word_pattern(lexicon.UNSUPPORTED, lexicon.FORBIDDEN)]
    return is_owner(word) or any(found.end() == len(word) for p in patterns if (found := p.match(word)))


@cache
def _own(tool: str) -> re.Pattern[str]:
    return word_pattern(*TOOLS[tool][1])


def _crossed_out(aspect: str, text: str) -> str:
    if aspect == "owner":
        return _one_owner(text)
    if aspect == "money":
        return _without_sums(text)
    if aspect in ONE_OF:
        return _one(ASPECTS[aspect], text, lambda found: vocabulary.find(found, ONE_OF[aspect]))
    if aspect in {"id", "period"}:
        return _one(ASPECTS[aspect], text, lambda found: found)
    return blank(ASPECTS[aspect], text)


def _one(pattern: re.Pattern[str], text: str, meaning: Callable[[str], str | None]) -> str:
    """Only what means the same as the first occurrence is crossed out."""
    first: list[str | None] = []

    def crossed(match: re.Match[str]) -> str:
        first.append(meaning(match[0]))
        return BLANK * len(match[0]) if first[-1] == first[0] else match[0]

    return pattern.sub(crossed, text)


def _one_owner(text: str) -> str:
    first = owner(text)
    return _without(text, lambda word: is_owner(word) and owner(word) in {first, None})


def _without_sums(text: str) -> str:
    for _, start, end in sums(text):
        bound = BOUND.search(text[:start])
        first = bound.start() if bound else start
        text = text[:first] + BLANK * (end - first) + text[end:]
    return text


def _without(text: str, explained: Callable[[str], bool]) -> str:
    return WORD.sub(lambda match: BLANK * len(match[0]) if explained(match[0]) else match[0], text)


def _same(word: str, part: str) -> bool:
    pieces = words(word)
    return any(piece[: max(3, len(part) - 2)] == part[: max(3, len(part) - 2)] for piece in pieces)
