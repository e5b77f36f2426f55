import { describe, expect, it } from "vitest";
import { curve, layout, sizeOf, subgraphs } from "../src/graph/layout";
import { graph, level, node } from "./graphs";

describe("a layout", () => {
  it("keeps what is in a subgraph inside of it, and nothing overlaps", () => {
    const made = layout(graph.root, new Set(["sales"]), [], 1.3);
    const inside = made.boxes.filter((box) => box.within === "sales");
    const outer = made.boxes.find((box) => box.path === "sales")!;
    expect(inside).toHaveLength(4);
    for (const box of inside) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(outer.width);
      expect(box.y + box.height).toBeLessThanOrEqual(outer.height);
    }
    const top = made.boxes.filter((box) => !box.within);
    for (const one of top)
      for (const other of top)
        if (one !== other)
          expect(
            one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y,
          ).toBe(true);
  });

  it("is the same for the same graph, and closed ones hide what is in them", () => {
    expect(layout(graph.root, new Set(["sales"]), [], 1)).toEqual(layout(graph.root, new Set(["sales"]), [], 1));
    expect(layout(graph.root, new Set(), [], 1).boxes.map((box) => box.path)).not.toContain("sales/model");
    expect(subgraphs(graph.root)).toEqual(["sales"]);
  });

  it("draws edges that were observed, and loops", () => {
    const root = level("", ["__start__", "a", "b"], [["__start__", "a"], ["a", "a"]]);
    const made = layout(root, new Set(), [{ level: "", source: "a", target: "b" }], 1);
    expect(made.lines.map((line) => [line.id, line.observed])).toEqual([
      ["|__start__>a", false],
      ["|a>a", false],
      ["|a>b", true],
    ]);
    for (const line of made.lines) expect(curve(line.points)).toMatch(/^M[\d.-]+,[\d.-]+ [QL]/);
  });

  it("has room for a node's tools", () => {
    const many = node("tools", { tools: Array.from({ length: 9 }, (_, number) => `a_rather_long_tool_${number}`) });
    expect(sizeOf(many).height).toBeGreaterThan(sizeOf(node("tools")).height + 5 * 20);
  });
});
