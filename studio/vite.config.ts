import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  base: "./", // the bridge may be mounted anywhere: index.html gets a <base> when it is served
  worker: { format: "es" },
  build: {
    outDir: "../bridge/studio/page/assets",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/agents", "/runs", "/threads", "/agui", "/api", "/front"].map((path) => [path, "http://127.0.0.1:8000"]),
    ),
  },
  test: { environment: "jsdom" },
});
