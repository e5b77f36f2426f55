import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { begin, feed } from "../src/fold/run";
import { linesOf as chatLines, together } from "../src/panes/Chat";
import { lanes } from "../src/panes/History";
import { InterruptForm } from "../src/panes/InterruptForm";
import { clientOf } from "../src/panes/Runs";
import { folded } from "../src/panes/Timeline";
import { linesOf, vector } from "../src/panes/Wire";
import { Tree } from "../src/parts/Tree";
import { read, useStudio, written } from "../src/store";
import type { Checkpoint, JsonSchema } from "../src/types";
import { graph, row, rows, step } from "./graphs";

afterEach(() => (cleanup(), vi.unstubAllGlobals()));

describe("a selection", () => {
  it("is the same after a way through the URL", () => {
    const chosen = { agent: "a b", thread: "т/1", run: "r?", tab: "wire" as const, node: "sales/model", at: 12 };
    expect(read(new URL(written(chosen), location.href))).toEqual(chosen);
    expect(read(new URL("/?tab=nothing&at=x", location.href))).toMatchObject({ tab: "chat", at: null });
  });
});

describe("a conversation", () => {
  const stored = chatLines([
    { id: "1", role: "user", content: "Hi" },
    { id: "2", role: "assistant", toolCalls: [{ id: "c", function: { name: "look", arguments: "{}" } }] },
    { id: "3", role: "tool", toolCallId: "c", content: "seen" },
    { id: "4", role: "assistant", content: "Hello" },
  ]);

  it("has a tool's result beside its call", () => {
    expect(stored.map((line) => line.id)).toEqual(["1", "2", "4"]);
    expect(stored[1]!.calls[0]).toMatchObject({ name: "look", result: "seen" });
  });

  it("shows what is said now once, after what is stored", () => {
    const said = { id: "4", role: "assistant" as const, text: "Hel", calls: [], seq: 1, path: "" };
    const asked = { id: "5", role: "user" as const, text: "And?", calls: [], images: 0 };
    expect(together(stored, null, [said], false).map((line) => line.text)).toEqual(["Hi", "", "Hel"]);
    expect(together(stored, asked, [{ ...said, id: "6", text: "No" }], false).map((line) => line.id)).toEqual(["1", "2", "4", "5", "6"]);
    expect(together(stored, { ...asked, id: "1" }, [], false).map((line) => line.text)).toEqual(["And?"]);
    expect(together(stored, asked, [said], true)).toEqual(stored);
  });
});

describe("the wire", () => {
  it("is one line for the tokens of a message", () => {
    const lines = linesOf(rows(), true);
    expect(lines.find((line) => line.count === 2)).toMatchObject({ text: "Hello" });
    expect(linesOf(rows(), false)).toHaveLength(rows().length);
  });

  it("becomes a test", () => {
    expect(vector(rows())).toContain("translator.feed(event)");
  });
});

describe("a timeline", () => {
  it("is a tree of tasks, and many of one name are one line", () => {
    const fold = begin(graph);
    for (const one of rows()) feed(fold, one, null);
    const tasks = [...fold.view.tasks.values()];
    expect(folded(tasks).map((line) => [line.task.name, line.depth])).toEqual([
      ["supervisor", 0],
      ["sales", 0],
      ["model", 1],
      ["tools", 1],
      ["model", 1],
    ]);
    const many = begin(graph);
    for (let number = 0; number < 8; number += 1) feed(many, step("STARTED", "other", `t${number}`), null);
    expect(folded([...many.view.tasks.values()]).map((line) => line.count)).toEqual([8]);
  });
});

describe("checkpoints", () => {
  it("lie on one lane for each branch", () => {
    const one = (id: string, parent: string | null): Checkpoint => ({ id, parent, at: null, step: 0, source: "loop", next: [], tasks: [] });
    const found = lanes([one("f", "b"), one("d", "c"), one("c", "b"), one("b", "a"), one("a", null)]);
    expect([...found.entries()]).toEqual([
      ["f", 0],
      ["b", 0],
      ["d", 1],
      ["c", 1],
      ["a", 0],
    ]);
  });
});

describe("a question", () => {
  const asked = (responseSchema: JsonSchema | undefined): ReturnType<typeof vi.fn> => {
    const sent = vi.fn(() => Promise.resolve(new Response("", { headers: { "x-run-id": "next" } })));
    vi.stubGlobal("fetch", sent);
    const fold = begin(graph);
    const interrupts = [{ id: "i", message: "Sure?", ...(responseSchema ? { responseSchema } : {}) }];
    feed(fold, row("RUN_FINISHED", { outcome: { type: "interrupt", interrupts } }), null);
    useStudio.setState({ view: fold.view, shown: fold.view, agent: "a", thread: "t", run: `r${Math.random()}`, runs: [] });
    render(<InterruptForm />);
    return sent;
  };
  const payload = (sent: ReturnType<typeof vi.fn>): unknown =>
    (JSON.parse((sent.mock.calls[0] as unknown as [string, { body: string }])[1].body) as { resume: { payload: unknown }[] }).resume[0]!.payload;

  it("is answered by a form made from its schema", () => {
    const sent = asked({
      type: "object",
      required: ["name"],
      properties: { name: { type: "string" }, count: { type: "integer" }, sure: { type: "boolean" }, way: { enum: ["a", "b"] } },
    });
    fireEvent.change(screen.getByLabelText("name"), { target: { value: "Anna" } });
    fireEvent.change(screen.getByLabelText("count"), { target: { value: "3" } });
    fireEvent.click(screen.getByLabelText("sure"));
    fireEvent.change(screen.getByLabelText("way"), { target: { value: "b" } });
    fireEvent.click(screen.getByText("Answer"));
    expect(payload(sent)).toEqual({ name: "Anna", count: 3, sure: true, way: "b" });
  });

  it("is approved or rejected with buttons", () => {
    const sent = asked({ type: "object", properties: { approved: { type: "boolean" }, comment: { type: "string" } } });
    fireEvent.change(screen.getByLabelText("comment"), { target: { value: "too much" } });
    fireEvent.click(screen.getByText("Reject"));
    expect(payload(sent)).toEqual({ approved: false, comment: "too much" });
  });

  it("without a schema takes text and JSON", () => {
    const sent = asked(undefined);
    fireEvent.change(screen.getByRole("textbox"), { target: { value: '{"ok": 1}' } });
    fireEvent.click(screen.getByText("Answer"));
    expect(payload(sent)).toEqual({ ok: 1 });
  });
});

describe("a tree", () => {
  it("has in the page only what is open", () => {
    render(<Tree value={{ a: { b: "deep" }, c: "x".repeat(300) }} open={1} />);
    expect(screen.queryByText('"deep"')).toBeNull();
    fireEvent.click(screen.getByText("a"));
    expect(screen.getByText('"deep"')).toBeTruthy();
    expect(screen.getByText(/^"x+…$/)).toBeTruthy();
  });
});

it("a client is called by its first name", () => {
  expect(["OpenAI/Python 2.1.0", "curl/8.5.0", "Mozilla/5.0 (X11) Chrome/156", ""].map(clientOf)).toEqual(["OpenAI Python", "curl", "Chrome", "—"]);
});
