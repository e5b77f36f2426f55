// Recorded AG-UI streams, read by the official client.
//
//   node verify.mjs 1.0.0 < streams.jsonl
//
// In: one JSON document a line, {"name", "sse", "input"?, "connect"?}. Out: one verdict a line, in the same order.
import { createInterface } from "node:readline";
import { countFrames, loadAgent, read } from "./agui.mjs";

// Reads never end where frames do. An odd size cuts frames, and letters of more than one byte, everywhere.
const READ_SIZE = 1021;

const version = process.argv[2] ?? "1.0.0";
const Agent = await loadAgent(version);

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const { name, sse, input, connect } = JSON.parse(line);
  const agent = new Agent({ url: "http://recorded.invalid/", fetch: async () => respond(sse) });
  const verdict = await read(agent, { input, connect, frames: () => countFrames(sse) });
  process.stdout.write(`${JSON.stringify({ name, client: version, ...verdict })}\n`);
}

function respond(text) {
  const bytes = new TextEncoder().encode(text);
  let start = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (start >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(start, (start += READ_SIZE)));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}
