"""Tool: searching the products. Also how a quote finds the product somebody names."""

from collections.abc import Sequence
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.types import Command
from pydantic import Field
from sqlalchemy import select

from graphs.crm import models
from graphs.crm.database import database
from graphs.crm.english import term
from graphs.crm.names import words
from graphs.language import Language
from graphs.tooling import Runtime, ToolError, answer, language_of


@tool
async def search_products(
    runtime: Runtime,
    *,
    query: Annotated[str, Field(description="What the customer needs, in words; empty: the whole catalogue")] = "",
    max_price: Annotated[int | None, Field(ge=0, description="Price of one unit at most, roubles without VAT")] = None,
) -> Command[Any]:
    """Search our products and services by name or need. Prices are roubles without VAT for one unit."""
    language = language_of(runtime)
    async with database().read() as session:
        rows = list((await session.scalars(select(models.Product).order_by(models.Product.id))).all())
    found = rank(query, rows) if query.strip() else rows
    products = [
        {
            "id": row.id,
            "sku": row.sku,
            "name": term(row.name, language),
            "category": term(row.category, language),
            "unit": term(row.unit, language),
            "price": row.price,
            "description": term(row.description, language),
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


def choose(query: str, products: Sequence[models.Product], language: Language) -> models.Product:
    """The one product meant. Raises ToolError when there is none, or when several fit equally ("CRM")."""
    ru = language == "ru"
    wanted = words(query)
    found = rank(query, products)
    best = [product for product in found if _score(wanted, product) == _score(wanted, found[0])]
    if len(best) == 1:
        return best[0]
    names = ", ".join(term(product.name, language) for product in best or products)
    if best:
        raise ToolError(
            f"«{query}» — это несколько товаров: {names}. Какой?" if ru else f"{query!r} may be {names}. Which one?",
            "Nothing was stored. Ask the user which of these, do not choose.",
        )
    raise ToolError(
        f"Товара «{query}» нет. Есть: {names}." if ru else f"There is no product {query!r}. We have: {names}.",
        "Nothing was stored. Call again with one of these names if it is clear which one; else ask the user.",
    )


def _score(wanted: Sequence[str], product: models.Product) -> int:
    if "".join(wanted) == "".join(words(product.sku)):
        return 100
    name = words(f"{product.name} {term(product.name, 'en')}")
    other = words(f"{product.category} {product.keywords} {product.description}")
    return sum(2 * _has(word, name) + _has(word, other) for word in wanted if len(word) > 1)


def _has(word: str, among: Sequence[str]) -> bool:
    stem = word[: max(3, len(word) - 2)]
    return any(other == word or (len(word) > 3 and len(other) > 3 and other.startswith(stem)) for other in among)
