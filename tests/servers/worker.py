"""gunicorn's worker as ``docs/deployment.md`` has it."""

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker


class Worker(UvicornWorker):  # type: ignore[misc] # its package may not be here
    """Ends its streams before gunicorn kills it."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {"timeout_graceful_shutdown": 5}
