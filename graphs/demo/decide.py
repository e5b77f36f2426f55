"""The order in which the rules are asked.

1. A tool that must be called is called.
2. Requests that front ends make by themselves (titles, tags) are answered.
3. The user's text is read as a list of wishes, each a tool of ours with arguments; those not yet done are done, one
   after another, so that a later one can use what an earlier one found ("найди лидов в Казани и оцени первого"). A
   wish that another department serves is handed over. One that needs a question is put off: what stores something,
   or leans on it, waits with it; other questions are still answered.
4. No wish of ours: a tool of the front end that fits the words.
5. No such tool: small talk, or an honest "I do not understand".
"""

from graphs.demo import client_tools, forced, housekeeping, small_talk
from graphs.demo.conversation import Result, Turn
from graphs.demo.focus import PRONOUN
from graphs.demo.phrases import say_results
from graphs.demo.reply import Ask, Reply
from graphs.demo.wishes import Wish, read_wishes

TRANSFERS = {"sales": "transfer_to_sales", "marketing": "transfer_to_marketing"}


def decide(turn: Turn, must_call: str | None) -> Reply:
    """The answer to the newest message, or to the newest tool results."""
    if must_call and (call := forced.call(turn, must_call)):
        return Reply(calls=[call])
    if not turn.results and (text := housekeeping.answer(turn)):
        return Reply(text)

    done = [result for result in turn.results if result.tool not in TRANSFERS.values()]
    if done and done[-1].failed:
        return Reply(say_results(turn, done))
    if not done and (preferred := client_tools.preferred(turn)):
        return preferred if isinstance(preferred, Reply) else Reply(preferred.question)

    wishes = read_wishes(turn)
    if wishes:
        return _grant(turn, wishes, done)
    if done:
        return Reply(say_results(turn, done))
    if fitting := client_tools.fitting(turn):
        return fitting if isinstance(fitting, Reply) else Reply(fitting.question)
    return Reply(small_talk.answer(turn))


def _grant(turn: Turn, wishes: list[Wish], done: list[Result]) -> Reply:
    """The next call; or, when all is done that can be, the results and the questions."""
    waiting = list(done)
    questions: list[str] = []
    for wish in wishes:
        if waiting and waiting[0].tool == wish.tool:
            waiting.pop(0)
            continue
        if questions and (wish.writes or PRONOUN.search(wish.text)):
            questions.append(
                turn.say(f"Потом сделаю и это: «{wish.text}».", f'Then I will do this too: "{wish.text}".')
            )
            continue
        if wish.tool and wish.tool not in turn.tools:
            if (transfer := TRANSFERS[wish.department]) in turn.tools:
                return Reply(calls=[(transfer, {})])
            questions.append(small_talk.answer(turn))
            continue
        arguments = wish.arguments(turn)
        if not isinstance(arguments, Ask):
            return Reply(calls=[(wish.tool, arguments)])
        questions.append(arguments.question)
    said = [say_results(turn, done) if done else "", *questions]
    return Reply("\n\n".join(part for part in said if part))
