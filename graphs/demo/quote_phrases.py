"""A quote in words."""

from typing import Any

from graphs.demo.conversation import Turn
from graphs.money import day, number, rub


def quote(turn: Turn, data: dict[str, Any]) -> str:
    """The lines, the sums, the decision about the discount."""
    one = data["quote"]
    if one["status"] == "rejected":
        comment = turn.say(f" Комментарий: {one['comment']}.", f" Comment: {one['comment']}.") if one["comment"] else ""
        return turn.say(
            f"Скидку {one['discount_percent']:g} % для {one['customer']} **не согласовали**, КП не"
            f" сохранено.{comment} Могу сделать КП со скидкой до 10 % — она согласования не требует.",
            f"The discount of {one['discount_percent']:g} % for {one['customer']} was **refused**, the quote"
            f" was not stored.{comment} I can make one with up to 10 %, which needs no approval.",
        )
    table = [
        turn.say("| Позиция | Кол-во | Цена | Сумма |", "| Item | Qty | Price | Amount |"),
        "|---|---:|---:|---:|",
        *(
            f"| {line['product']} | {number(line['quantity'])} | {rub(line['unit_price'])} | {rub(line['amount'])} |"
            for line in one["lines"]
        ),
    ]
    sums = []
    if one["discount_amount"]:
        approved = turn.say(", согласована", ", approved") if one["status"] == "approved" else ""
        sums.append(
            turn.say(
                f"- Скидка {one['discount_percent']:g} %{approved}: −{rub(one['discount_amount'])}",
                f"- Discount {one['discount_percent']:g} %{approved}: −{rub(one['discount_amount'])}",
            )
        )
    sums.append(
        turn.say(
            f"- НДС {one['vat_percent']} %: {rub(one['vat'])}",
            f"- VAT {one['vat_percent']} %: {rub(one['vat'])}",
        )
    )
    sums.append(turn.say(f"- **Итого: {rub(one['total'])}**", f"- **Total: {rub(one['total'])}**"))
    head = turn.say(
        f"**{one['number']} для {one['customer']}** готово.",
        f"**{one['number']} for {one['customer']}** is ready.",
    )
    tail = turn.say(
        f"Действует до {day(one['valid_until'])}. Отправьте сегодня и перезвоните через два дня.",
        f"Valid until {one['valid_until']}. Send it today and call back in two days.",
    )
    return "\n".join([head, "", *table, "", *sums, "", tail])
