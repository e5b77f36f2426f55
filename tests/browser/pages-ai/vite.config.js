import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The example's page, with the AI SDK of the major version that the command names last.
const major = process.argv.at(-1);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("../../../examples/ai-sdk"),
  base: "./",
  plugins: [react(), asOfMajor()],
  resolve: {
    alias: [
      { find: /^ai$/, replacement: here(`node_modules/ai-${major}`) },
      { find: /^@ai-sdk\/react$/, replacement: here(`node_modules/ai-react-${major}`) },
      { find: /^react$/, replacement: here("node_modules/react") },
      { find: /^react\/(.*)$/, replacement: `${here("node_modules/react")}/$1` },
      { find: /^react-dom\/(.*)$/, replacement: `${here("node_modules/react-dom")}/$1` },
    ],
  },
  build: { outDir: here(`dist/${major}`), emptyOutDir: true, target: "es2023" },
});

// What the source says of the version, and what only newer ones have.
function asOfMajor() {
  return {
    name: "as-of-major",
    transform(code, id) {
      if (!id.endsWith("Chat.tsx")) return null;
      let made = code.replace("sdk = 7", `sdk = ${major}`);
      if (major === "5")
        made = made
          .replace("  lastAssistantMessageIsCompleteWithApprovalResponses,\n", "")
          .replace(" || lastAssistantMessageIsCompleteWithApprovalResponses(chat)", "")
          .replace("addToolOutput, addToolApprovalResponse,", "addToolResult: addToolOutput, addToolApprovalResponse,");
      return made;
    },
    enforce: "pre",
  };
}
