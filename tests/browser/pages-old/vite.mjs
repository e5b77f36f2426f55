import { fileURLToPath } from "node:url";

/** The one page of this folder, built with the CopilotKit and the React of the folder where `config` is. */
export function build(config) {
  const at = (path, base = config) => fileURLToPath(new URL(path, base));
  const page = at("page/", import.meta.url);
  return {
    root: page,
    base: "./",
    plugins: [
      {
        name: "packages-of-that-version",
        enforce: "pre",
        resolveId(source, importer) {
          const bare = /^[@a-z]/.test(source);
          return bare && importer?.startsWith(page) ? this.resolve(source, at("package.json"), { skipSelf: true }) : null;
        },
      },
    ],
    build: {
      outDir: at("dist"),
      emptyOutDir: true,
      chunkSizeWarningLimit: 8000,
      rollupOptions: { input: at("page/chat.html", import.meta.url) },
    },
  };
}
