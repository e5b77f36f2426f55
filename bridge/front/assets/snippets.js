// Each kind of client, its address, and the few lines that call it. Names are quoted as each language quotes them.

const json = JSON.stringify;
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const jsx = (text) => (/^[\w.:/@ -]*$/.test(text) ? `"${text}"` : `{${json(text)}}`);

/**
 * Kinds of clients for one agent: `{id, name, address, code}`.
 *
 * `at`: the server's root without a slash at its end; `keys`: whether it asks for keys; `hello`: something to say.
 */
export function clients({ at, agent, keys, hello, protocolVersion, today }) {
  const run = `${at}/agui/${encodeURIComponent(agent)}`;
  const runtime = `${at}/api/copilotkit`;
  const header = keys ? ` \\\n  -H "Authorization: Bearer $BRIDGE_API_KEY"` : "";
  const messages = [{ role: "user", content: hello }];
  const input = {
    threadId: "thread-1",
    runId: "run-1",
    protocolVersion,
    state: {},
    messages: [{ id: "message-1", ...messages[0] }],
    tools: [],
    context: [],
    forwardedProps: {},
  };
  const curl = (url, body) => `curl -N ${shell(url)}${header} \\
  -H 'Content-Type: application/json' \\
  -d ${shell(json(body))}`;
  const bearer = "{ Authorization: `Bearer ${process.env.BRIDGE_API_KEY}` }";
  const page = keys ? "\n    headers={{ Authorization: `Bearer ${apiKey}` }}" : "";
  return [
    {
      id: "curl",
      name: "curl",
      address: `${at}/v1/chat/completions`,
      code: curl(`${at}/v1/chat/completions`, { model: agent, stream: true, messages }),
    },
    {
      id: "openai-python",
      name: "OpenAI SDK, Python",
      address: `${at}/v1`,
      code: `${keys ? "import os\n\n" : ""}from openai import OpenAI

client = OpenAI(base_url=${json(`${at}/v1`)}, api_key=${keys ? 'os.environ["BRIDGE_API_KEY"]' : '"any"'})
chunks = client.chat.completions.create(
    model=${json(agent)},
    messages=[{"role": "user", "content": ${json(hello)}}],
    stream=True,
)
for chunk in chunks:
    print(chunk.choices[0].delta.content or "", end="", flush=True)
`,
    },
    {
      id: "openai-js",
      name: "OpenAI SDK, JavaScript",
      address: `${at}/v1`,
      code: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${json(`${at}/v1`)}, apiKey: ${keys ? "process.env.BRIDGE_API_KEY" : '"any"'} });
const chunks = await client.chat.completions.create({
  model: ${json(agent)},
  messages: [{ role: "user", content: ${json(hello)} }],
  stream: true,
});
for await (const chunk of chunks) process.stdout.write(chunk.choices[0].delta.content ?? "");
`,
    },
    {
      id: "copilotkit",
      name: `CopilotKit, ${today}`,
      address: runtime,
      code: `import { CopilotChat, CopilotKitProvider } from "@copilotkit/react-core/v2";
import "@copilotkit/react-core/v2/styles.css";

export const Chat = () => (
  <CopilotKitProvider
    runtimeUrl=${jsx(runtime)}${page}
  >
    <CopilotChat agentId=${jsx(agent)} />
  </CopilotKitProvider>
);
`,
    },
    {
      id: "copilotkit-old",
      name: "CopilotKit 1.3–1.10",
      address: runtime,
      code: `import { CopilotKit } from "@copilotkit/react-core";
import { CopilotChat } from "@copilotkit/react-ui";
import "@copilotkit/react-ui/styles.css";

export const Chat = () => (
  <CopilotKit
    runtimeUrl=${jsx(runtime)}
    agent=${jsx(agent)}${page}
  >
    <CopilotChat />
  </CopilotKit>
);
`,
    },
    {
      id: "ai-sdk",
      name: "AI SDK, useChat",
      address: `${at}/api/chat/${encodeURIComponent(agent)}`,
      code: `import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";

const transport = new DefaultChatTransport({
  api: ${json(`${at}/api/chat/${encodeURIComponent(agent)}`)},${keys ? "\n  headers: { Authorization: `Bearer ${apiKey}` }," : ""}
  body: { sdk: 7 }, // the major version of your "ai" package
});

export const Chat = () => {
  const { messages, sendMessage } = useChat({ transport });
  const send = (form) => sendMessage({ text: form.get("text") });
  return (
    <form action={send}>
      {messages.map(({ id, parts }) => (
        <p key={id}>{parts.map((part) => (part.type === "text" ? part.text : ""))}</p>
      ))}
      <input name="text" />
    </form>
  );
};
`,
    },
    {
      id: "ag-ui",
      name: "AG-UI, HttpAgent",
      address: run,
      code: `import { HttpAgent } from "@ag-ui/client";

const agent = new HttpAgent({ url: ${json(run)}${keys ? `, headers: ${bearer}` : ""} });
agent.addMessage({ id: "message-1", role: "user", content: ${json(hello)} });
await agent.runAgent({}, { onTextMessageContentEvent: ({ event }) => process.stdout.write(event.delta) });
`,
    },
    { id: "ag-ui-http", name: "AG-UI, HTTP + SSE", address: run, code: curl(run, input) },
  ];
}
