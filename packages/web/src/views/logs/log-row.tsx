import { memo, type ReactNode } from "react";
import type { LogLine } from "../../api.ts";
import { clockText } from "../../time/format.ts";
import { ansiSpans } from "./ansi-spans.ts";

interface LogRowProps {
  readonly line: LogLine;
  /** What is looked for, to be marked. */
  readonly text: string;
  /** What stands before it, where several apps are shown; null where it is clear. */
  readonly source: string | null;
  /** Which of the six colours its name has. */
  readonly tint?: number;
  /** True where streams are told apart: a line of stderr says so. */
  readonly isSplit?: boolean;
  readonly rows: number;
}

/** One line as it was written: its text is text, whatever is in it. */
export const LogRow: React.NamedExoticComponent<LogRowProps> = memo(function LogRow({
  line,
  text,
  source,
  tint = 0,
  isSplit = false,
  rows,
}: LogRowProps): ReactNode {
  return (
    <div
      className={`log-row ${line.level ?? "plain"}`}
      style={rows > 1 ? { height: `calc(var(--log-row) * ${rows})` } : undefined}
    >
      <time dateTime={line.time}>{clockText(line.time, true)}</time>
      {source !== null && <span className={`log-source tint-${(tint % 6) + 1}`}>{source}</span>}
      {isSplit && <span className="log-stream">{line.stream === "stderr" ? "err" : ""}</span>}
      <span className="log-text">
        {ansiSpans(line.text).map(({ text: piece, className }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line have no other name, and never move.
          <span key={index} className={className}>
            {marked(piece, text)}
          </span>
        ))}
        {line.continues === true && <span className="faint">…</span>}
      </span>
    </div>
  );
});

function marked(piece: string, text: string): ReactNode {
  if (text === "" || !piece.includes(text)) return piece;
  return piece.split(text).flatMap((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: as above.
    index === 0 ? [part] : [<mark key={index}>{text}</mark>, part],
  );
}
