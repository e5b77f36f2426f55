/** The graph as it stands on the page, with its times, as an SVG file: from our own layout, so it is crisp and small. */
import { useStudio } from "../store";
import { seconds } from "../words";
import { curve, type Layout } from "./layout";

const escaped = (text: string): string => text.replace(/[<>&"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

export function drawn(layout: Layout, style: (name: string) => string): string {
  const shown = useStudio.getState().shown;
  const colour = { idle: "--line", running: "--run", done: "--done", failed: "--fail", waits: "--wait", cancelled: "--line" };
  const parts: string[] = [];
  const absolute = new Map<string, { x: number; y: number }>();
  for (const box of layout.boxes) {
    const outer = box.within ? absolute.get(box.within)! : { x: 0, y: 0 };
    const at = { x: outer.x + box.x, y: outer.y + box.y };
    absolute.set(box.path, at);
    const seen = shown?.paths.get(box.path);
    const stroke = style(colour[seen?.state ?? "idle"]);
    const round = box.node.kind === "start" || box.node.kind === "end" ? box.height / 2 : 10;
    const fill = style(box.open ? "--sunk" : "--card");
    const name = box.node.id.replace(/^__|__$/g, "");
    const note = seen ? ` ${seen.calls > 1 ? `×${seen.calls} ` : ""}${seen.ms ? seconds(seen.ms) : ""}` : "";
    parts.push(
      `<rect x="${at.x}" y="${at.y}" width="${box.width}" height="${box.height}" rx="${round}" fill="${fill}" stroke="${stroke}" stroke-width="${seen ? 2 : 1.2}"/>`,
      `<text x="${at.x + box.width / 2}" y="${at.y + (box.open || box.node.tools.length ? 27 : box.height / 2 + 5)}" text-anchor="middle" fill="${style("--ink")}">${escaped(name)}<tspan fill="${style("--soft")}" font-size="11">${escaped(note)}</tspan></text>`,
    );
  }
  for (const line of layout.lines) {
    const taken = shown?.edges.has(`${line.level}|${line.source}>${line.target}`);
    parts.push(
      `<path d="${curve(line.points)}" fill="none" stroke="${style(taken ? "--done" : "--line")}" stroke-width="${taken ? 2 : 1.3}"${line.conditional ? ' stroke-dasharray="6 4"' : ""} marker-end="url(#a)"/>`,
    );
    if (line.label && line.labelAt)
      parts.push(
        `<text x="${line.labelAt.x}" y="${line.labelAt.y + 4}" text-anchor="middle" font-size="11" fill="${style("--soft")}">${escaped(line.label)}</text>`,
      );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${layout.width} ${layout.height}" width="${layout.width}" height="${layout.height}" font-family="system-ui, sans-serif" font-size="14"><defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0.6 L7.4,4 L0,7.4 Z" fill="${style("--line")}"/></marker></defs><rect width="100%" height="100%" fill="${style("--page")}"/>${parts.join("")}</svg>`;
}

export function svgOf(agent: string, layout: Layout): void {
  const page = getComputedStyle(document.documentElement);
  const file = new Blob([drawn(layout, (name) => page.getPropertyValue(name).trim())], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${agent}.svg`;
  link.click();
  URL.revokeObjectURL(link.href);
}
