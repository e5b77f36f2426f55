/**
 * The catalogue in both languages. The agent's state is in the language that it was made in; the page's may be another
 * by now. What is not in this table (a company, a letter somebody wrote) stays as it is.
 */
import type { Language } from "./text";

const TERMS: readonly (readonly [ru: string, en: string])[] = [
  ["CRM Старт", "CRM Start"],
  ["CRM Бизнес", "CRM Business"],
  ["CRM Корпорация", "CRM Enterprise"],
  ["Облачная телефония", "Cloud telephony"],
  ["Онлайн-чат", "Online chat"],
  ["Рассылки", "Mailing package"],
  ["Сквозная аналитика", "End-to-end analytics"],
  ["Складской учёт", "Warehouse management"],
  ["Электронный документооборот", "Electronic document exchange"],
  ["Онлайн-касса", "Online cash register"],
  ["Внедрение CRM", "CRM implementation"],
  ["Обучение команды", "Team training"],
  ["Расширенная поддержка", "Extended support"],
  ["Интеграция с 1С", "1C integration"],
  ["лицензия/год", "licence/year"],
  ["номер/год", "number/year"],
  ["оператор/год", "operator/year"],
  ["пакет/год", "package/year"],
  ["проект/год", "project/year"],
  ["склад/год", "warehouse/year"],
  ["компания/год", "company/year"],
  ["штука", "piece"],
  ["проект", "project"],
  ["день", "day"],
  ["год", "year"],
];

const IN: Record<Language, ReadonlyMap<string, string>> = {
  ru: new Map(TERMS.map(([ru, en]) => [en, ru])),
  en: new Map(TERMS),
};

/** A product's name or unit in the page's language. */
export function term(name: string, language: Language): string {
  return IN[language].get(name) ?? name;
}
