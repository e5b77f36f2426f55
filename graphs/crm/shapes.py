"""Rows as the JSON values of `graphs.state`, terms and people in the language of the conversation."""

from graphs.crm import models
from graphs.crm.english import person, quote_number, term
from graphs.language import Language
from graphs.state import Campaign, Deal, Lead, Quote


def lead(row: models.Lead, language: Language) -> Lead:
    """A lead, without its BANT parts: those are made when it is qualified."""
    return {
        "id": row.id,
        "company": row.company,
        "contact": person(row.contact, language),
        "position": term(row.position, language),
        "email": row.email,
        "phone": row.phone,
        "city": term(row.city, language),
        "industry": term(row.industry, language),
        "employees": row.employees,
        "source": term(row.source, language),
        "status": row.status,  # type: ignore[typeddict-item]  # the column holds nothing else
        "budget": row.budget,
        "need": term(row.need, language),
        "timeline_months": row.timeline_months,
        "owner": person(row.owner, language),
        "created_on": row.created_on.isoformat(),
        "last_contact_on": row.last_contact_on.isoformat() if row.last_contact_on else None,
    }


def deal(row: models.Deal, language: Language) -> Deal:
    """A deal; its customer must be loaded."""
    return {
        "id": row.id,
        "title": term(row.title, language),
        "customer": row.customer.company,
        "amount": row.amount,
        "stage": row.stage,  # type: ignore[typeddict-item]  # the column holds nothing else
        "expected_close_on": row.expected_close_on.isoformat(),
        "owner": person(row.owner, language),
    }


def quote(row: models.Quote, language: Language) -> Quote:
    """A quote; its customer, lines and their products must be loaded."""
    return {
        "id": row.id,
        "number": quote_number(row.number, language),
        "customer": row.customer.company,
        "customer_id": row.customer_id,
        "lines": [
            {
                "product_id": line.product_id,
                "sku": line.product.sku,
                "product": term(line.product.name, language),
                "unit": term(line.product.unit, language),
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


def campaign(row: models.Campaign, language: Language) -> Campaign:
    """A campaign, without its figures."""
    return {
        "id": row.id,
        "name": term(row.name, language),
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
        "scheduled_time": row.scheduled_time,
        "comment": row.comment,
    }
