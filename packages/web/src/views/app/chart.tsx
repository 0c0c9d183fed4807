import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "../../state/use-theme.ts";
import { clockText } from "../../time/format.ts";

/** The one file that knows of uPlot. */

export interface Point {
  /** Wall ms. */
  readonly at: number;
  readonly value: number | null;
}

export interface Series {
  readonly name: string;
  /** The oldest first. */
  readonly points: readonly Point[];
}

interface ChartProps {
  readonly series: readonly Series[];
  readonly text: (value: number) => string;
  /** What the top stands for at least. */
  readonly atLeast: number;
  readonly isStepped?: boolean;
}

const height = 150;
const strokes = ["--accent", "--busy", "--ending", "--waiting", "--unknown", "--done"] as const;

export function Chart({ series, text, atLeast, isStepped = false }: ChartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const theme = useTheme();
  const names = series.map(({ name }) => name).join("\n");
  const newest = useRef(series);
  newest.current = series;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew where colours or names are others.
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const made = new uPlot(
      options(current, names.split("\n"), text, atLeast, isStepped),
      aligned(newest.current),
      current,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: current.clientWidth, height }));
    watch.observe(current);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme, names]);
  useEffect(() => plot.current?.setData(aligned(series)), [series]);

  const last = series.map(({ name, points }) => `${name}: ${lastText(points, text)}`).join(", ");
  if (series.every(({ points }) => points.length === 0)) {
    return <p className="soft">No samples yet: the first comes within two seconds.</p>;
  }
  return (
    <div>
      <p className="chart-now">{last}</p>
      <div ref={box} className="chart" aria-hidden="true" />
    </div>
  );
}

function lastText(points: readonly Point[], text: (value: number) => string): string {
  const value = points.at(-1)?.value;
  return value == null ? "–" : text(value);
}

/** All series over the same times; where one has no sample there is null. */
function aligned(series: readonly Series[]): uPlot.AlignedData {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort(
    (a, b) => a - b,
  );
  const columns = series.map(({ points }) => {
    const values = new Map(points.map(({ at, value }) => [at, value]));
    return times.map((at) => (values.has(at) ? (values.get(at) ?? null) : undefined));
  });
  return [times.map((at) => at / 1_000), ...columns] as uPlot.AlignedData;
}

function options(
  box: HTMLElement,
  names: readonly string[],
  text: (value: number) => string,
  atLeast: number,
  isStepped: boolean,
): uPlot.Options {
  const colour = colourIn(box);
  const { stepped } = uPlot.paths;
  const axis = {
    stroke: colour("--ink-soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(box).fontFamily}`,
  };
  return {
    width: box.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(atLeast, high * 1.15)] } },
    axes: [
      {
        ...axis,
        values: (_plot, times, _axis, _space, stepSeconds) =>
          times.map((at) => clockText(new Date(at * 1_000).toISOString()).slice(0, stepSeconds < 60 ? 8 : 5)),
        size: 26,
        space: 70,
      },
      { ...axis, values: (_plot, values) => values.map(text), size: 62 },
    ],
    series: [
      {},
      ...names.map((label, index) => ({
        label,
        stroke: colour(strokes[index % strokes.length] ?? "--accent"),
        width: 1.5,
        points: { show: false },
        spanGaps: true,
        ...(names.length === 1 ? { fill: colour("--accent-wash") } : {}),
        ...(isStepped && stepped !== undefined ? { paths: stepped({ align: 1 }) } : {}),
      })),
    ],
  };
}

/** What a token comes to in the theme of now: a canvas takes neither variables nor a choice of two. */
function colourIn(box: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    box.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
