import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv, type ProxyOptions } from "vite";

interface Part {
  complete: boolean;
  destroy: () => void;
  on: (event: "close", listener: () => void) => void;
}
interface Proxy {
  on: (event: "proxyRes", listener: (answer: Part, request: unknown, response: Part) => void) => void;
}

/** A stream that breaks on the bridge's side breaks on the page's: without this, the page would wait for ever. */
const passOnBreaks: ProxyOptions["configure"] = (proxy) => {
  // Its type is Node's, whose types this package does without.
  (proxy as unknown as Proxy).on("proxyRes", (answer, _request, response) => {
    answer.on("close", () => answer.complete || response.destroy());
  });
};

export default defineConfig(({ mode }) => {
  // The page and the bridge share an origin: no CORS, and the page can be moved without being built again.
  const { BRIDGE_URL: target = "http://127.0.0.1:8000", BRIDGE_API_KEY: key } = loadEnv(mode, ".", "BRIDGE_");
  // The key stays here: what is built into a page, everybody can read.
  const headers = key ? { Authorization: `Bearer ${key}` } : undefined;
  const proxy: Record<string, ProxyOptions> = {
    "/api/copilotkit": { target, headers, changeOrigin: true, configure: passOnBreaks },
  };
  return {
    plugins: [react()],
    server: { host: "127.0.0.1", port: 5173, proxy },
    preview: { host: "127.0.0.1", port: 5173, proxy },
    // CopilotKit's Markdown loads its highlighter and diagrams on demand; what is left is still large.
    build: { chunkSizeWarningLimit: 4000 },
  };
});
