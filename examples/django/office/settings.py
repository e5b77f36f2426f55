"""Django's settings: as short as an example may be. For a server, read Django's deployment checklist first."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
DATA = Path(os.environ.get("OFFICE_DATA", BASE_DIR / "data"))
DATA.mkdir(parents=True, exist_ok=True)

SECRET_KEY = os.environ.get("SECRET_KEY", "not a secret: set SECRET_KEY where others can reach this")
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "chat",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "office.urls"
ASGI_APPLICATION = "office.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA / "office.sqlite"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ru"
USE_TZ = True

# Below which path a proxy serves the project, such as /ai; uvicorn's --root-path says the same to its applications.
FORCE_SCRIPT_NAME = os.environ.get("OFFICE_PREFIX") or None

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "page"
LOGOUT_REDIRECT_URL = LOGIN_URL
# The session cookie is what the agent's addresses trust: it must not come along from other sites. Django's default.
SESSION_COOKIE_SAMESITE = "Lax"

STATIC_URL = f"{FORCE_SCRIPT_NAME or ''}/static/"
STATICFILES_DIRS = [("front", path) for path in [BASE_DIR / "front" / "dist"] if path.exists()]
