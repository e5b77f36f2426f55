import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  // The page and the bridge share an origin, and the key stays here.
  const { BRIDGE_URL: target = "http://127.0.0.1:8000", BRIDGE_API_KEY: key } = loadEnv(mode, ".", "BRIDGE_");
  const headers = key ? { Authorization: `Bearer ${key}` } : undefined;
  const proxy = { "/api/chat": { target, headers, changeOrigin: true } };
  return {
    base: "./",
    plugins: [react()],
    server: { host: "127.0.0.1", port: 5173, proxy },
    preview: { host: "127.0.0.1", port: 5173, proxy },
  };
});
