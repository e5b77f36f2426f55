"""A/B tests: the two-proportion z-test, two-sided, as in any statistics textbook (pooled variance for the
test, unpooled for the interval of the difference, Wilson's interval for each rate).
"""

from math import ceil, sqrt
from statistics import NormalDist

from graphs.state import Experiment, Variant

NORMAL = NormalDist()
POWER = 0.8


def evaluate(
    visitors_a: int, conversions_a: int, visitors_b: int, conversions_b: int, confidence: float = 0.95
) -> Experiment:
    """Compare two variants.

    Raises ValueError when there are no visitors, more conversions than visitors, or confidence is not within
    0.5..0.999.
    """
    for name, visitors, conversions in (("A", visitors_a, conversions_a), ("B", visitors_b, conversions_b)):
        if visitors <= 0 or not 0 <= conversions <= visitors:
            msg = f"variant {name}: expected 0 <= conversions <= visitors, got {conversions} of {visitors}"
            raise ValueError(msg)
    if not 0.5 <= confidence <= 0.999:
        msg = f"confidence must be 0.5 to 0.999, got {confidence}"
        raise ValueError(msg)

    rate_a, rate_b = conversions_a / visitors_a, conversions_b / visitors_b
    difference = rate_b - rate_a
    pooled = (conversions_a + conversions_b) / (visitors_a + visitors_b)
    error = sqrt(pooled * (1 - pooled) * (1 / visitors_a + 1 / visitors_b))
    z = difference / error if error else 0.0  # nobody, or everybody, converted on both sides: no difference
    p_value = 2 * (1 - NORMAL.cdf(abs(z)))
    critical = NORMAL.inv_cdf(0.5 + confidence / 2)
    margin = critical * sqrt(rate_a * (1 - rate_a) / visitors_a + rate_b * (1 - rate_b) / visitors_b)
    significant = p_value < 1 - confidence
    return {
        "variants": [
            _variant("A", visitors_a, conversions_a, critical),
            _variant("B", visitors_b, conversions_b, critical),
        ],
        "difference": round(difference, 6),
        "difference_low": round(difference - margin, 6),
        "difference_high": round(difference + margin, 6),
        "lift": round(difference / rate_a, 4) if rate_a else None,
        "z": round(z, 4),
        "p_value": round(p_value, 6),
        "confidence": confidence,
        "significant": significant,
        "winner": ("B" if difference > 0 else "A") if significant else None,
        "needed_per_variant": needed(rate_a, rate_b, confidence),
    }


def needed(rate_a: float, rate_b: float, confidence: float = 0.95) -> int | None:
    """Visitors per variant to find this difference with 80 % power; None when there is none."""
    if rate_a == rate_b:
        return None
    alpha = NORMAL.inv_cdf(0.5 + confidence / 2)
    beta = NORMAL.inv_cdf(POWER)
    mean = (rate_a + rate_b) / 2
    spread = alpha * sqrt(2 * mean * (1 - mean)) + beta * sqrt(rate_a * (1 - rate_a) + rate_b * (1 - rate_b))
    return ceil((spread / (rate_b - rate_a)) ** 2)


def _variant(name: str, visitors: int, conversions: int, critical: float) -> Variant:
    low, high = wilson(conversions, visitors, critical)
    return {
        "name": name,
        "visitors": visitors,
        "conversions": conversions,
        "rate": round(conversions / visitors, 6),
        "low": round(low, 6),
        "high": round(high, 6),
    }


def wilson(successes: int, trials: int, critical: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion: stays within 0..1, also for few trials."""
    rate = successes / trials
    spread = critical**2 / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = critical / (1 + spread) * sqrt(rate * (1 - rate) / trials + spread / (4 * trials))
    return max(0.0, centre - half), min(1.0, centre + half)
