"""One ASGI application: the bridge's addresses under ``/api/``, and Django for everything else.

uvicorn office.asgi:application
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "office.settings")
django = get_asgi_application()  # before anything that needs Django's models

from chat.principal import signed_in  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler  # noqa: E402

from bridge import Settings, create_app  # noqa: E402
from graphs.agent import graph  # noqa: E402

# The agent's own data. Your graph has other needs, or none.
os.environ.setdefault("AGENT_DATABASE_URL", f"sqlite:///{settings.DATA / 'crm.sqlite'}")

BRIDGE = ("/api/copilotkit", "/api/test-copilotkit")
"""What begins so is the bridge's; its routes have ``/api/`` in them, so nothing is cut off. The rest of ``/api/`` stays
Django's."""

bridge = create_app(
    {"sales-marketing": graph},
    # No other origin: the page is served from here.
    Settings(db=str(settings.DATA / "bridge.sqlite"), cors_origins=()),
    principal=signed_in,
)
pages = ASGIStaticFilesHandler(django)  # in production the web server in front serves /static/


async def application(scope, receive, send):
    """Serve one connection. The lifespan is the bridge's: Django has none."""
    prefix = scope.get("root_path", "")
    path = scope.get("path", "").removeprefix(prefix)
    if prefix:  # some servers leave it in the path, as ASGI wants it, and some do not
        scope = {**scope, "path": prefix + path}
    ours = scope["type"] == "lifespan" or path.startswith(BRIDGE)
    await (bridge if ours else pages)(scope, receive, send)
