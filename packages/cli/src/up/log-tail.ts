import type { LogLine, Target } from "@holdfast/daemon/api";
import type { Clock } from "@holdfast/runtime";
import type { Daemon } from "../connection/local-daemon.ts";

const patienceMs = 1_000;
const lookMs = 10;

/** Knows how far the followed logs have been printed, so that the last words of an app are not lost at the end. */
export class LogTail {
  readonly #offsets = new Map<string, number>();
  readonly #since: string;
  #batches = 0;

  /** `since`: from when on lines are followed, RFC 3339. */
  constructor(since: string) {
    this.#since = since;
  }

  printed(lines: readonly LogLine[]): void {
    if (lines.length > 0) this.#batches++;
    for (const line of lines) this.#offsets.set(keyOf(line), line.offset);
  }

  /** Resolves when the last line of each target has been printed, or nothing more of it came for a while. */
  async complete(clock: Clock, daemon: Daemon, targets: readonly Target[]): Promise<void> {
    const queries = [{}, { stream: "stdout" }, { stream: "stderr" }] as const;
    const last = (
      await Promise.all(
        queries.map((query) => daemon.call("logs.read", { targets, lines: 1, ...query }).catch(() => [])),
      )
    ).flat();
    const isMissing = (line: LogLine): boolean => {
      const offset = this.#offsets.get(keyOf(line));
      // One of which nothing was printed may have written its last line before it was followed.
      return offset === undefined ? line.time >= this.#since : offset < line.offset;
    };
    let seen = this.#batches;
    let deadline = clock.monotonic() + patienceMs;
    while (last.some(isMissing) && clock.monotonic() < deadline) {
      await clock.sleep(lookMs);
      // As long as more comes, there is more to wait for.
      if (this.#batches !== seen) deadline = clock.monotonic() + patienceMs;
      seen = this.#batches;
    }
  }
}

/** Where streams are told apart, each has offsets of its own. */
function keyOf({ name, instance, stream }: LogLine): string {
  return `${name}.${instance} ${stream === "stderr" ? stream : ""}`;
}
