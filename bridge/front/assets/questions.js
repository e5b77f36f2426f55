// Questions that an agent waits for (AG-UI's interrupts), as a form. All of them are answered together.

import { make, say, words } from "./elements.js";

let made = 0;
const unique = (name) => `${name}-${(made += 1)}`;

/** A field and its label. */
function labelled(text, field) {
  field.id = unique("field");
  return make("p", { className: "field" }, make("label", { htmlFor: field.id }, text), field);
}

/** One of several values, as radio buttons. `options`: [value, word]. */
function choice(title, options, required) {
  const name = unique("choice");
  const group = make("fieldset", { className: "choice" }, make("legend", {}, title));
  options.forEach(([, word], number) => {
    group.append(make("label", {}, make("input", { type: "radio", name, value: number, required }), ` ${word}`));
  });
  const chosen = () => group.querySelector("input:checked");
  return { element: group, read: () => (chosen() ? options[chosen().value][0] : undefined) };
}

/** A text, of which `convert` makes the value. What is empty is left out. */
function text(title, field, convert = (written) => written) {
  return { element: labelled(title, field), read: () => (field.value.trim() === "" ? undefined : convert(field.value)) };
}

function parse(written) {
  try {
    return JSON.parse(written);
  } catch {
    throw new Error(`${words.no_json}: ${written.slice(0, 80)}`);
  }
}

const YES_NO = [
  [true, words.yes],
  [false, words.no],
];

/** The control for a simple schema; `undefined` for any other. */
function simple(schema, title, required) {
  if (schema.type === "boolean") return choice(title, YES_NO, required);
  const options = schema.enum ?? schema.oneOf?.every((one) => "const" in one);
  if (options === true) return choice(title, schema.oneOf.map((one) => [one.const, one.title ?? String(one.const)]), required);
  if (options) return choice(title, options.map((one) => [one, String(one)]), required);
  if (["number", "integer"].includes(schema.type)) {
    const { minimum: min = "", maximum: max = "" } = schema;
    const step = schema.type === "integer" ? 1 : "any";
    return text(title, make("input", { type: "number", min, max, step, required }), Number);
  }
  if (schema.type === "string") return text(title, make("textarea", { rows: 1, required }));
  return undefined;
}

/** The control for the answer that a schema describes. */
function control(schema, title) {
  const one = schema && simple(schema, title, true);
  if (one) return one;
  const fields = Object.entries(schema?.properties ?? {}).map(([name, inner]) => [
    name,
    simple(inner, inner.title ?? name, Boolean(schema.required?.includes(name))),
  ]);
  if (fields.length && fields.every(([, field]) => field)) {
    const element = make("div", {}, ...fields.map(([, field]) => field.element));
    const read = () => Object.fromEntries(fields.map(([name, field]) => [name, field.read()]).filter((pair) => pair[1] !== undefined));
    return { element, read };
  }
  const area = make("textarea", { rows: 4, required: true, spellcheck: false });
  if (!schema) {
    return text(words.as_text, area, (written) => {
      try {
        return JSON.parse(written);
      } catch {
        return written;
      }
    });
  }
  const { element, read } = text(words.as_json, area, parse);
  const wanted = make("details", {}, make("summary", {}, words.wanted), make("pre", {}, JSON.stringify(schema, null, 2)));
  return { element: make("div", {}, element, wanted), read };
}

/** The control for LangChain's review of tool calls: a decision for each. */
function review(requests, schema) {
  const parts = requests.map(({ name, args = {} }, number) => {
    const allowed = schema.properties.decisions.prefixItems[number].anyOf.map((one) => one.properties.type.const);
    const decision = choice(`${words.decision}: ${name}`, allowed.map((kind) => [kind, words[kind] ?? kind]), true);
    const comment = text(words.comment, make("textarea", { rows: 1 }));
    const edited = text(
      words.arguments,
      make("textarea", { rows: 4, spellcheck: false, value: JSON.stringify(args, null, 2) }),
      parse,
    );
    const update = () => {
      edited.element.hidden = decision.read() !== "edit";
      comment.element.hidden = !["reject", "respond"].includes(decision.read());
    };
    decision.element.addEventListener("change", update);
    update();
    const read = () => {
      const type = decision.read();
      if (type === "edit") return { type, edited_action: { name, args: edited.read() ?? {} } };
      const message = ["reject", "respond"].includes(type) ? comment.read() : undefined;
      return message === undefined && type !== "respond" ? { type } : { type, message: message ?? "" };
    };
    return { element: make("div", {}, decision.element, comment.element, edited.element), read };
  });
  const element = make("div", {}, ...parts.map((part) => part.element));
  return { element, read: () => ({ decisions: parts.map((part) => part.read()) }) };
}

function answerOf(interrupt) {
  const requests = interrupt.metadata?.value?.action_requests;
  const schema = interrupt.responseSchema;
  const reviewed = schema?.properties?.decisions?.prefixItems;
  if (Array.isArray(requests) && Array.isArray(reviewed) && reviewed.every((one) => one.anyOf)) {
    return review(requests, schema);
  }
  return control(schema, schema?.title ?? words.answer);
}

export class Questions {
  #form;
  #answer;

  /** `answer` is called with AG-UI's `resume`. */
  constructor(form, answer) {
    this.#form = form;
    this.#answer = answer;
  }

  /** Whether an answer is waited for. */
  get waiting() {
    return !this.#form.hidden;
  }

  clear() {
    this.#form.hidden = true;
    this.#form.replaceChildren();
    this.#form.onsubmit = null;
  }

  enable(can) {
    for (const part of this.#form.querySelectorAll(":scope > fieldset, :scope > .row > button")) part.disabled = !can;
  }

  /** Ask; the focus goes to the first question, which is read aloud. */
  show(interrupts) {
    this.clear();
    const wrong = make("p", { role: "alert", hidden: true });
    const only = interrupts.length === 1 && interrupts[0].responseSchema?.type === "boolean";
    const asked = interrupts.map((interrupt) => {
      const question = make("legend", { tabIndex: -1 }, interrupt.message || interrupt.reason || words.question);
      const part = make("fieldset", { className: "question" }, question);
      const answer = only ? null : answerOf(interrupt);
      if (answer) part.append(answer.element);
      this.#form.append(part);
      return { id: interrupt.id, read: answer?.read };
    });
    const give = (read) => {
      try {
        this.#answer(asked.map((one) => ({ interruptId: one.id, status: "resolved", payload: read(one) ?? null })));
      } catch (error) {
        say(wrong, error.message);
      }
    };
    const button = (word, press, className = "") => {
      const made = make("button", { type: press ? "button" : "submit", className }, word);
      if (press) made.addEventListener("click", press);
      return made;
    };
    const buttons = only
      ? YES_NO.map(([value, word]) => button(word, () => give(() => value)))
      : [button(words.answer)];
    const dismiss = () => this.#answer(asked.map((one) => ({ interruptId: one.id, status: "cancelled" })));
    this.#form.append(wrong, make("div", { className: "row" }, ...buttons, button(words.dismiss, dismiss, "plain")));
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      if (!only) give((one) => one.read());
    };
    this.#form.hidden = false;
    this.#form.querySelector("legend").focus();
  }
}
