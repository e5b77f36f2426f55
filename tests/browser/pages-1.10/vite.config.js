import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { rollupOptions: { input: ["chat.html"] }, chunkSizeWarningLimit: 8000 },
});
