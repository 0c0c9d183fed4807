import type { Clock, Timer } from "@holdfast/runtime";
import type { InstanceKey } from "../store/instance-record.ts";
import type { LogSource } from "./instance-output.ts";
import { leastLogBytes } from "./retention.ts";

const mebibyte = 1024 * 1024;
const sweepMs = 60_000;
/** While the disk is nearly full. */
const lowSweepMs = 1_000;
const lookMs = 20;
const tellMs = 10_000;

/** What a disk has room for. Bytes. */
export interface DiskSpace {
  readonly total: number;
  readonly available: number;
}

/** What was let go of a log because the disk was nearly full. */
export interface LetGo {
  readonly key: InstanceKey;
  readonly bytes: number;
  /** What was left on the disk before. */
  readonly available: number;
}

export interface SweepSeams {
  readonly clock: Clock;
  readonly sources: () => readonly LogSource[];
  /** Undefined when it cannot be told. */
  readonly space: () => DiskSpace | undefined;
  /** Told at once, and then every ten seconds what came together since. */
  readonly onLetGo: (letGo: LetGo) => void;
}

/**
 * Keeps logs within their bounds also when they do not grow, and lets go of the oldest output of the largest ones when
 * the disk has nearly no room left: the apps and the daemon's own state need it more.
 */
export class LogSweep {
  readonly #seams: SweepSeams;
  readonly #untold = new Map<string, LetGo & { toldAt: number }>();
  #timer: Timer | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(seams: SweepSeams) {
    this.#seams = seams;
    this.#later(sweepMs);
  }

  /** Looks whether there is room; asked for after each growth, done at most every 20 ms. */
  look(): void {
    const now = this.#seams.clock.monotonic();
    if (now - this.#lookedAt < lookMs) return;
    this.#lookedAt = now;
    if (this.#makeRoom()) this.#later(lowSweepMs);
  }

  close(): void {
    this.#seams.clock.clearTimeout(this.#timer);
  }

  /** True when there was too little. */
  #makeRoom(): boolean {
    const space = this.#seams.space();
    if (space === undefined) return false;
    const reserve = reserveOf(space);
    if (space.available >= reserve) return false;
    let missing = 2 * reserve - space.available;
    const bySize = this.#seams
      .sources()
      .map(({ key, log }) => ({ key, log, kept: log.keptBytes }))
      .toSorted((a, b) => b.kept - a.kept);
    for (const { key, log, kept } of bySize) {
      if (missing <= 0 || kept <= leastLogBytes) break;
      const bytes = log.letGo(Math.min(missing, Math.ceil(kept / 2)));
      missing -= bytes;
      if (bytes > 0) this.#tell({ key, bytes, available: space.available });
    }
    return true;
  }

  #tell({ key, bytes, available }: LetGo): void {
    const now = this.#seams.clock.monotonic();
    const id = `${key.project}/${key.name}/${key.instance}`;
    const known = this.#untold.get(id);
    const sum = bytes + (known?.bytes ?? 0);
    if (known !== undefined && now - known.toldAt < tellMs) {
      this.#untold.set(id, { ...known, bytes: sum, available });
      return;
    }
    this.#untold.set(id, { key, bytes: 0, available, toldAt: now });
    this.#seams.onLetGo({ key, bytes: sum, available });
  }

  #sweep(): void {
    const now = this.#seams.clock.monotonic();
    for (const { log } of this.#seams.sources()) log.trim();
    for (const [id, { toldAt, ...letGo }] of this.#untold) {
      if (now - toldAt < tellMs) continue;
      this.#untold.delete(id);
      if (letGo.bytes > 0) this.#tell(letGo);
    }
    this.#later(this.#makeRoom() || this.#untold.size > 0 ? lowSweepMs : sweepMs);
  }

  #later(ms: number): void {
    const { clock } = this.#seams;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => this.#sweep(), ms);
    this.#timer.unref();
  }
}

/** With less than that a disk is nearly full: an eighth of it, or 16 MiB. */
export function reserveOf({ total }: Pick<DiskSpace, "total">): number {
  return Math.min(total / 8, 16 * mebibyte);
}
