/** What the address asks for: ?runtimeUrl=…&agent=…&thread=…&headers={…}&properties={…}&suggest&images */
const query = new URLSearchParams(location.search);

export const provider = {
  runtimeUrl: query.get("runtimeUrl"),
  agent: query.get("agent") ?? undefined,
  threadId: query.get("thread") ?? undefined,
  headers: JSON.parse(query.get("headers") ?? "{}"),
  properties: JSON.parse(query.get("properties") ?? "{}"),
};
export const coAgent = query.get("coAgent") ?? provider.agent ?? "default";
export const suggest = query.has("suggest");
export const images = query.has("images");
