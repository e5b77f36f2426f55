import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { rollupOptions: { input: ["v1.html", "v2.html"] }, chunkSizeWarningLimit: 8000 },
});
