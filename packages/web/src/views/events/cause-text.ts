import type { DaemonEvent } from "../../api.ts";
import { exitText } from "../../state/state-look.ts";
import { durationText } from "../../time/format.ts";

/** What an event began with, in a few words; null where it is told by the events before it. */
export function causeText({ cause, by }: Pick<DaemonEvent, "cause" | "by">): string | null {
  const origin = cause?.origin;
  if (origin == null) return by === null ? null : `by ${by}`;
  switch (origin.type) {
    case "request":
      return `${origin.method} by ${origin.by}`;
    case "exit":
      return `${exitText(origin)}${origin.afterMs === null ? "" : ` after ${durationText(origin.afterMs)}`}`;
    case "probe":
      return `${origin.probe} probe: ${origin.text}`;
    case "timer":
      return `${origin.timer} timer`;
    case "dependency":
      return `${origin.app} (${origin.condition})`;
    case "watch":
      return `${origin.path} changed`;
    case "shortage":
    case "boot":
      return origin.text;
  }
}
