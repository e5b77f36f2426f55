import { build } from "../vite.mjs";

export default build(import.meta.url);
