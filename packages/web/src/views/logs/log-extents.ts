import type { LogExtent, LogLine, Methods, Target } from "../../api.ts";
import { instanceKey, logKey } from "../../state/app-key.ts";

export function sizeOf({ firstOffset, endOffset }: LogExtent): number {
  return endOffset - firstOffset;
}

export function targetOf({ project, name, instance }: LogExtent): Required<Target> {
  return { project, name, instance };
}

/** How a query names that log. */
export function placeOf(extent: LogExtent): Pick<Methods["logs.read"]["params"], "targets" | "stream"> {
  const { stream } = extent;
  return { targets: [targetOf(extent)], ...(stream !== undefined && { stream }) };
}

/**
 * The extents once a line was written: its log is at least as long as that says. With the first line of an app's stderr
 * its other log is that of stdout.
 */
export function withLine(extents: readonly LogExtent[], line: LogLine): readonly LogExtent[] {
  const key = logKey(line);
  const { project, name, instance, offset } = line;
  const end = offset + line.text.length + 1;
  const known = extents.find((extent) => logKey(extent) === key);
  if (known !== undefined) {
    if (end <= known.endOffset) return extents;
    return extents.map((extent) => (extent === known ? { ...known, endOffset: end } : extent));
  }
  const fresh = { project, name, instance, firstOffset: offset, endOffset: end };
  if (line.stream !== "stderr") return [...extents, fresh];
  const others = extents.map(
    (extent): LogExtent =>
      instanceKey(extent) === instanceKey(line) ? { ...extent, stream: "stdout" } : extent,
  );
  return [...others, { ...fresh, stream: "stderr" }];
}
