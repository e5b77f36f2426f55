import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Chat, type Message, sdk } from "./Chat";
import "./chat.css";

// The chat is a thread of the bridge. Its id is in the address, so a reloaded page finds it again.
const query = new URLSearchParams(location.search);
const id = query.get("chat") ?? crypto.randomUUID();
if (!query.has("chat")) {
  query.set("chat", id);
  history.replaceState(null, "", `?${query}`);
}
const api = query.get("api") ?? "/api/chat";

const stored = await fetch(`${api}/${encodeURIComponent(id)}/messages?sdk=${sdk}`);
const messages = (stored.ok ? await stored.json() : []) as Message[];

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <Chat api={api} id={id} messages={messages} />
  </StrictMode>,
);
