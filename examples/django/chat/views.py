"""The one page."""

from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The chat, for who is signed in."""
    return render(request, "chat/page.html", {"built": finders.find("front/chat.js") is not None})
