import type { Stage } from "../agent/state";
import { useSettings } from "../settings";
import { term } from "../terms";
import type { ViewProps } from "./Board";
import { useBoard } from "./board-state";
import { Badge, Bar, Empty, Figure, TableFrame } from "./parts";

export function PipelineView({ state, ask, disabled }: ViewProps) {
  const { text, language, format } = useSettings();
  const { highlighted, highlight } = useBoard();
  const words = text.pipeline;
  const pipeline = state.pipeline;
  if (!pipeline)
    return (
      <Empty
        title={words.empty}
        hint={words.emptyHint}
        action={words.ask}
        onAction={() => ask(words.ask)}
        disabled={disabled}
      />
    );

  // Two years of won and lost deals would dwarf the open ones: each kind has a scale of its own.
  const largest = (closed: boolean) =>
    Math.max(...pipeline.stages.filter((stage) => isClosed(stage.stage) === closed).map((stage) => stage.amount), 1);
  return (
    <div className="stack">
      <dl className="figures">
        <Figure
          label={words.open}
          value={format.moneyShort(pipeline.open_amount)}
          note={`${format.number(pipeline.open_count)} ${words.deals}`}
        />
        <Figure label={words.weighted} value={format.moneyShort(pipeline.weighted_forecast)} />
        <Figure
          label={words.month}
          value={format.moneyShort(pipeline.month_forecast)}
          note={`${words.monthWon} ${format.moneyShort(pipeline.month_won_amount)}`}
        />
        <Figure label={words.winRate} value={format.rate(pipeline.win_rate)} />
      </dl>

      <ol className="stages">
        {pipeline.stages.map((stage) => (
          <li key={stage.stage} data-closed={isClosed(stage.stage)} data-highlighted={highlighted === stage.stage}>
            <button
              type="button"
              aria-pressed={highlighted === stage.stage}
              onClick={() => highlight(highlighted === stage.stage ? null : stage.stage)}
            >
              <span className="stage-title">{text.stages[stage.stage]}</span>
              <span className="stage-sum">
                <b>{format.moneyShort(stage.amount)}</b>
                <span className="count" title={words.deals}>
                  {format.number(stage.count)}
                </span>
              </span>
              <Bar share={stage.amount / largest(isClosed(stage.stage))} tone={stage.stage} />
              {!isClosed(stage.stage) && (
                <span className="note">
                  {words.stageForecast} <b>{format.moneyShort(stage.weighted)}</b>
                  {stage.conversion !== null && `, ${words.conversion} ${format.rate(stage.conversion)}`}
                </span>
              )}
            </button>
          </li>
        ))}
      </ol>

      {pipeline.top_deals.length > 0 && (
        <section className="panel">
          <h3>{words.top}</h3>
          <TableFrame>
            <table>
              <thead>
                <tr>
                  <th scope="col">{words.columns.deal}</th>
                  <th scope="col">{words.columns.stage}</th>
                  <th scope="col" className="end">
                    {words.columns.amount}
                  </th>
                  <th scope="col">{words.columns.close}</th>
                  <th scope="col">{words.columns.owner}</th>
                </tr>
              </thead>
              <tbody>
                {pipeline.top_deals.map((deal) => (
                  <tr key={deal.id} data-highlighted={highlighted === deal.stage}>
                    <td>
                      {term(deal.title, language)}
                      <small>{deal.customer}</small>
                    </td>
                    <td>
                      <Badge tone={deal.stage}>{text.stages[deal.stage]}</Badge>
                    </td>
                    <td className="end nowrap">{format.money(deal.amount)}</td>
                    <td className="nowrap">{format.dateShort(deal.expected_close_on)}</td>
                    <td>{deal.owner}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableFrame>
        </section>
      )}
      <p className="note">
        {text.board.asOf} {format.date(pipeline.as_of)}, {pipeline.owner ?? words.everybody}
      </p>
    </div>
  );
}

function isClosed(stage: Stage): boolean {
  return stage === "won" || stage === "lost";
}
