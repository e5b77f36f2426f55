"""What a quote costs: discount limits, VAT, rounding to whole roubles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

FREE_DISCOUNT = 10.0  # percent a salesperson may give alone
MAX_DISCOUNT = 30.0  # percent nobody may pass
VALID_DAYS = 14


@dataclass(frozen=True)
class Price:
    """The sums of a quote: `subtotal - discount_amount = net`, `net + vat = total`. Whole roubles."""

    subtotal: int
    discount_percent: float
    discount_amount: int
    net: int
    vat_percent: int
    vat: int
    total: int


def vat_percent(day: date) -> int:
    """The general VAT rate in Russia: 22 % since 1 January 2026 (Federal Law 425-FZ of 28.11.2025), before
    that 20 %.
    """
    return 22 if day >= date(2026, 1, 1) else 20


def price(amounts: Iterable[int], discount_percent: float, day: date) -> Price:
    """Sum up lines of `quantity × unit price`.

    Raises ValueError for a discount below 0 or above `MAX_DISCOUNT`.
    """
    if not 0 <= discount_percent <= MAX_DISCOUNT:
        msg = f"discount must be 0 to {MAX_DISCOUNT:g} percent, got {discount_percent:g}"
        raise ValueError(msg)
    subtotal = sum(amounts)
    discount_amount = round(subtotal * discount_percent / 100)
    net = subtotal - discount_amount
    rate = vat_percent(day)
    vat = round(net * rate / 100)
    return Price(subtotal, discount_percent, discount_amount, net, rate, vat, net + vat)


def needs_approval(discount_percent: float) -> bool:
    """Whether a person must agree."""
    return discount_percent > FREE_DISCOUNT


def valid_until(day: date) -> date:
    """The last day the offer holds."""
    return day + timedelta(days=VALID_DAYS)
