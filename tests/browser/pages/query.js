/** What the address asks for: ?runtimeUrl=…&single&agent=…&thread=…&headers={…}&credentials=include */
const query = new URLSearchParams(location.search);

export const provider = {
  runtimeUrl: query.get("runtimeUrl"),
  ...(query.has("single") && { useSingleEndpoint: query.get("single") !== "false" }),
  ...(query.has("headers") && { headers: JSON.parse(query.get("headers")) }),
  ...(query.has("credentials") && { credentials: query.get("credentials") }),
};
export const agent = query.get("agent") ?? undefined;
export const threadId = query.get("thread") ?? undefined;

/** The tool of this page: what it does can be seen. */
export function paint({ color }) {
  document.body.style.backgroundColor = color;
  return `painted ${color}`;
}
