/** Suggestions follow the conversation: none for what was just asked or shown, none while a decision waits. */
import { CopilotChatSuggestionView, type Suggestion } from "@copilotkit/react-core/v2";
import type { ComponentProps } from "react";
import { useSalesAgent } from "../agent/useSalesAgent";
import { useChat } from "./chat-state";

/** What a suggestion to call a tool reads like. A strong model heeds the page's instructions; this holds for any. */
const ASKS_FOR: Record<string, RegExp> = {
  pipeline_report: /воронк|прогноз|pipeline|forecast/i,
  campaign_report: /отч[её]т по кампани|сравни кампани|campaign report|compare campaigns/i,
};

type Message = ReturnType<typeof useSalesAgent>["agent"]["messages"][number];

export function Suggestions({ suggestions, onSelectSuggestion, ...props }: ComponentProps<typeof CopilotChatSuggestionView>) {
  const { agent } = useSalesAgent();
  const { waiting } = useChat();
  const fitting = waiting ? [] : withoutShown(suggestions, agent.messages);
  if (fitting.length === 0) return null;
  return (
    <CopilotChatSuggestionView
      {...props}
      suggestions={fitting}
      onSelectSuggestion={(suggestion) => onSelectSuggestion?.(suggestion, suggestions.indexOf(suggestion))}
    />
  );
}

export function withoutShown(suggestions: readonly Suggestion[], messages: readonly Message[]): Suggestion[] {
  const asked = messages.findLastIndex((message) => message.role === "user");
  const question = messages[asked];
  const words = new Set(wordsOf(typeof question?.content === "string" ? question.content : ""));
  const called = messages
    .slice(asked + 1)
    .flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []))
    .map((call) => ASKS_FOR[call.function.name]);
  return suggestions.filter(
    ({ message }) =>
      !wordsOf(message).every((word) => words.has(word)) && !called.some((pattern) => pattern?.test(message)),
  );
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
