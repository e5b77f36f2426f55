// An OpenAI-compatible server with prepared answers, on a free port of loopback.
//
// In: one JSON document on the first line of stdin, {"fixtures": [...], "options"?: {...}} in aimock's own form. Out: one
// line, {"url"}. It serves until stdin closes, so that it never outlives whoever started it.
import { createInterface } from "node:readline";
import { LLMock } from "@copilotkit/aimock";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { fixtures, options } = JSON.parse((await lines.next()).value);
const mock = new LLMock({ host: "127.0.0.1", port: 0, ...options });
mock.addFixturesFromJSON(fixtures);
await mock.start();
process.stdout.write(`${JSON.stringify({ url: mock.url })}\n`);
for await (const _ of { [Symbol.asyncIterator]: () => lines });
await mock.stop();
