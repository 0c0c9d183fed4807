import type { ReactNode } from "react";
import { type Mark, merged, type Segment, type Timeline } from "./timeline.ts";

interface TimelinePictureProps {
  readonly picture: Timeline;
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly name: string;
}

const laneHeight = 26;
const barHeight = 16;
const left = 74;

/** One lane for each instance, one for operations, the time below. */
export function TimelinePicture({ picture, from, to, width, name }: TimelinePictureProps): ReactNode {
  const { lanes, operations, marks } = picture;
  const span = to - from;
  const x = (at: number): number => left + ((at - from) / span) * (width - left);
  const msPerPixel = span / (width - left);
  const rows = lanes.length + (operations.length > 0 ? 1 : 0);
  const height = rows * laneHeight + 22;
  const crashes = lanes.flatMap((lane) => lane.marks).filter(({ kind }) => kind === "crash").length;
  const label = `Life of ${name}: ${crashes} crashes and ${operations.length} operations in this time. The list below says each.`;
  return (
    <svg className="timeline" width={width} height={height} role="img" aria-label={label}>
      {timesBetween(from, to, width).map((at) => (
        <g key={at}>
          <line className="grid" x1={x(at)} x2={x(at)} y1={0} y2={height - 18} />
          <text className="axis" x={x(at)} y={height - 4} textAnchor="middle">
            {new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}
          </text>
        </g>
      ))}
      {lanes.map(({ instance, segments, marks: own }, index) => (
        <g key={instance} transform={`translate(0 ${index * laneHeight})`}>
          <text className="lane" x={0} y={laneHeight / 2 + 4}>
            {lanes.length === 1 ? "state" : `no. ${instance}`}
          </text>
          <Bars segments={merged(segments, msPerPixel)} x={x} />
          {own.map((mark) => (
            <Sign key={`${mark.kind} ${mark.at}`} mark={mark} x={x(mark.at)} />
          ))}
        </g>
      ))}
      {operations.length > 0 && (
        <g transform={`translate(0 ${lanes.length * laneHeight})`}>
          <text className="lane" x={0} y={laneHeight / 2 + 4}>
            operations
          </text>
          <Bars segments={operations} x={x} isThin />
          {marks.map((mark) => (
            <Sign key={`${mark.kind} ${mark.at} ${mark.text}`} mark={mark} x={x(mark.at)} />
          ))}
        </g>
      )}
    </svg>
  );
}

interface BarsProps {
  readonly segments: readonly Segment[];
  readonly x: (at: number) => number;
  readonly isThin?: boolean;
}

function Bars({ segments, x, isThin = false }: BarsProps): ReactNode {
  const high = isThin ? barHeight / 2 : barHeight;
  return segments.map(({ from, to, tone, text }) => (
    <rect
      key={`${from} ${text}`}
      className={`bar ${tone}`}
      x={x(from)}
      y={(laneHeight - high) / 2}
      width={Math.max(isThin ? 3 : 1.5, x(to) - x(from))}
      height={high}
      rx={isThin ? 3 : 2}
    >
      <title>{text}</title>
    </rect>
  ));
}

const signs: Readonly<Record<Mark["kind"], string>> = {
  crash: "M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5",
  ready: "M-4 0L-1 3L4 -3",
  warning: "M0 -5L5 4H-5Z",
  deploy: "M0 -5L5 0L0 5L-5 0Z",
};

function Sign({ mark: { kind, text }, x }: { readonly mark: Mark; readonly x: number }): ReactNode {
  return (
    <path className={`mark ${kind}`} transform={`translate(${x} ${laneHeight / 2})`} d={signs[kind]}>
      <title>{text}</title>
    </path>
  );
}

/** Round times, as many as there is room for. */
function timesBetween(from: number, to: number, width: number): readonly number[] {
  const steps = [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000];
  const step = steps.find((each) => ((to - from) / each) * 70 < width - left) ?? 86_400_000;
  const times: number[] = [];
  for (let at = Math.ceil(from / step) * step; at < to; at += step) times.push(at);
  return times;
}
