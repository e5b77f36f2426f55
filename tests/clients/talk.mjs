// One run of the official AG-UI client against a live address.
//
//   node talk.mjs 1.0.0 < request.json
//
// In: {"url", "input", "headers"?, "connect"?, "leaveAfter"?: abort after so many events, as a closed window does}. Out, a line each: {"at": ms since the request, "event"} as events
// arrive, and at the end {"verdict"}.
import { text } from "node:stream/consumers";
import { countFrames, loadAgent, read } from "./agui.mjs";

const version = process.argv[2] ?? "1.0.0";
const { url, input, headers, connect, leaveAfter } = JSON.parse(await text(process.stdin));
const Agent = await loadAgent(version);

let copy;
const agent = new Agent({
  url,
  headers,
  fetch: async (address, init) => {
    const response = await fetch(address, init);
    // Somebody who leaves has not read it all; then there is nothing to compare.
    if (response.ok && !leaveAfter) copy = response.clone().text();
    return response;
  },
});
const start = performance.now();
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
let heard = 0;
const onEvent = (event) => {
  say({ at: performance.now() - start, event });
  heard += 1;
  if (heard === leaveAfter) agent.abortRun();
};
const verdict = await read(agent, { input, connect, onEvent, frames: async () => copy && countFrames(await copy) });
say({ verdict: { name: url, client: version, ...verdict } });
