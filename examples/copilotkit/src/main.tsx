import "./styles/base.css"; // before CopilotKit's: see the layer in it
import "@copilotkit/react-core/v2/styles.css";
import "./styles/layout.css";
import "./styles/board.css";
import "./styles/chat.css";
import "./styles/cards.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { SettingsProvider } from "./settings";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <SettingsProvider>
      <App />
    </SettingsProvider>
  </StrictMode>,
);
