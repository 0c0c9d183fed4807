import { memo, type ReactNode } from "react";

interface SparklineProps {
  /** The oldest first; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  /** What the top stands for at least, so that a flat line near nothing stays flat. */
  readonly atLeast: number;
}

const width = 72;
const height = 20;
/** Every point stands for so many samples, and there is room for so many points. */
const share = 2;
const mostPoints = 38;

/** A small picture of how a figure went. The figure itself stands beside it, for everybody. */
export const Sparkline: React.NamedExoticComponent<SparklineProps> = memo(function Sparkline({
  values,
  atLeast,
}: SparklineProps): ReactNode {
  const points = thinned(values);
  const top = Math.max(atLeast, ...points) * 1.15;
  const step = width / (mostPoints - 1);
  const left = width - (points.length - 1) * step;
  const line = points.map(
    (value, index) =>
      `${(left + index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`,
  );
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {line.length > 1 && (
        <>
          <polygon points={`${left.toFixed(1)},${height} ${line.join(" ")} ${width},${height}`} />
          <polyline points={line.join(" ")} />
        </>
      )}
    </svg>
  );
});

/** The newest points, each the highest of its samples. */
function thinned(values: readonly (number | null)[]): readonly number[] {
  const points: number[] = [];
  for (let end = values.length; end > 0 && points.length < mostPoints; end -= share) {
    points.unshift(Math.max(0, ...values.slice(Math.max(0, end - share), end).map((value) => value ?? 0)));
  }
  return points;
}
