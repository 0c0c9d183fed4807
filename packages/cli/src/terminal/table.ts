import { cutToWidth, textWidth } from "./text-width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

export interface Cell {
  readonly text: string;
  /** Colours the text; widths are of the text alone. */
  readonly paint?: (text: string) => string;
}

/**
 * Lines of aligned columns, two spaces between them. Columns that are empty in every row are left out. `width`
 * cuts the last column, which holds what is least needed; absent, nothing is cut.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { readonly width?: number; readonly paintTitle: (text: string) => string },
): string[] {
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => rows.some((row) => (row[index]?.text ?? "") !== ""));
  const lines = [
    used.map(({ column }): Cell => ({ text: column.title, paint: options.paintTitle })),
    ...rows.map((row) => used.map(({ index }): Cell => row[index] ?? { text: "" })),
  ];
  const widths = used.map((_, at) => Math.max(...lines.map((line) => textWidth(line[at]?.text ?? ""))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = options.width === undefined ? Number.POSITIVE_INFINITY : Math.max(12, options.width - before);
  return lines.map((line) =>
    line
      .map(({ text, paint = (plain) => plain }, at) => {
        const last = at === used.length - 1;
        const shown = last ? cutToWidth(text, room) : text;
        const gap = " ".repeat(last ? 0 : (widths[at] ?? 0) - textWidth(shown));
        return used[at]?.column.align === "right" ? gap + paint(shown) : paint(shown) + gap;
      })
      .join("  ")
      .trimEnd(),
  );
}
