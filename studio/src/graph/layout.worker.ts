import { layout, type Observed } from "./layout";
import type { Level } from "../types";

export interface Wanted {
  number: number;
  root: Level;
  open: string[];
  observed: Observed[];
  wide: number;
}

self.onmessage = ({ data }: MessageEvent<Wanted>) => {
  self.postMessage({
    number: data.number,
    layout: layout(data.root, new Set(data.open), data.observed, data.wide),
  });
};
