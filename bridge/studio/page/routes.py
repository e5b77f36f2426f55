"""``/studio`` and the files of its page. They are the same for everybody, and say nothing of what is served."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bridge.studio.page.files import file, page

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",  # what a person attaches is shown
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
"""The page's Content-Security-Policy: nothing from elsewhere, nothing inline, in nobody's frame."""

_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": POLICY}


async def studio(request: Request) -> Response:
    """The page, or one of its files. An address that names neither is the page's own: a link to a run, say."""
    name = request.path_params.get("path", "")
    found = file(name) if name else None
    if found is not None:
        keep = "public, max-age=31536000, immutable" if found.lasts else "no-cache"
        return Response(found.content, headers={**_HEADERS, "Cache-Control": keep}, media_type=found.media_type)
    if name.startswith("assets/"):
        return PlainTextResponse("There is no such file.", status_code=404)
    root = request.scope.get("root_path", "").rstrip("/")
    return Response(page(root), headers={**_HEADERS, "Cache-Control": "no-cache"}, media_type="text/html")


def routes() -> list[Route]:
    """``/studio`` and all below it."""
    return [Route(path, studio, methods=["GET"]) for path in ("/studio", "/studio/{path:path}")]
