// The Markdown that models write, as elements: paragraphs, headings, lists, quotes, tables, code, emphasis, links.
// Everything else is text, HTML too. Elements are made one by one, so no answer can put markup into the page.

import { make } from "./elements.js";

const LONGEST = 100_000; // characters; a longer text is shown as it is, since it is read again while it grows
const DEEPEST = 6; // lists and quotes inside each other

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^#{1,6}\s+(.*)$/;
const ITEM = /^(\s*(?:[-*+]|(\d{1,9})[.)])\s+)(.*)$/;
const QUOTE = /^\s*>\s?/;
const RULE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/;
const ROW = /^\s*\|.*\|\s*$/;
const DIVIDER = /^\s*\|(?:\s*:?-+:?\s*\|)+\s*$/;
const INLINE = new RegExp(
  [
    "(`{1,2})([^`\\n]+)\\1", // code
    "\\*\\*(?=\\S)((?:[^*]|\\*(?!\\*))+?)(?<=\\S)\\*\\*", // strong
    "(?<![\\p{L}\\d*])\\*(?=[^\\s*])([^*\\n]+?)(?<=\\S)\\*(?![\\p{L}\\d*])", // emphasis
    "!?\\[([^\\[\\]\\n]{1,500})\\]\\(((?:https?://|mailto:)[^\\s()]{1,2000})\\)", // a link; an image is one too
  ].join("|"),
  "gu",
);

/** The elements of a text, one for each block. */
export const markdown = (text) => (text.length > LONGEST ? [make("p", {}, text)] : blocks(text.split("\n"), 0));

/** A line's text nodes and elements. */
export function inline(text) {
  const shown = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, , code, strong, emphasis, label, href] = found;
    shown.push(text.slice(at, found.index));
    at = found.index + whole.length;
    if (code) shown.push(make("code", {}, code));
    else if (strong) shown.push(make("strong", {}, ...inline(strong)));
    else if (emphasis) shown.push(make("em", {}, ...inline(emphasis)));
    else shown.push(make("a", { href, target: "_blank", rel: "noopener noreferrer" }, label));
  }
  return [...shown, text.slice(at)].filter((one) => one !== "");
}

function blocks(lines, depth) {
  const made = [];
  let at = 0;
  const take = (test) => {
    const start = at;
    while (at < lines.length && test(lines[at])) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) made.push(fenced(FENCE.exec(line)[1], take));
    else if (RULE.test(line)) made.push(...take((one) => RULE.test(one)).slice(0, 1).map(() => make("hr")));
    else if (HEADING.test(line)) {
      made.push(make("p", { className: "heading" }, ...inline(HEADING.exec(line)[1])));
      at += 1;
    } else if (ROW.test(line) && DIVIDER.test(lines[at + 1] ?? "")) made.push(table(take((one) => ROW.test(one))));
    else if (QUOTE.test(line) && depth < DEEPEST) {
      const quoted = take((one) => QUOTE.test(one)).map((one) => one.replace(QUOTE, ""));
      made.push(make("blockquote", {}, ...blocks(quoted, depth + 1)));
    } else if (ITEM.test(line) && depth < DEEPEST) made.push(list(take, depth));
    else {
      let first = true; // at least one line, so that the text always gets shorter
      const text = take((one) => (first ? !(first = false) : one.trim() && !begins(one)));
      made.push(make("p", {}, ...inline(text.join("\n"))));
    }
  }
  return made;
}

const begins = (line) => [FENCE, RULE, HEADING, QUOTE, ITEM].some((one) => one.test(line)) || ROW.test(line);

/** Code up to the fence that ends it; the whole rest while the end has not come. */
function fenced(fence, take) {
  let ends = 0;
  const taken = take((line) => {
    if (ends === 2) return false;
    if (ends === 0 || line.trim() === fence) ends += 1;
    return true;
  });
  const code = ends === 2 ? taken.slice(1, -1) : taken.slice(1);
  return make("pre", { tabIndex: 0 }, make("code", {}, code.join("\n")));
}

/** Items of one kind. What is indented below an item belongs to it. */
function list(take, depth) {
  let made = null;
  let first = null;
  for (;;) {
    const [line] = take(((taken) => (one) => !taken && (taken = continues(one, first)))(false));
    if (line === undefined) return made;
    const [, marker, number, text] = ITEM.exec(line);
    first ??= { indent: line.search(/\S/), ordered: number !== undefined };
    made ??= number === undefined ? make("ul") : make("ol", { start: Number(number) });
    const inner = take((one) => one.trim() && one.search(/\S/) > first.indent);
    const deeper = inner.map((one) => one.slice(Math.min(one.search(/\S/), marker.length)));
    const [head, ...rest] = blocks([text, ...deeper], depth + 1);
    made.append(make("li", {}, ...(head?.className === "" && head.tagName === "P" ? head.childNodes : [head ?? ""]), ...rest));
    if (deeper.length) take((one) => !one.trim());
    else take(((blank) => (one) => !one.trim() && (blank += 1) < 2)(0));
  }
}

function continues(line, first) {
  const found = ITEM.exec(line);
  if (!found || RULE.test(line)) return false;
  return first === null || (line.search(/\S/) === first.indent && (found[2] !== undefined) === first.ordered);
}

function table([head, , ...body]) {
  const cells = (row) => row.trim().slice(1, -1).split("|").map((cell) => inline(cell.trim()));
  const top = make("tr", {}, ...cells(head).map((cell) => make("th", { scope: "col" }, ...cell)));
  const rows = body.map((row) => make("tr", {}, ...cells(row).map((cell) => make("td", {}, ...cell))));
  return make("div", { className: "table", tabIndex: 0 }, make("table", {}, make("thead", {}, top), make("tbody", {}, ...rows)));
}
