import { describe, expect, it } from "vitest";
import { begin, feed, upTo, type RunView } from "../src/fold/run";
import type { WireRow } from "../src/types";
import { graph, row, rows, step } from "./graphs";

function folded(given: WireRow[]): RunView {
  const fold = begin(graph);
  for (const one of given) feed(fold, one, null);
  return fold.view;
}

const states = (view: RunView): Record<string, string> =>
  Object.fromEntries([...view.paths].map(([path, seen]) => [path, `${seen.state} ${seen.calls} ${seen.ms}`]));
const edges = (view: RunView): string[] => [...view.edges].map(([key, edge]) => `${key} ${edge.count}`);

describe("a run's events", () => {
  it("become tasks, edges in their order, messages with their calls, and the state", () => {
    const view = folded([...rows(), row("RUN_FINISHED", { outcome: { type: "success" } })]);
    expect(states(view)).toEqual({
      supervisor: "done 1 10",
      sales: "done 1 220",
      "sales/model": "done 2 200",
      "sales/tools": "done 1 10",
    });
    expect(edges(view)).toEqual([
      "|__start__>supervisor 1",
      "|supervisor>sales 1",
      "sales|__start__>model 1",
      "sales|model>tools 1",
      "sales|tools>model 1",
      "sales|model>__end__ 1",
      "|sales>__end__ 1",
    ]);
    expect(view.shown.map((one) => [one.text, one.calls.map((call) => [call.name, call.args, call.result]), one.path])).toEqual([
      ["", [["look", "{}", "seen"]], "sales/model"],
      ["Hello", [], "sales/model"],
    ]);
    expect(view.state).toEqual({ basket: ["a", "b"] });
    expect(view.outcome).toBe("success");
  });

  it("wait where a person is asked, and have not left the graph", () => {
    const asked = row("RUN_FINISHED", { outcome: { type: "interrupt", interrupts: [{ id: "i", message: "Sure?" }] } });
    const view = folded([
      step("STARTED", "sales", "2"),
      step("STARTED", "sales/model", "3", "2"),
      step("FINISHED", "sales/model", "3", "2"),
      step("FINISHED", "sales", "2"),
      row("MESSAGES_SNAPSHOT", { messages: [] }),
      asked,
    ]);
    expect(states(view)).toMatchObject({ sales: "done 1 0", "sales/model": "waits 1 0" });
    expect(edges(view)).not.toContain("sales|model>__end__ 1");
    expect(view.interrupts).toHaveLength(1);
  });

  it("fail at the innermost step that was open", () => {
    const view = folded([
      step("STARTED", "sales", "2"),
      step("STARTED", "sales/model", "3", "2"),
      step("FINISHED", "sales/model", "3", "2"),
      step("FINISHED", "sales", "2"),
      row("RUN_ERROR", { message: "It failed.", code: "server_error" }),
    ]);
    expect(states(view)).toMatchObject({ "sales/model": "failed 1 0", sales: "done 1 0" });
    expect([view.error, view.outcome, view.over]).toEqual(["It failed.", "server_error", true]);
  });

  it("show an edge that nobody declared as an observed one", () => {
    const view = folded([
      step("STARTED", "supervisor", "1"),
      step("FINISHED", "supervisor", "1"),
      step("STARTED", "other", "2"),
    ]);
    expect(view.edges.get("|supervisor>other")).toMatchObject({ count: 1, observed: true });
  });

  it("are matched by their names where a client is older than AG-UI 1.0", () => {
    const view = folded([
      row("STEP_STARTED", { stepName: "supervisor" }),
      row("STEP_STARTED", { stepName: "supervisor #2" }),
      row("STEP_FINISHED", { stepName: "supervisor" }),
    ]);
    expect(view.paths.get("supervisor")).toMatchObject({ calls: 2, running: 1, state: "running" });
  });

  it("give the view of any moment, the same as was seen then", () => {
    const all = rows();
    const view = folded(all);
    for (const [count, last] of all.entries()) {
      const then = upTo(graph, view, last.seq);
      const seen = folded(all.slice(0, count + 1));
      expect([states(then), edges(then), then.shown, then.state]).toEqual([states(seen), edges(seen), seen.shown, seen.state]);
    }
  });
});
