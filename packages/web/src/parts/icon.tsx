import type { ReactNode } from "react";

/** Paths in a box of 24 by 24, drawn as lines. */
const paths = {
  overview: "M4 6h16M4 12h16M4 18h16",
  graph: "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
  logs: "M5 3h14v18H5zM9 8h6M9 12h6M9 16h4",
  events: "M3 12h4l3-8 4 16 3-8h4",
  system: "M4 4h16v11H4zM9 20h6M12 15v5",
  start: "M7 4l13 8-13 8z",
  stop: "M6 6h12v12H6z",
  restart: "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
  remove: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5",
  moon: "M20 14a8 8 0 0 1-10-10 8 8 0 1 0 10 10z",
  auto: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 3v18M12 7h4M12 12h6M12 17h4",
  help: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7M12 17v.5",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12l5 5 9-10",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  pause: "M8 5v14M16 5v14",
  bottom: "M12 4v12M7 12l5 5 5-5M5 20h14",
  wrap: "M4 6h16M4 12h13a3 3 0 1 1 0 6h-4M15 15l-3 3 3 3M4 18h4",
  out: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  key: "M14 10a4 4 0 1 1-4 4M13 11l7-7M17 7l3 3",
  warn: "M12 3l10 18H2zM12 10v5M12 18v.5",
  right: "M9 5l7 7-7 7",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3 3",
} as const;
export type IconName = keyof typeof paths;

/** A sign beside or instead of a word; readers of the screen hear the word only. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
