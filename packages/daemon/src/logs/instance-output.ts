import { existsSync } from "node:fs";
import type { LogStream } from "../api/contract.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { AppLog } from "./app-log.ts";
import { type LineWatch, type WantedLine, watchLine } from "./line-watch.ts";
import type { CopyTarget } from "./log-copy.ts";
import { halfAtLeast } from "./retention.ts";
import { SplitMark } from "./split-mark.ts";

/** One log of an instance. */
export interface LogSource {
  readonly key: InstanceKey;
  readonly log: AppLog;
  /** Which of two it is; absent where it is the only one. */
  readonly stream?: LogStream;
  /** The stream that the line at an offset was written to; undefined where both went into one. */
  readonly streamAt?: (offset: number) => LogStream | undefined;
}

type LogSettings = Pick<AppSpec, "logKeep" | "logSplit">;

/** Where a run's output goes, and how long that is now. */
export interface OutputPlace {
  readonly path: string;
  readonly offset: number;
  /** Present where stderr goes elsewhere. */
  readonly errors?: { readonly path: string; readonly offset: number };
}

/**
 * The output of one instance: one log, or, where its streams are told apart, one for stdout and one for stderr. The two
 * are looked at together, so that their times can be compared, and share one bound. What was written while they were
 * one stays where it is; so does what stderr had, when they are one again.
 */
export class InstanceOutput {
  readonly key: InstanceKey;
  readonly #main: LogSource & Required<Pick<LogSource, "streamAt">>;
  readonly #makeErrors: () => LogSource;
  readonly #mark: SplitMark;
  #errors: LogSource | undefined;

  /** `path` is that of the log; the one of stderr lies beside it. */
  constructor(key: InstanceKey, path: string, make: (path: string) => AppLog) {
    this.key = key;
    this.#mark = new SplitMark(path);
    const streamAt = (offset: number): LogStream | undefined =>
      this.#mark.isSplitAt(offset) ? "stdout" : undefined;
    this.#main = { key, log: make(path), streamAt };
    const errorsPath = path.replace(/\.log$/, ".stderr.log");
    this.#makeErrors = () => ({ key, log: make(errorsPath), stream: "stderr", streamAt: () => "stderr" });
    if (existsSync(errorsPath)) this.#withErrors();
  }

  /** The log of stdout, or of both. */
  get log(): AppLog {
    return this.#main.log;
  }

  get isFollowed(): boolean {
    return this.#logs.some(({ isFollowed }) => isFollowed);
  }

  /**
   * The logs there are, or the one of a stream, if its streams are told apart. `isSplit`: they are about to be. That of
   * stdout also has what was written before.
   */
  sources(isSplit?: AppSpec["logSplit"], stream?: LogStream): readonly LogSource[] {
    const errors = isSplit === true ? this.#withErrors() : this.#errors;
    if (errors === undefined) return stream === undefined ? [this.#main] : [];
    const both = [{ ...this.#main, stream: "stdout" } as const, errors];
    return stream === undefined ? both : both.filter((each) => each.stream === stream);
  }

  /** Makes ready for a run. Throws `LOG_NOT_WRITABLE` when what is to be copied cannot be. */
  prepare({ logKeep, logSplit }: LogSettings, copy: CopyTarget | undefined): OutputPlace {
    const { log } = this.#main;
    const errors = logSplit === true ? this.#withErrors().log : undefined;
    log.prepare();
    this.keep(logKeep);
    this.#mark.move(errors === undefined ? undefined : log.size);
    const whole = copy !== undefined && errors !== undefined ? { ...copy, wholeLines: true } : copy;
    log.copyTo(whole);
    this.#errors?.log.copyTo(errors === undefined ? undefined : whole);
    const place = { path: log.path, offset: log.size };
    return errors === undefined ? place : { ...place, errors: { path: errors.path, offset: errors.size } };
  }

  /** From now on so much of it is kept, in both together; undefined means as much as of any. */
  keep(logKeep: AppSpec["logKeep"]): void {
    for (const log of this.#logs) log.keep(logKeep);
  }

  open(): void {
    this.#main.log.open();
    if (this.#mark.isSplit) this.#errors?.log.open();
  }

  settle(): void {
    for (const log of this.#logs) log.settle();
  }

  close(): void {
    for (const log of this.#logs) log.close();
  }

  /** Its files are about to be deleted. */
  clear(): void {
    for (const log of this.#logs) log.clear();
    this.#mark.move(undefined);
  }

  /** Looks for a text in all that a run writes, to whichever stream. */
  watchLine(wanted: WantedLine, errorsFrom?: number | null): LineWatch {
    const { log } = this.#main;
    if (typeof errorsFrom !== "number") return watchLine(log, wanted);
    const token = wanted.token.childToken();
    const onSeen = (): void => {
      token.cancel({ kind: "requested-by-run" });
      wanted.onSeen?.();
    };
    const out = watchLine(log, { ...wanted, token, onSeen });
    const errors = watchLine(this.#withErrors().log, { ...wanted, offset: errorsFrom, token, onSeen });
    return {
      seen: Promise.race([out.seen, errors.seen]),
      look: () => out.look() || errors.look(),
    };
  }

  get #logs(): readonly AppLog[] {
    return this.sources().map(({ log }) => log);
  }

  #withErrors(): LogSource {
    if (this.#errors !== undefined) return this.#errors;
    const errors = this.#makeErrors();
    const { log } = this.#main;
    // Whoever writes much does not push out the other; what stderr still has once they are one gives way.
    const share = (own: number) => (maxBytes: number, beside: number) =>
      this.#mark.isSplit ? halfAtLeast(maxBytes, beside) : Math.max(own * maxBytes, maxBytes - beside);
    log.pairWith(errors.log, share(1));
    errors.log.pairWith(log, share(0));
    this.#errors = errors;
    return errors;
  }
}
