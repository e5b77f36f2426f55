"""Tool: searching the products. Also how a quote finds the product somebody names."""

from collections.abc import Sequence
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select

from graphs.crm import models
from graphs.crm.database import database
from graphs.crm.names import words
from graphs.tooling import Runtime, answer


@tool
async def search_products(
    runtime: Runtime,
    *,
    query: Annotated[str, Field(description="What the customer needs, in words; empty: the whole catalogue")] = "",
    max_price: Annotated[int | None, Field(ge=0, description="Price of one unit at most, roubles without VAT")] = None,
) -> Command[Any]:
    """Search our products and services by name or need. Prices are roubles without VAT for one unit."""
    async with database().read() as session:
        rows = list((await session.scalars(select(models.Product).order_by(models.Product.id))).all())
    found = rank(query, rows) if query.strip() else rows
    products = [
        {
            "id": row.id,
            "sku": row.sku,
            "name": row.name,
            "category": row.category,
            "unit": row.unit,
            "price": row.price,
            "description": row.description,
        }
        for row in found
        if max_price is None or row.price <= max_price
    ]
    return answer(runtime, {"total": len(products), "products": products})


def rank(query: str, products: Sequence[models.Product]) -> list[models.Product]:
    """The products that have a word of the query, those with most of them first. The name counts double."""
    wanted = words(query)
    scored = [(_score(wanted, product), product) for product in products]
    return [product for score, product in sorted(scored, key=lambda pair: (-pair[0], pair[1].id)) if score]


def _score(wanted: Sequence[str], product: models.Product) -> int:
    if "".join(wanted) == "".join(words(product.sku)):
        return 100
    name = words(product.name)
    other = words(f"{product.category} {product.keywords} {product.description}")
    return sum(2 * _has(word, name) + _has(word, other) for word in wanted if len(word) > 1)


def _has(word: str, among: Sequence[str]) -> bool:
    stem = word[: max(3, len(word) - 2)]
    return any(other == word or (len(word) > 3 and len(other) > 3 and other.startswith(stem)) for other in among)
