import { createRoot } from "react-dom/client";
import { App } from "./App";
import { language, words } from "./words";
import "./styles.css";

document.documentElement.lang = language;
document.title = words.title;
createRoot(document.getElementById("root")!).render(<App />);
