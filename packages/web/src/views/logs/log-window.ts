import type { LogExtent, LogLine, Target } from "../../api.ts";
import { instanceKey, logKey } from "../../state/app-key.ts";
import { Topic } from "../../state/topic.ts";
import { placeOf, sizeOf, targetOf, withLine } from "./log-extents.ts";
import { type LineFilter, type LogOf, LogReader, type ReadLogs } from "./log-reader.ts";

/** Lines at a time, and at most. */
const pieceLines = 600;
const mostLines = 20_000;
/** How far out of step lines of different apps may come. */
const stepLines = 200;

/** How many bytes there are before, in and after what is loaded. */
export interface Shares {
  readonly before: number;
  readonly inside: number;
  readonly after: number;
}

/** What changed, for who keeps the place on the screen. */
export type WindowChange = "reset" | "prepended" | "appended" | "trimmed-head" | "trimmed-tail";

/**
 * A part of the logs that hangs together, merged by time: at their end, where new lines are added, or anywhere before.
 * Bounded: what is far from where one reads is let go, and read again when it is wanted.
 */
export class LogWindow {
  readonly topic: Topic = new Topic();
  readonly #read: ReadLogs;
  readonly #readExtents: (targets: readonly Target[]) => Promise<readonly LogExtent[]>;
  readonly #filter: LineFilter;
  /** Of the logs that the filter leaves. */
  #extents: readonly LogExtent[] = [];
  #isSplit = false;
  #lines: readonly LogLine[] = [];
  /** Per log, the first and last offset that is loaded, or where the first line would be. */
  readonly #heads = new Map<string, number>();
  readonly #tails = new Map<string, number>();
  #older: LogReader | undefined;
  #newer: LogReader | undefined;
  #isAtTail = true;
  #isBusy = false;
  /** What was written while older lines were looked at; counted, and joined on the way back. */
  #missed = 0;
  #live: LogLine[] = [];
  readonly #onceIdle: (() => void)[] = [];
  #change: { readonly kind: WindowChange; readonly count: number } = { kind: "reset", count: 0 };

  constructor(
    read: ReadLogs,
    readExtents: (targets: readonly Target[]) => Promise<readonly LogExtent[]>,
    filter: LineFilter,
  ) {
    this.#read = read;
    this.#readExtents = readExtents;
    this.#filter = filter;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  get change(): { readonly kind: WindowChange; readonly count: number } {
    return this.#change;
  }

  /** True when an app in it tells its streams apart. */
  get isSplit(): boolean {
    return this.#isSplit;
  }

  /** True while new lines are added at its end. */
  get isAtTail(): boolean {
    return this.#isAtTail;
  }

  /** Lines that came while it was not at the tail. */
  get missed(): number {
    return this.#missed;
  }

  get hasBefore(): boolean {
    return this.shares.before > 0 && this.#older?.isAtEnd !== true;
  }

  get shares(): Shares {
    const shares = { before: 0, inside: 0, after: 0 };
    for (const extent of this.#extents) {
      const key = logKey(extent);
      const head = Math.max(extent.firstOffset, this.#heads.get(key) ?? extent.endOffset);
      const tail = Math.max(head, this.#tails.get(key) ?? extent.endOffset);
      shares.before += head - extent.firstOffset;
      shares.inside += tail - head;
      shares.after += this.#isAtTail ? 0 : Math.max(0, extent.endOffset - tail);
    }
    if (this.#older?.isAtEnd === true) shares.before = 0;
    return shares;
  }

  /** Begins at the tail: the lines that a follower got first. */
  async begin(targets: readonly Target[], lines: readonly LogLine[]): Promise<void> {
    await this.#measure(targets);
    this.#heads.clear();
    this.#tails.clear();
    this.#isAtTail = true;
    this.#missed = 0;
    for (const extent of this.#extents) this.#heads.set(logKey(extent), extent.endOffset);
    this.#place(lines);
    // What has come while the extents were asked for.
    const late = this.#live.splice(0).filter((line) => this.#isNew(line));
    this.#lines = [...lines, ...late];
    for (const line of late) this.#tails.set(logKey(line), line.offset);
    this.#older = undefined;
    this.#newer = undefined;
    this.#tell("reset", 0);
  }

  /** New lines, as they are written. */
  append(lines: readonly LogLine[]): void {
    if (!this.#isAtTail || this.#isBusy) {
      if (this.#isBusy) this.#live.push(...lines);
      if (!this.#isAtTail) this.#missed += lines.length;
      for (const line of lines) this.#grow(line);
      this.topic.tell();
      return;
    }
    this.#join(lines);
  }

  /** What is written from now on is found by reading on, not by being told: after a time without a connection. */
  leaveTail(): void {
    this.#isAtTail = false;
    this.#newer = undefined;
    this.topic.tell();
  }

  /** Holds new lines back until `begin` or a load has its reply. */
  hold(): void {
    this.#isBusy = true;
  }

  release(): void {
    this.#isBusy = false;
    const live = this.#live.splice(0);
    if (this.#isAtTail && live.length > 0) this.#join(live);
    for (const goOn of this.#onceIdle.splice(0)) goOn();
  }

  /** Adds older lines in front. False, and nothing done, while another load is under way. */
  async loadOlder(): Promise<boolean> {
    if (this.#isBusy || !this.hasBefore) return false;
    return await this.#load(async () => {
      const lines = await this.#takeOlder();
      this.#lines = [...lines, ...this.#lines];
      this.#tell("prepended", lines.length);
      const surplus = this.#lines.length - mostLines;
      if (surplus > 0) this.#trimTail(surplus);
    });
  }

  /** Adds newer lines behind; at the end of the logs new ones are added again as they are written. */
  async loadNewer(): Promise<boolean> {
    if (this.#isBusy || this.#isAtTail) return false;
    return await this.#load(async () => {
      this.#newer ??= new LogReader("newer", this.#read, this.#filter, this.#places(this.#tails));
      const lines = await this.#newer.take(pieceLines);
      for (const line of lines) this.#tails.set(logKey(line), line.offset);
      this.#lines = [...this.#lines, ...lines];
      if (this.#newer.isAtEnd) {
        this.#isAtTail = true;
        this.#newer = undefined;
        this.#missed = 0;
      }
      this.#tell("appended", lines.length);
      const surplus = this.#lines.length - mostLines;
      if (surplus > 0) this.#trimHead(surplus);
    });
  }

  /** Goes to where that share of all bytes is over. The largest log says when that was, the others follow. */
  async jump(share: number): Promise<boolean> {
    if (this.#isBusy) return false;
    return await this.#load(async () => {
      const instances = new Map(this.#extents.map((extent) => [instanceKey(extent), targetOf(extent)]));
      await this.#measure([...instances.values()]);
      const [largest, ...others] = this.#extents.toSorted((a, b) => sizeOf(b) - sizeOf(a));
      if (largest === undefined) return;
      const at = largest.firstOffset + 1 + Math.floor(share * Math.max(0, sizeOf(largest) - 2));
      const [first] = await this.#read({ ...placeOf(largest), after: at - 1, lines: 1 });
      const earlier = first === undefined ? [] : await this.#lastBefore(others, first.time);
      this.#heads.clear();
      this.#tails.clear();
      const places = new Map(earlier.map((line) => [logKey(line), line.offset + 1]));
      places.set(logKey(largest), at);
      for (const extent of this.#extents) {
        const place = places.get(logKey(extent)) ?? extent.firstOffset + 1;
        this.#heads.set(logKey(extent), place);
        this.#tails.set(logKey(extent), place - 1);
      }
      this.#older = undefined;
      this.#isAtTail = false;
      this.#newer = new LogReader("newer", this.#read, this.#filter, this.#places(this.#tails));
      const lines = await this.#newer.take(pieceLines);
      for (const line of lines) this.#tails.set(logKey(line), line.offset);
      // Of each log, the very first line begins at its beginning, and not behind it.
      const firsts = share === 0 ? await this.#takeOlder() : [];
      this.#lines = [...firsts, ...lines];
      this.#tell("reset", 0);
    });
  }

  /** Goes to the very first line, after whatever load is under way. */
  async toStart(): Promise<void> {
    while (this.#isBusy) await new Promise<void>((resolve) => this.#onceIdle.push(resolve));
    await this.jump(0);
  }

  /** The last line of each log until then. */
  async #lastBefore(logs: readonly LogExtent[], until: string): Promise<readonly LogLine[]> {
    const lines = await Promise.all(
      ([undefined, "stdout", "stderr"] as const).map(async (stream) => {
        const targets = logs.filter((extent) => extent.stream === stream).map(targetOf);
        const which = stream === undefined ? {} : { stream };
        return targets.length === 0 ? [] : await this.#read({ targets, until, lines: 1, ...which });
      }),
    );
    return lines.flat();
  }

  async #measure(targets: readonly Target[]): Promise<void> {
    const extents = await this.#readExtents(targets);
    const { stream: wanted } = this.#filter;
    this.#isSplit = extents.some(({ stream }) => stream !== undefined);
    this.#extents = extents.filter(({ stream }) => wanted === undefined || stream === wanted);
  }

  async #load(work: () => Promise<void>): Promise<true> {
    this.hold();
    try {
      await work();
      return true;
    } finally {
      this.release();
    }
  }

  async #takeOlder(): Promise<readonly LogLine[]> {
    this.#older ??= new LogReader("older", this.#read, this.#filter, this.#places(this.#heads));
    const lines = await this.#older.take(pieceLines);
    for (const line of lines.toReversed()) this.#heads.set(logKey(line), line.offset);
    return lines;
  }

  #places(offsets: ReadonlyMap<string, number>): readonly (LogOf & { at: number })[] {
    return this.#extents.map((extent) => ({
      ...targetOf(extent),
      ...(extent.stream !== undefined && { stream: extent.stream }),
      at: offsets.get(logKey(extent)) ?? extent.endOffset,
    }));
  }

  #join(lines: readonly LogLine[]): void {
    const added = lines.filter((line) => this.#isNew(line));
    for (const line of added) {
      this.#tails.set(logKey(line), line.offset);
      this.#grow(line);
    }
    this.#lines = inTime(this.#lines, added);
    this.#tell("appended", added.length);
    if (this.#lines.length > mostLines * 1.2) this.#trimHead(this.#lines.length - mostLines);
  }

  #isNew(line: LogLine): boolean {
    return line.offset > (this.#tails.get(logKey(line)) ?? -1);
  }

  /** The log is at least as long as its last line says. An instance that is new has all of its log loaded. */
  #grow(line: LogLine): void {
    const key = logKey(line);
    const isKnown = this.#extents.some((extent) => logKey(extent) === key);
    this.#extents = withLine(this.#extents, line);
    if (isKnown) return;
    this.#heads.set(key, line.offset);
    if (line.stream !== "stderr") return;
    // It has begun to tell its streams apart: from now on a place says which one it is in.
    this.#isSplit = true;
    this.#older = undefined;
    this.#newer = undefined;
  }

  #place(lines: readonly LogLine[]): void {
    for (const line of lines.toReversed()) this.#heads.set(logKey(line), line.offset);
    for (const line of lines) this.#tails.set(logKey(line), line.offset);
  }

  #trimHead(count: number): void {
    const [gone, kept] = [this.#lines.slice(0, count), this.#lines.slice(count)];
    this.#lines = kept;
    for (const line of gone) this.#heads.set(logKey(line), line.offset + 1);
    for (const line of kept.toReversed()) this.#heads.set(logKey(line), line.offset);
    this.#older = undefined;
    this.#tell("trimmed-head", count);
  }

  #trimTail(count: number): void {
    const [kept, gone] = [this.#lines.slice(0, -count), this.#lines.slice(-count)];
    this.#lines = kept;
    for (const line of gone.toReversed()) this.#tails.set(logKey(line), line.offset - 1);
    for (const line of kept) this.#tails.set(logKey(line), line.offset);
    this.#newer = undefined;
    this.#isAtTail = false;
    this.#tell("trimmed-tail", count);
  }

  #tell(kind: WindowChange, count: number): void {
    this.#change = { kind, count };
    this.topic.tell();
  }
}

/** Lines of several apps come a little out of step: each goes where its time is, among the last ones. */
function inTime(lines: readonly LogLine[], added: readonly LogLine[]): readonly LogLine[] {
  const last = lines.at(-1)?.time ?? "";
  if (added.every(({ time }) => time >= last)) return [...lines, ...added];
  const late = lines.slice(-stepLines);
  const sorted = [...late, ...added].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return [...lines.slice(0, lines.length - late.length), ...sorted];
}
