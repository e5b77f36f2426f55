"""Django's own pages. What the bridge serves is not here, see ``asgi.py``."""

from chat.views import page
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

urlpatterns = [
    path("", page, name="page"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
