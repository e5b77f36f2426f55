"""What day it is."""

from datetime import date, datetime


def today() -> date:
    """The current day where the server stands. The one place that asks, so that a test can answer."""
    return datetime.now().astimezone().date()
