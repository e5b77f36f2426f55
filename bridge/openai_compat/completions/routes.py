"""The old completions API over HTTP."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bridge.openai_compat.callers import new_id
from bridge.openai_compat.completions.body import parse_completion
from bridge.openai_compat.completions.shape import TextEncoder, as_text
from bridge.openai_compat.models import CompletionAnswer, CompletionBody
from bridge.openai_compat.serving import AnswerForm, complete
from bridge.web.bodies import aside
from bridge.web.callers import principal_of
from bridge.web.dialect import Operation
from bridge.web.http import bridge_of, model_named, read_object

TEXT = AnswerForm(encoder=TextEncoder, whole=as_text)


async def complete_text(request: Request) -> Response:
    """``POST /v1/completions``: a text in, a text out."""
    bridge = bridge_of(request)
    principal_of(request)
    body = await read_object(request, bridge.settings.max_body_bytes)
    return await complete(
        request, await aside(request, parse_completion, model_named(request, body), new_id), form=TEXT
    )


OPERATIONS = (
    Operation(
        "POST",
        "/v1/completions",
        complete_text,
        takes=CompletionBody,
        gives=CompletionAnswer,
        also=("/openai/deployments/{model}/completions",),
    ),
)
"""What the OpenAI dialect serves of the old completions API."""
