"""Who calls the agent: the user who is signed in to Django. Their threads are theirs alone."""

from importlib import import_module

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from starlette.requests import HTTPConnection

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


async def signed_in(connection: HTTPConnection) -> str | None:
    """The user's name for the bridge, or ``None`` (401).

    Django's CSRF check does not stand before the bridge's addresses. The bridge's own does: a request with a cookie
    whose ``Origin`` is another site's gets 403.
    """
    key = connection.cookies.get(settings.SESSION_COOKIE_NAME)
    # the ORM waits for the database; the event loop must not
    return await sync_to_async(user_of)(key) if key else None


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
