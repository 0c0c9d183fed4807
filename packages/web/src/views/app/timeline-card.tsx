import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { AppStatus, DaemonEvent } from "../../api.ts";
import { Section } from "../../parts/section.tsx";
import { useNow } from "../../state/hooks.ts";
import { clockText, momentText } from "../../time/format.ts";
import { timeline } from "./timeline.ts";
import { TimelinePicture } from "./timeline-picture.tsx";

const ranges = [
  { text: "5 min", ms: 300_000 },
  { text: "1 h", ms: 3_600_000 },
  { text: "24 h", ms: 86_400_000 },
] as const;

interface TimelineCardProps {
  readonly rows: readonly AppStatus[];
  readonly events: readonly DaemonEvent[];
  readonly name: string;
}

/** The life of an app as a picture, and as a list for who cannot use one. */
export function TimelineCard({ rows, events, name }: TimelineCardProps): ReactNode {
  const [rangeMs, setRangeMs] = useState<number>(ranges[0].ms);
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  const to = useNow(rangeMs / 600);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(200, entry?.contentRect.width ?? 800)));
    watch.observe(current);
    return () => watch.disconnect();
  }, []);
  const from = to - rangeMs;
  const picture = useMemo(() => timeline(events, rows, { from, to }), [events, rows, from, to]);
  const recent = events.slice(-30).reverse();
  const choice = (
    <fieldset className="ranges">
      <legend className="hidden">How far back</legend>
      {ranges.map(({ text, ms }) => (
        <button
          key={ms}
          type="button"
          className="chip"
          aria-pressed={ms === rangeMs}
          onClick={() => setRangeMs(ms)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
  return (
    <Section title="Life" className="wide" aside={choice}>
      <div ref={box} className="timeline-box">
        <TimelinePicture picture={picture} from={from} to={to} width={width} name={name} />
      </div>
      <details>
        <summary>As a list</summary>
        <ol className="life-list">
          {recent.map(({ seq, time, message }) => (
            <li key={seq}>
              <time dateTime={time} title={momentText(time, to)}>
                {clockText(time)}
              </time>{" "}
              {message}
            </li>
          ))}
        </ol>
      </details>
    </Section>
  );
}
