"""What people say around a request: yes, no, a correction, a prohibition, a greeting. Data only."""

import re

YES = re.compile(
    r"^\W*(?:да|ага|угу|верно|правильно|подтверждаю|точно|именно|хорошо|давай(?:те)?|ок|окей|yes|yep|yeah|sure|"
    r"ok|okay|right|correct|go ahead|do it)"
    r"(?:[\s,.!]+(?:да|пожалуйста|конечно|делай|сделай|так|и так|верно|please|do|it|that|go ahead))*\W*$",
    re.IGNORECASE,
)
NO = re.compile(
    r"^\W*(?:нет|не надо|не нужно|не стоит|отмена|отбой|забудь(?: об этом)?|стоп|неважно|передумал\w*|no|nope|"
    r"cancel|stop|never ?mind|forget it|don't)"
    r"(?:[\s,.!]+(?:спасибо|не надо|не нужно|пожалуйста|передумал\w*|thanks|thank you|cancel))*\W*$",
    re.IGNORECASE,
)
# "Нет, в Самаре": what follows is a correction.
LEADING_NO = re.compile(
    r"^\W*(?:нет|не то|не так|no|nope|sorry|ой|вернее|точнее|rather|i meant|i mean|actually)\s*[,.:—-]+\s*",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"\b(?:не|никогда не|don't|do not|never)\s+(?:надо\s+|нужно\s+|стоит\s+)?"
    r"(?:\w*(?:води(?:те)?|двигай(?:те)?|правляй(?:те)?|отправь(?:те)?|делай(?:те)?|создавай(?:те)?|"
    r"планируй(?:те)?|закрывай(?:те)?|меняй(?:те)?|носи(?:те)?|ставь(?:те)?|пиши(?:те)?|показывай(?:те)?|"
    r"звони(?:те)?)\b"
    r"|move\b|close\b|send\b|make\b|create\b|schedule\b|change\b|show\b|draft\b|qualify\b)",
    re.IGNORECASE,
)

# They come before a request and mean nothing to it.
GREETING = re.compile(
    r"^\W*(?:привет\w*|здравствуй\w*|добр\w+ (?:утро|день|вечер|времени суток)|hi(?: there)?|hello(?: there)?|hey|"
    r"good (?:morning|day|evening|afternoon))\b[\s,.!-]+(?=\w)",
    re.IGNORECASE,
)
POLITE = re.compile(
    r"\s*,?\s*\b(?:пожалуйста|плиз|будь(?:те)? добр\w*|будь(?:те)? любезн\w*|please|kindly|if you please)\b\s*,?\s*",
    re.IGNORECASE,
)
