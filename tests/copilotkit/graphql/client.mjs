// CopilotKit's own GraphQL client, without a page: one request in on stdin, what it read on stdout, a line each.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const { CopilotRuntimeClient, convertGqlOutputToMessages } = createRequire(
  new URL("../../browser/pages-1.10/package.json", import.meta.url),
)("@copilotkit/runtime-client-gql");

const { url, headers, data, properties, leaveAfter, load } = JSON.parse(await text(process.stdin));
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const client = new CopilotRuntimeClient({
  url,
  headers,
  handleGQLErrors: (error) => print({ error: error.message, entries: error.graphQLErrors }),
  handleGQLWarning: (warning) => print({ warning }),
});

print({ agents: (await client.availableAgents()).data?.availableAgents.agents });
if (data) {
  const leaving = new AbortController();
  const answer = client.generateCopilotResponse({ data, properties, signal: leaving.signal });
  const reader = client.asStream(answer).getReader();
  let read = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const { messages, status, metaEvents, threadId } = value.generateCopilotResponse;
      print({ messages: convertGqlOutputToMessages(messages), status, metaEvents, threadId });
      if (++read === leaveAfter) leaving.abort();
    }
  } catch (error) {
    print({ thrown: error.message });
  }
}
if (load) print({ loaded: (await client.loadAgentState(load)).data?.loadAgentState });
