"""The requests of the evaluation, by subject. `fresh` was written after the rules, and not looked at by them."""

from tests.evaluation.dialogues.deals import DEALS
from tests.evaluation.dialogues.doubts import DOUBTS
from tests.evaluation.dialogues.fresh import FRESH
from tests.evaluation.dialogues.leads import LEADS
from tests.evaluation.dialogues.marketing import MARKETING
from tests.evaluation.dialogues.quotes import QUOTES
from tests.evaluation.dialogues.talk import TALK
from tests.evaluation.script import Dialogue

GROUPS: dict[str, list[Dialogue]] = {
    "leads": LEADS,
    "deals": DEALS,
    "quotes": QUOTES,
    "marketing": MARKETING,
    "talk": TALK,
    "doubts": DOUBTS,
    "fresh": FRESH,
}
