"""What day and time it is."""

from datetime import date, datetime


def now() -> datetime:
    """The current moment where the server stands. The one place that asks, so that a test can answer."""
    return datetime.now().astimezone()


def today() -> date:
    """The day of that moment."""
    return now().date()
