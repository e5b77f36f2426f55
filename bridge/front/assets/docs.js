// /openapi.json for people: every operation, what it takes and gives, and the schemas that are named there.

import { find, make, say, words } from "./elements.js";
import { inline } from "./markdown.js";
import { ask } from "./server.js";

const pretty = (value) => JSON.stringify(value, null, 2);
const nameOf = (reference) => reference.split("/").pop();

/** The names of all schemas that a value refers to, by way of others too. */
function named(value, schemas, found = new Set()) {
  if (value === null || typeof value !== "object") return found;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== "$ref" || typeof inner !== "string") named(inner, schemas, found);
    else if (!found.has(nameOf(inner))) {
      found.add(nameOf(inner));
      named(schemas[nameOf(inner)], schemas, found);
    }
  }
  return found;
}

const block = (value, label) => make("pre", { tabIndex: 0, ariaLabel: label }, pretty(value));

/** A `details` that is filled when it is opened: all schemas at once would be megabytes. */
function later(summary, fill) {
  const details = make("details", {}, make("summary", {}, ...summary));
  details.addEventListener("toggle", () => details.childElementCount === 1 && details.append(...fill()), { once: true });
  return details;
}

function contents(operation, schemas) {
  const shown = [];
  const resolve = (schema) => (schema.$ref ? schemas[nameOf(schema.$ref)] : schema);
  const bodies = [];
  const body = (title, content) => {
    for (const [media, { schema }] of Object.entries(content)) {
      const whole = resolve(schema);
      bodies.push(whole);
      shown.push(make("h4", {}, `${title} ${media}`), block(whole, `${title} ${media}`));
    }
  };
  if (operation["x-scope"]) shown.push(make("p", {}, `${words.needs}: `, make("code", {}, operation["x-scope"])));
  if (operation.parameters) {
    shown.push(make("h4", {}, words.parameters));
    shown.push(
      make("ul", {}, ...operation.parameters.map((one) =>
        make("li", {}, make("code", {}, one.name), ` ${one.in}${one.required ? `, ${words.required}` : ""}`))),
    );
  }
  if (operation.requestBody) body(words.takes, operation.requestBody.content);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status === "200") body(words.gives, response.content);
    else body(`${words.errors} ${status}`, response.content);
  }
  const names = [...named(bodies, schemas)].sort();
  if (names.length) {
    shown.push(make("h4", {}, words.schemas));
    shown.push(...names.map((name) => later([make("code", {}, name)], () => [block(schemas[name], name)])));
  }
  return shown;
}

function show({ paths, components }) {
  const place = find("operations");
  const groups = new Map();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const [tag] = operation.tags;
      if (!groups.has(tag)) {
        groups.set(tag, make("section", {}, make("h2", {}, tag)));
        place.append(groups.get(tag));
      }
      const line = [make("b", { data: { method } }, method.toUpperCase()), " ", make("code", {}, path)];
      line.push(" ", make("span", { className: "faint" }, ...inline(operation.summary)));
      groups.get(tag).append(later(line, () => contents(operation, components.schemas)));
    }
  }
}

/** Shows what has this text in its method, path or summary. */
function filter(text) {
  const wanted = text.trim().toLowerCase();
  for (const section of find("operations").children) {
    const operations = [...section.querySelectorAll(":scope > details")];
    for (const one of operations) one.hidden = !one.firstElementChild.textContent.toLowerCase().includes(wanted);
    section.hidden = operations.every((one) => one.hidden);
  }
}

find("filter").addEventListener("input", (event) => filter(event.target.value));
try {
  show(await (await ask("openapi.json")).json());
} catch (error) {
  say(find("fault"), error.message);
}
