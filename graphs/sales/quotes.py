"""Tool: making a quote. A discount above the free one waits for a person."""

from typing import Annotated, Any
from uuid import uuid4

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graphs.approval import ask, discount_schema
from graphs.crm import models, shapes
from graphs.crm.clock import today
from graphs.crm.database import database
from graphs.crm.names import best_matches
from graphs.language import Language
from graphs.money import rub
from graphs.sales import pricing
from graphs.sales.products import choose
from graphs.state import Quote, QuoteStatus
from graphs.tooling import Runtime, ToolError, answer, language_of

WHICH = "Nothing was stored. Ask the user which of these; then call again with the whole name."


class Item(BaseModel):
    """One line of the quote to make."""

    product: str = Field(description="SKU or name of the product")
    quantity: int = Field(ge=1, le=10_000, description="A whole number, in the product's own unit")


@tool
async def make_quote(
    runtime: Runtime,
    *,
    customer: Annotated[str, Field(description="The customer's name (a lead's company will do); or give lead_id")] = "",
    lead_id: Annotated[int | None, Field(ge=1, description="The lead's id, when the name is not known")] = None,
    items: Annotated[list[Item], Field(min_length=1, max_length=30)],
    discount_percent: Annotated[float, Field(ge=0, description="Discount on the whole quote, percent")] = 0,
) -> Command[Any]:
    """Make a quote (commercial offer) for a customer. Above 10 % discount a person is asked first; 30 % is
    the limit.
    """
    language = language_of(runtime)
    ru = language == "ru"
    if discount_percent > pricing.MAX_DISCOUNT:
        limit = f"{pricing.MAX_DISCOUNT:g}"
        raise ToolError(
            f"Скидка больше {limit} % невозможна." if ru else f"A discount above {limit} % is not possible.",
            f"Nothing was stored. Offer the user {limit} % at most; that still needs a person's approval.",
        )

    async with database().read() as session:
        customer = customer or await _lead_name(session, lead_id, language)
        draft = await _draft(session, customer, items, discount_percent, language)

    status: QuoteStatus = "draft"
    comment = ""
    if pricing.needs_approval(discount_percent):
        decision = ask(
            {"reason": "discount_approval", "message": _question(draft, language), "quote": draft},
            discount_schema(language),
        )
        granted = discount_percent if decision.discount is None else decision.discount
        if not decision.approved or not 0 <= granted <= pricing.MAX_DISCOUNT:
            refused: Quote = {**draft, "status": "rejected", "comment": decision.comment}
            note = (
                "Скидку не согласовали, КП не сохранено."
                if ru
                else "The discount was refused; the quote was not stored."
            )
            return answer(runtime, {"quote": refused, "note": note}, quote=refused)
        status, comment, discount_percent = "approved", decision.comment, granted

    async with database().write() as session:
        quote = await _store(session, customer, items, discount_percent, language, status=status, comment=comment)
    return answer(runtime, {"quote": quote}, quote=quote)


def _question(draft: Quote, language: Language) -> str:
    if language == "ru":
        return (
            f"Согласовать скидку {draft['discount_percent']:g}".replace(".", ",") + f" % для {draft['customer']}? "
            f"Сумма КП {rub(draft['total'])} с НДС вместо {rub(_full_price(draft))}."
        )
    return (
        f"Approve a discount of {draft['discount_percent']:g} % for {draft['customer']}? "
        f"The quote comes to {rub(draft['total'])} with VAT instead of {rub(_full_price(draft))}."
    )


def _full_price(draft: Quote) -> int:
    return draft["subtotal"] + round(draft["subtotal"] * draft["vat_percent"] / 100)


async def _draft(session: AsyncSession, customer: str, items: list[Item], discount: float, language: Language) -> Quote:
    """The quote as it would be; nothing is stored."""
    row = await _build(session, customer, items, discount, language)
    row.customer_id = row.customer.id or 0
    return {**shapes.quote(row, language), "id": None, "number": None}


async def _store(
    session: AsyncSession,
    customer: str,
    items: list[Item],
    discount: float,
    language: Language,
    *,
    status: QuoteStatus,
    comment: str,
) -> Quote:
    row = await _build(session, customer, items, discount, language)
    row.status, row.comment = status, comment
    # The number comes from the id, which only the database can give without two quotes getting the same one.
    row.number = uuid4().hex[:30]
    session.add(row)
    await session.flush()
    row.number = f"КП-{today().year}-{row.id:04d}"
    await session.flush()
    return shapes.quote(row, language)


async def _build(
    session: AsyncSession, customer: str, items: list[Item], discount: float, language: Language
) -> models.Quote:
    buyer = await _buyer(session, customer, language)
    products = list((await session.scalars(select(models.Product).order_by(models.Product.id))).all())
    lines = []
    for item in items:
        product = choose(item.product, products, language)
        lines.append(
            models.QuoteLine(product=product, product_id=product.id, quantity=item.quantity, unit_price=product.price)
        )
    price = pricing.price([line.quantity * line.unit_price for line in lines], discount, today())
    return models.Quote(
        number="",
        customer=buyer,
        lines=lines,
        subtotal=price.subtotal,
        discount_percent=price.discount_percent,
        discount_amount=price.discount_amount,
        net=price.net,
        vat_percent=price.vat_percent,
        vat=price.vat,
        total=price.total,
        status="draft",
        comment="",
        created_on=today(),
        valid_until=pricing.valid_until(today()),
    )


async def _lead_name(session: AsyncSession, lead_id: int | None, language: Language) -> str:
    ru = language == "ru"
    if lead_id is None:
        raise ToolError("Для кого КП? Назовите клиента." if ru else "Whom is the quote for? Name the customer.")
    row = await session.get(models.Lead, lead_id)
    if row is None:
        raise ToolError(
            f"Лида с номером {lead_id} нет." if ru else f"There is no lead {lead_id}.",
            "Nothing was stored. find_leads lists the leads; ask the user which one is meant.",
        )
    return row.company


async def _buyer(session: AsyncSession, name: str, language: Language) -> models.Customer:
    """The customer of that name; else a new one made from the lead of that name (not yet stored)."""
    ru = language == "ru"
    customers = list((await session.scalars(select(models.Customer).order_by(models.Customer.id))).all())
    found = best_matches(name, customers)
    if len(found) == 1:
        return found[0]
    leads = best_matches(name, list((await session.scalars(select(models.Lead).order_by(models.Lead.id))).all()))
    if not found and len(leads) == 1:
        lead = leads[0]
        return models.Customer(
            company=lead.company,
            contact=lead.contact,
            email=lead.email,
            city=lead.city,
            industry=lead.industry,
            employees=lead.employees,
            since=today(),
        )
    several = [*(row.company for row in found), *(row.company for row in leads)]
    if several:
        names = "; ".join(several[:8])
        raise ToolError(
            f"Подходит несколько компаний: {names}. Какая?" if ru else f"Several fit: {names}. Which one?", WHICH
        )
    raise ToolError(
        f"Компании «{name}» в CRM нет." if ru else f"There is no company {name!r} in the CRM.",
        "Nothing was stored. find_leads finds companies by part of the name; else ask the user for the right name.",
    )
