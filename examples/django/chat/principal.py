"""Who calls the agent: the user who is signed in to Django. Their threads are theirs alone."""

from importlib import import_module
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from starlette.requests import HTTPConnection

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


async def signed_in(connection: HTTPConnection) -> str | None:
    """The user's name for the bridge, or ``None`` (401): no session, or a page of another site.

    Django's CSRF check does not stand before the bridge's addresses. A browser names the page that calls in
    ``Origin``, and that must be ours.
    """
    key = connection.cookies.get(settings.SESSION_COOKIE_NAME)
    origin = connection.headers.get("origin")
    if not key or (origin and urlsplit(origin).netloc != connection.headers.get("host")):
        return None
    return await sync_to_async(user_of)(key)  # the ORM waits for the database; the event loop must not


def user_of(key: str) -> str | None:
    """The user of a session, as Django's own middleware would have it: known, active, password unchanged."""
    close_old_connections()  # Django does so around its own requests; this is none
    try:
        request = HttpRequest()
        request.session = SessionStore(key)
        user = get_user(request)
        return f"user-{user.pk}" if user.is_authenticated else None
    finally:
        close_old_connections()
