/** What the page gives the agent: tools that change the page, context, suggestions, and cards for its own tools. */
import {
  useAgentContext,
  useConfigureSuggestions,
  useFrontendTool,
  useRenderTool,
} from "@copilotkit/react-core/v2";
import { z } from "zod";
import { TABS, useBoard } from "../board/board-state";
import { AGENT_ID } from "../config";
import { useSettings } from "../settings";
import { ToolCard } from "./ToolCard";
import { STAGES } from "./state";

export function AgentTools() {
  const { language, theme, setTheme, text } = useSettings();
  const { tab, openTab, highlight, setView } = useBoard();

  useFrontendTool({
    name: "set_theme",
    description: "Set the page's theme to light or dark. Сменить тему страницы: светлая или тёмная.",
    parameters: z.object({ theme: z.enum(["light", "dark"]).describe("The theme: light or dark") }),
    handler: async ({ theme }) => {
      setTheme(theme);
      return { theme };
    },
  });

  useFrontendTool({
    name: "open_board_tab",
    description: "Open a tab of the board beside the chat. Открыть вкладку доски.",
    parameters: z.object({ tab: z.enum(TABS).describe("The tab: pipeline, lead, quote or campaign") }),
    handler: async ({ tab }) => {
      openTab(tab);
      setView("board");
      return { opened: tab };
    },
  });

  useFrontendTool({
    name: "highlight_deals",
    description: "Highlight the deals of one stage on the pipeline board. Подсветить сделки этапа на доске.",
    parameters: z.object({ stage: z.enum(STAGES).describe("The stage to highlight") }),
    handler: async ({ stage }) => {
      highlight(stage);
      openTab("pipeline");
      setView("board");
      return { highlighted: stage };
    },
  });

  useAgentContext({ description: "Interface language, the one to answer in", value: language });
  useAgentContext({ description: "What the page shows now", value: { theme, board_tab: tab } });

  useConfigureSuggestions(
    { suggestions: text.suggestions, available: "before-first-message", consumerAgentId: AGENT_ID },
    [language],
  );
  useConfigureSuggestions(
    {
      instructions: text.suggestionRules,
      maxSuggestions: 3,
      available: "after-first-message",
      consumerAgentId: AGENT_ID,
    },
    [language],
  );

  useRenderTool({ name: "*", render: ToolCard });
  return null;
}
