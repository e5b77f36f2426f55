"""Rows as the JSON values of `graphs.state`."""

from graphs.crm import models
from graphs.state import Campaign, Deal, Lead, Quote


def lead(row: models.Lead) -> Lead:
    """A lead, without its BANT parts: those are made when it is qualified."""
    return {
        "id": row.id,
        "company": row.company,
        "contact": row.contact,
        "position": row.position,
        "email": row.email,
        "phone": row.phone,
        "city": row.city,
        "industry": row.industry,
        "employees": row.employees,
        "source": row.source,
        "status": row.status,  # type: ignore[typeddict-item]  # the column holds nothing else
        "budget": row.budget,
        "need": row.need,
        "timeline_months": row.timeline_months,
        "owner": row.owner,
        "created_on": row.created_on.isoformat(),
        "last_contact_on": row.last_contact_on.isoformat() if row.last_contact_on else None,
    }


def deal(row: models.Deal) -> Deal:
    """A deal; its customer must be loaded."""
    return {
        "id": row.id,
        "title": row.title,
        "customer": row.customer.company,
        "amount": row.amount,
        "stage": row.stage,  # type: ignore[typeddict-item]  # the column holds nothing else
        "expected_close_on": row.expected_close_on.isoformat(),
        "owner": row.owner,
    }


def quote(row: models.Quote) -> Quote:
    """A quote; its customer, lines and their products must be loaded."""
    return {
        "id": row.id,
        "number": row.number,
        "customer": row.customer.company,
        "customer_id": row.customer_id,
        "lines": [
            {
                "product_id": line.product_id,
                "sku": line.product.sku,
                "product": line.product.name,
                "unit": line.product.unit,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "amount": line.quantity * line.unit_price,
            }
            for line in row.lines
        ],
        "subtotal": row.subtotal,
        "discount_percent": row.discount_percent,
        "discount_amount": row.discount_amount,
        "net": row.net,
        "vat_percent": row.vat_percent,
        "vat": row.vat,
        "total": row.total,
        "status": row.status,  # type: ignore[typeddict-item]  # the column holds nothing else
        "comment": row.comment,
        "created_on": row.created_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
    }


def campaign(row: models.Campaign) -> Campaign:
    """A campaign, without its figures."""
    return {
        "id": row.id,
        "name": row.name,
        "segment": row.segment,
        "audience": row.audience,
        "channel": row.channel,  # type: ignore[typeddict-item]  # the column holds nothing else
        "goal": row.goal,
        "tone": row.tone,
        "subject": row.subject,
        "body": row.body,
        "budget": row.budget,
        "status": row.status,  # type: ignore[typeddict-item]  # the column holds nothing else
        "scheduled_on": row.scheduled_on.isoformat() if row.scheduled_on else None,
        "comment": row.comment,
    }
