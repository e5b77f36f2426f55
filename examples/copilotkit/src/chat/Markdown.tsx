/** The agent's words. A table is shown once it is one, in a frame of its own; its headings fit under the chat's. */
import { CopilotChatAssistantMessage } from "@copilotkit/react-core/v2";
import type { ComponentProps } from "react";
import { useSalesAgent } from "../agent/useSalesAgent";
import { TableFrame } from "../board/parts";

const COMPONENTS = {
  table: ({ children }: ComponentProps<"table">) => (
    <TableFrame>
      <table>{children}</table>
    </TableFrame>
  ),
  h1: ({ children }: ComponentProps<"h1">) => <h3>{children}</h3>,
  h2: ({ children }: ComponentProps<"h2">) => <h3>{children}</h3>,
  h3: ({ children }: ComponentProps<"h3">) => <h3>{children}</h3>,
};

export function Markdown({ content, ...props }: ComponentProps<typeof CopilotChatAssistantMessage.MarkdownRenderer>) {
  const { isRunning } = useSalesAgent();
  return (
    <CopilotChatAssistantMessage.MarkdownRenderer
      {...props}
      content={isRunning ? withoutBegunTable(content) : content}
      components={COMPONENTS}
    />
  );
}

const ROW = /^ {0,3}\|/;
const DELIMITER = /^ {0,3}\|(?:\s*:?-+:?\s*\|)+\s*$/;

/** The text without a table at its end that is not yet one, and without the last row of one that is not whole yet. */
export function withoutBegunTable(content: string): string {
  const lines = content.trimEnd().split("\n");
  const last = lines.length - 1;
  let first = last + 1;
  while (first > 0 && ROW.test(lines[first - 1] ?? "")) first -= 1;
  if (first > last) return content; // it ends with something else
  const width = columns(lines[first] ?? "");
  const delimiter = lines[first + 1] ?? "";
  if (!DELIMITER.test(delimiter) || columns(delimiter) < width) return lines.slice(0, first).join("\n");
  return columns(lines[last] ?? "") < width ? lines.slice(0, last).join("\n") : content;
}

function columns(row: string): number {
  return row.split("|").length;
}
