import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  // The page and the bridge share an origin: no CORS, and the page can be moved without being built again.
  const { BRIDGE_URL: target = "http://127.0.0.1:8000", BRIDGE_API_KEY: key } = loadEnv(mode, ".", "BRIDGE_");
  // The key stays here: what is built into a page, everybody can read.
  const headers = key ? { Authorization: `Bearer ${key}` } : undefined;
  const proxy = { "/api/copilotkit": { target, headers, changeOrigin: true } };
  return {
    plugins: [react()],
    server: { host: "127.0.0.1", port: 5173, proxy },
    preview: { host: "127.0.0.1", port: 5173, proxy },
    // CopilotKit's Markdown loads its highlighter and diagrams on demand; what is left is still large.
    build: { chunkSizeWarningLimit: 4000 },
  };
});
