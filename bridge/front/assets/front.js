// The front page: who is served, how to call them, and a chat.

import { Chat } from "./chat.js";
import { copier, find, make, root, say, words } from "./elements.js";
import { ask, key } from "./server.js";
import { clients } from "./snippets.js";

const CHOSEN = `bridge.agent ${root.pathname}`;
const HELLO = { en: "Hello", ru: "Привет" }[document.documentElement.lang];
let chat;

async function start() {
  say(find("fault"));
  let served;
  try {
    served = await (await ask("front/about")).json();
  } catch (error) {
    refuse(error);
    return false;
  }
  find("key").hidden = true;
  find("served").hidden = false;
  find("forget").hidden = !key.get();
  show(served);
  return true;
}

/** Says what the server refused, and asks for a key where that is what is missing. */
function refuse({ message, status }) {
  const wantsKey = status === 401 || (status === 403 && !chat);
  if (wantsKey) {
    find("key").hidden = false;
    find("key-why").textContent = status === 403 ? words.key_forbidden : key.get() ? words.key_unknown : "";
  } else if (!chat) {
    say(find("fault"), message);
  }
}

function show(served) {
  find("versions").replaceChildren(
    ...Object.entries(served.versions).map(([name, version]) => make("div", {}, make("dt", {}, name), make("dd", {}, version))),
  );
  const names = served.agents.map((agent) => agent.name);
  const stored = sessionStorage.getItem(CHOSEN);
  const chosen = names.includes(stored) ? stored : names[0];
  chat ??= new Chat(served.protocolVersion, refuse);
  const choose = (agent) => {
    sessionStorage.setItem(CHOSEN, agent.name);
    showClients({ ...served, agent: agent.name });
    showDrawing(agent);
    chat.open(agent.name);
  };
  find("agents").replaceChildren(
    ...served.agents.map((agent) => {
      const radio = make("input", { type: "radio", name: "agent", value: agent.name, checked: agent.name === chosen });
      radio.addEventListener("change", () => choose(agent));
      const about = make("span", { className: "faint" }, agent.description);
      return make("label", { className: "card" }, radio, make("span", { className: "name" }, agent.name), about);
    }),
  );
  choose(served.agents.find((agent) => agent.name === chosen));
}

function showClients({ agent, keys, protocolVersion }) {
  const at = root.href.replace(/\/$/, "");
  const given = { at, agent, keys, protocolVersion, hello: HELLO, today: words.today };
  const open = new Set([...document.querySelectorAll(".client details[open]")].map((one) => one.dataset.client));
  find("clients").replaceChildren(
    ...clients(given).map(({ id, name, address, code }) => {
      const line = make("code", { className: "address" }, address);
      const lines = make("code", {}, code);
      const shown = make("pre", { tabIndex: 0, ariaLabel: `${words.code}: ${name}` }, lines);
      const details = make("details", { data: { client: id }, open: open.has(id) }, make("summary", {}, words.code));
      details.append(make("div", { className: "code" }, shown, copier(lines, `${words.code}, ${name}`)));
      const where = make("div", { className: "row" }, line, copier(line, `${words.address}, ${name}`));
      return make("article", { className: "client" }, make("h3", {}, name), where, details);
    }),
  );
}

/** The drawing is asked for when it is looked at. */
function showDrawing({ name, drawable }) {
  const [details, place] = [find("drawing"), find("drawn")];
  details.hidden = !drawable;
  place.replaceChildren();
  const draw = async () => {
    if (!details.open || !drawable || place.childElementCount) return;
    place.replaceChildren(make("p", { className: "faint" }, "…"));
    try {
      const drawn = await (await ask(`front/drawings/${encodeURIComponent(name)}`)).json();
      if (details.dataset.agent === name) place.replaceChildren(...picture(name, drawn));
    } catch (error) {
      place.replaceChildren(make("p", {}, error.message));
    }
  };
  details.dataset.agent = name;
  details.ontoggle = draw;
  draw();
}

function picture(name, { svg, mermaid }) {
  if (svg) {
    // an image runs no script, whatever is in it
    const source = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    return [make("img", { src: source, alt: `${words.drawn_of} ${name}` })];
  }
  if (!mermaid) return [make("p", {}, words.no_drawing)];
  const lines = make("code", {}, mermaid);
  const shown = make("pre", { tabIndex: 0, ariaLabel: `${words.drawn_of} ${name}` }, lines);
  return [make("div", { className: "code" }, shown, copier(lines, words.drawing))];
}

find("key").addEventListener("submit", async (event) => {
  event.preventDefault();
  key.set(find("key-field").value.trim());
  find("key-why").textContent = "";
  if (await start()) {
    find("key-field").value = "";
    find("say").focus();
  } else {
    key.set("");
    find("key-field").focus();
  }
});
find("forget").addEventListener("click", () => {
  key.set("");
  location.reload();
});
start();
