import type { Language } from "./text";

export interface Formats {
  /** 12 400 000 ₽ */
  money: (roubles: number) => string;
  /** 12,4 млн ₽ */
  moneyShort: (roubles: number) => string;
  number: (value: number) => string;
  /** A rate: 0.254 as 25,4 %, 0.59 as 59,0 %. Halves go up, as in the agent's own words. */
  rate: (fraction: number | null) => string;
  /** A percentage that somebody chose: 15 as 15 %, 12.5 as 12,5 % */
  percent: (percent: number) => string;
  /** "< 0,001", "= 0,042" */
  probability: (value: number) => string;
  /** 3.2 as 3,2× */
  times: (ratio: number | null) => string;
  /** 2026-11-22 as 22 ноября 2026 г. */
  date: (iso: string) => string;
  /** The same for a table: 22 нояб. 2026 г. */
  dateShort: (iso: string) => string;
  /** "3 часа назад" */
  ago: (iso: string) => string;
}

const NONE = "—";
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function formats(language: Language): Formats {
  const locale = language === "ru" ? "ru-RU" : "en-GB";
  const currency = { style: "currency", currency: "RUB", currencyDisplay: "narrowSymbol" } as const;
  const money = new Intl.NumberFormat(locale, { ...currency, maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { ...currency, notation: "compact", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(locale);
  const rate = new Intl.NumberFormat(locale, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const probability = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
  const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
  const dateShort = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    money: (roubles) => money.format(roubles),
    moneyShort: (roubles) => short.format(roubles),
    number: (value) => number.format(value),
    rate: (fraction) => (fraction === null ? NONE : rate.format(fraction)),
    percent: (value) => percent.format(value / 100),
    probability: (value) => (value < 0.001 ? `< ${probability.format(0.001)}` : `= ${probability.format(value)}`),
    times: (ratio) => (ratio === null ? NONE : `${number.format(Math.round(ratio * 100) / 100)}×`),
    date: (iso) => (Number.isNaN(Date.parse(iso)) ? iso : date.format(new Date(iso))),
    dateShort: (iso) => (Number.isNaN(Date.parse(iso)) ? iso : dateShort.format(new Date(iso))),
    ago: (iso) => {
      const seconds = (Date.parse(iso) - Date.now()) / 1000;
      if (Number.isNaN(seconds)) return "";
      const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
      return relative.format(unit === "second" ? 0 : Math.trunc(seconds / size), unit);
    },
  };
}
