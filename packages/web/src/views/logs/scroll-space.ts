import type { Shares } from "./log-window.ts";

/** Browsers draw nothing beyond some 17 million pixels; so much is used for what is not loaded. */
const mostUnloadedPx = 6_000_000;

/** How the scroll bar is divided, in px: what is loaded is there at its true height, what is not at an estimate. */
export interface ScrollSpace {
  readonly before: number;
  readonly inside: number;
  readonly after: number;
}

/** `rows` are loaded, each `rowPx` high, and stand for the bytes inside. */
export function scrollSpace({ before, inside, after }: Shares, rows: number, rowPx: number): ScrollSpace {
  const pxPerByte = inside > 0 && rows > 0 ? (rows * rowPx) / inside : rowPx / 80;
  const unloadedPx = (before + after) * pxPerByte;
  const scale = unloadedPx > mostUnloadedPx ? mostUnloadedPx / unloadedPx : 1;
  return {
    before: Math.round(before * pxPerByte * scale),
    inside: rows * rowPx,
    after: Math.round(after * pxPerByte * scale),
  };
}
