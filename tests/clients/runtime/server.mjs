// CopilotKit's own Node runtime in front of the bridge, on a free port of loopback.
//
// In: one JSON document on the first line of stdin, {"bridge": its url, "agent", "apiKey"}. Out: one line, {"url"}, to which a
// page would point its runtimeUrl. It serves until stdin closes, so that it never outlives whoever started it.
//
// Two agents, the two ways people have: `http` (an HttpAgent at /agui/{agent}; the key comes with each request, and the
// runtime hands it on) and `openai` (a BuiltInAgent over the chat API; the key is the runtime's own).
process.env.COPILOTKIT_TELEMETRY_DISABLED = "true"; // read when the runtime is imported
const { createInterface } = await import("node:readline");
const { createServer } = await import("node:http");
const { HttpAgent } = await import("@ag-ui/client");
const { createOpenAI } = await import("@ai-sdk/openai");
const { BuiltInAgent, CopilotRuntime, InMemoryAgentRunner } = await import("@copilotkit/runtime/v2");
const { createCopilotNodeListener } = await import("@copilotkit/runtime/v2/node");

const BASE = "/api/copilotkit";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { bridge, agent, apiKey } = JSON.parse((await lines.next()).value);

const runtime = new CopilotRuntime({
  agents: {
    http: new HttpAgent({ url: `${bridge}/agui/${agent}` }),
    // Rounds enough for the two tools that BuiltInAgent adds and runs itself.
    openai: new BuiltInAgent({ model: createOpenAI({ baseURL: `${bridge}/v1`, apiKey }).chat(agent), maxSteps: 3 }),
  },
  runner: new InMemoryAgentRunner(),
});
const server = createServer(createCopilotNodeListener({ runtime, basePath: BASE }));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}${BASE}` })}\n`);
for await (const _ of { [Symbol.asyncIterator]: () => lines });
process.exit();
