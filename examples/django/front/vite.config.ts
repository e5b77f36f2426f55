import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  base: "/static/front/", // where Django serves what is built
  build: {
    cssCodeSplit: false,
    // CopilotKit's Markdown loads its highlighter and diagrams on demand; what is left is still large.
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: "src/chat.tsx",
      output: {
        // Names that a Django template can say.
        entryFileNames: "chat.js",
        assetFileNames: (asset) => (asset.names[0]?.endsWith(".css") ? "chat.css" : "[name]-[hash][extname]"),
      },
    },
  },
});
