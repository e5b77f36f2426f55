import type { Tab } from "../board/board-state";
import type { Answer } from "./cards";

/** Where on the board the result of each tool of the agent is. */
export const TAB_OF: Record<string, Tab> = {
  find_leads: "lead",
  qualify_lead: "lead",
  move_deal: "pipeline",
  pipeline_report: "pipeline",
  make_quote: "quote",
  segment_customers: "campaign",
  draft_campaign: "campaign",
  schedule_campaign: "campaign",
  campaign_report: "campaign",
  evaluate_ab_test: "campaign",
};

/** A tool's answer is JSON; what went wrong is a sentence, which is not. */
export function parseAnswer(result: string): Answer | null {
  try {
    const data: unknown = JSON.parse(result);
    return typeof data === "object" && data !== null ? (data as Answer) : null;
  } catch {
    return null;
  }
}
