import type { Quote } from "../agent/state";
import { useSettings } from "../settings";
import { term } from "../terms";
import type { ViewProps } from "./Board";
import { Badge, Empty, TableFrame } from "./parts";

export function QuoteView({ state, ask, disabled }: ViewProps) {
  const { text, language, format } = useSettings();
  const words = text.quote;
  const quote = state.quote;
  if (!quote)
    return (
      <Empty
        title={words.empty}
        hint={words.emptyHint}
        action={words.ask}
        onAction={() => ask(words.ask)}
        disabled={disabled}
      />
    );
  return (
    <article className="panel sheet">
      <header className="headline">
        <div>
          <h2>{quote.number ?? words.untitled}</h2>
          <p className="note">
            {words.for} {quote.customer}
          </p>
        </div>
        <div className="badges">
          <Badge tone={quote.status}>{words.status[quote.status]}</Badge>
        </div>
      </header>
      <TableFrame>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.columns.product}</th>
              <th scope="col" className="end">
                {words.columns.quantity}
              </th>
              <th scope="col" className="end">
                {words.columns.price}
              </th>
              <th scope="col" className="end">
                {words.columns.amount}
              </th>
            </tr>
          </thead>
          <tbody>
            {quote.lines.map((line) => (
              <tr key={line.sku}>
                <td>
                  {term(line.product, language)}
                  <small>{line.sku}</small>
                </td>
                <td className="end nowrap">
                  {format.number(line.quantity)} <small>{term(line.unit, language)}</small>
                </td>
                <td className="end nowrap">{format.money(line.unit_price)}</td>
                <td className="end nowrap">{format.money(line.amount)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      <QuoteSums quote={quote} />
      {quote.comment && (
        <p className="callout">
          <b>{words.comment}.</b> {quote.comment}
        </p>
      )}
      {quote.status !== "rejected" && (
        <p className="note">
          {words.validUntil} {format.date(quote.valid_until)}
        </p>
      )}
    </article>
  );
}

export function QuoteSums({ quote }: { quote: Quote }) {
  const { text, format } = useSettings();
  const words = text.quote;
  return (
    <dl className="sums">
      <div>
        <dt>{words.subtotal}</dt>
        <dd>{format.money(quote.subtotal)}</dd>
      </div>
      {quote.discount_percent > 0 && (
        <div>
          <dt>
            {words.discount} {format.percent(quote.discount_percent)}
          </dt>
          <dd>−{format.money(quote.discount_amount)}</dd>
        </div>
      )}
      <div>
        <dt>{words.net}</dt>
        <dd>{format.money(quote.net)}</dd>
      </div>
      <div>
        <dt>
          {words.vat} {format.percent(quote.vat_percent)}
        </dt>
        <dd>{format.money(quote.vat)}</dd>
      </div>
      <div className="total">
        <dt>{words.total}</dt>
        <dd>{format.money(quote.total)}</dd>
      </div>
    </dl>
  );
}
