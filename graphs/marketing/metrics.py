"""What a campaign brought, in the ratios marketers speak in."""

from graphs.state import CampaignMetrics


def metrics(
    *,
    sent: int,
    delivered: int,
    opened: int,
    clicked: int,
    new_leads: int,
    new_customers: int,
    cost: int,
    revenue: int,
) -> CampaignMetrics:
    """The counts with their ratios; `cost` and `revenue` in roubles."""
    return {
        "sent": sent,
        "delivered": delivered,
        "opened": opened,
        "clicked": clicked,
        "new_leads": new_leads,
        "new_customers": new_customers,
        "cost": cost,
        "revenue": revenue,
        "open_rate": _ratio(opened, delivered),
        "ctr": _ratio(clicked, delivered),
        "conversion": _ratio(new_customers, clicked),
        "cac": round(cost / new_customers) if new_customers else None,
        "roas": _ratio(revenue, cost),
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
