/** What a program said of itself through `sd_notify(3)`, all of it that still holds. */
export interface Notified {
  readonly ready: boolean;
  /** It reads its configuration anew; `READY=1` ends that. */
  readonly reloading: boolean;
  readonly stopping: boolean;
  /** One line for people; absent if it never said any. */
  readonly status?: string;
  /** How often it said that it is alive. */
  readonly watchdogs: number;
  /** It asks to be treated as hung. */
  readonly watchdogTriggered: boolean;
  /** The watchdog interval it wants in place of the one it was given, in milliseconds. */
  readonly watchdogMs?: number;
  /** How often it asked for more time, and for how much the last time. */
  readonly extensions: number;
  readonly extensionMs: number;
}

/** Reads a `COOKIE.notify`; `undefined` for one that is not wholly written. */
export function parseNotified(text: string): Notified | undefined {
  const lines = text.split("\n");
  if (lines.at(-2) !== "end") return undefined;
  const said = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals > 0) said.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const status = said.get("status");
  const watchdogUs = said.get("watchdog_usec");
  return {
    ready: said.has("ready"),
    reloading: said.has("reloading"),
    stopping: said.has("stopping"),
    ...(status !== undefined && { status: Buffer.from(status, "latin1").toString("utf8") }),
    watchdogs: Number(said.get("watchdog") ?? 0),
    watchdogTriggered: said.has("trigger"),
    ...(watchdogUs !== undefined && { watchdogMs: Number(watchdogUs) / 1_000 }),
    extensions: Number(said.get("extensions") ?? 0),
    extensionMs: Number(said.get("extend_usec") ?? 0) / 1_000,
  };
}
