// What every page needs: where the server is, words, elements, copying. Text becomes text nodes and nothing else: no
// agent, person or model can put HTML into a page.

/** The server's root as this visitor reaches it, whatever proxy or prefix is in between; ends with a slash. */
export const root = new URL("../../", import.meta.url);

const all = await (await fetch(new URL("words.json", import.meta.url))).json();

/** The page's words, in the language that the server chose for this visitor. */
export const words = all[document.documentElement.lang];

export const find = (id) => document.getElementById(id);

/** An element with properties and children; strings among them become text. */
export function make(name, properties = {}, ...children) {
  const { data, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

/** Shows a sentence, or hides its place. */
export function say(place, sentence) {
  place.textContent = sentence ?? "";
  place.hidden = !sentence;
}

/** A button that copies what an element reads. */
export function copier(source, label) {
  const button = make("button", { type: "button", className: "plain copy", ariaLabel: `${words.copy}: ${label}` });
  const rest = () => {
    button.textContent = words.copy;
  };
  rest();
  button.addEventListener("click", async () => {
    button.textContent = (await copy(source)) ? words.copied : words.select_it;
    setTimeout(rest, 2000);
  });
  return button;
}

/** Copies; where a page may not (over plain HTTP from another machine), selects. */
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
