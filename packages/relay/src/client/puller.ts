import { HoldfastError, type ShutdownToken } from "@holdfast/runtime";
import { asyncFailpoint } from "@holdfast/runtime/failpoints";
import type { Crypto } from "../envelope/crypto.ts";
import type { Bench } from "../envelope/verdict.ts";
import { type EventPage, parseCursor } from "../protocol/index.ts";
import { UnauthorisedError } from "./http/refusal.ts";
import { type JudgedPage, judgePage, type Rejection, withinRoom } from "./judge-page.ts";
import { type CallContext, type Pulled, pullPage } from "./relay-calls.ts";
import { type ClientSettings, type MailboxSettings, mailboxOf } from "./settings.ts";
import type { Gap, MailStore, QuarantinedEvent } from "./store/mail-store.ts";

/** What one look brought. */
export interface PullReport {
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly gaps: number;
}

interface Refusal {
  readonly mailbox: MailboxSettings;
  readonly error: UnauthorisedError;
  /** Monotonic ms. */
  readonly until: number;
}

const refusedMs = 3_600_000;

/** What a puller works with. */
export interface PullerOptions {
  readonly settings: ClientSettings;
  readonly store: MailStore;
  readonly crypto: Crypto;
  /** The bench of the moment: trust may have changed. */
  readonly bench: () => Omit<Bench, "receivedAt">;
  readonly call: (token: ShutdownToken) => CallContext;
  readonly pageSize: number;
  /** Events of strangers are kept up to this number. */
  readonly maxQuarantined: number;
  readonly onAccepted: (count: number) => void;
  readonly onQuarantined: (event: QuarantinedEvent) => void;
  readonly onRejected: (rejection: Rejection) => void;
  readonly onGap: (gap: Gap) => void;
}

/**
 * The one way by which mail comes in, whatever made us look: pull a page, judge it, commit what came of it together with
 * the cursor, and again until there is no more. What cannot be judged is kept aside, so that nothing waits behind it.
 */
export class Puller {
  readonly #options: PullerOptions;
  #refusal: Refusal | undefined;

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  /** The cursor as it is on the disk. */
  cursor(): ReturnType<MailStore["cursor"]> {
    return this.#options.store.cursor();
  }

  /** Pulls until the cursor is at the head. Throws what `pullPage` throws, and what the store does. */
  async pull(token: ShutdownToken): Promise<PullReport> {
    const { settings, store, pageSize, call } = this.#options;
    let report: PullReport = { accepted: 0, duplicates: 0, quarantined: 0, rejected: 0, gaps: 0 };
    for (;;) {
      token.throwIfCancelled();
      const mailbox = await mailboxOf(settings);
      const after = await store.cursor();
      const ctx = call(token);
      const pulled = await this.#ask(mailbox, after, pageSize, ctx);
      await asyncFailpoint("relay.pull.read");
      if (pulled.kind === "gone") {
        const gap = { at: ctx.clock.now(), from: after ?? "", to: pulled.gone.oldest };
        if (after === gap.to)
          throw new HoldfastError("BAD_ANSWER", `the relay forgot ${after}, and says to go on there`);
        await store.commit({ cursor: gap.to, accepted: [], quarantined: [], released: [], gap });
        this.#options.onGap(gap);
        report = { ...report, gaps: report.gaps + 1 };
        continue;
      }
      const { page } = pulled;
      refuseBackwards(after, page);
      // Also of an empty page: where one stands is known from the first look on.
      if (page.next !== after) report = sum(report, await this.#take(page, ctx.clock.now()));
      if (!page.hasMore || page.events.length === 0) return report;
    }
  }

  /** Judges all that is in quarantine once more. */
  async judgeAgain(token: ShutdownToken): Promise<PullReport> {
    const { store, pageSize, bench, crypto } = this.#options;
    let report: PullReport = { accepted: 0, duplicates: 0, quarantined: 0, rejected: 0, gaps: 0 };
    for (let after = ""; ; ) {
      token.throwIfCancelled();
      const kept = await store.quarantine(after, pageSize);
      const last = kept.at(-1);
      if (!last) return report;
      after = last.id;
      const judged = await judgePage(kept, store, bench(), crypto, "new");
      const released = judged.verdicts.flatMap(({ id, verdict }) =>
        id !== undefined && verdict.kind !== "quarantine" ? [id] : [],
      );
      const { accepted, quarantined } = judged;
      const taken = await store.commit({ accepted, quarantined, released });
      // What stays is no news, but for what time alone will change.
      const future = quarantined.filter(({ reason }) => reason === "from-the-future");
      this.#tell({ ...judged, quarantined: future }, taken);
      report = sum(report, reportOf(judged, taken));
    }
  }

  /** A token that was refused is not shown again, for an hour, unless it turns out to be another by now. */
  async #ask(
    mailbox: MailboxSettings,
    after: string | undefined,
    limit: number,
    ctx: CallContext,
    isAgain = false,
  ): Promise<Pulled> {
    const now = ctx.clock.monotonic();
    const refusal = this.#refusal;
    if (refusal && isSame(refusal.mailbox, mailbox) && now < refusal.until) throw refusal.error;
    try {
      const pulled = await pullPage(mailbox, after, limit, ctx);
      this.#refusal = undefined;
      return pulled;
    } catch (error) {
      if (!(error instanceof UnauthorisedError)) throw error;
      this.#refusal = { mailbox, error, until: now + refusedMs };
      const again = await mailboxOf(this.#options.settings);
      if (isAgain || isSame(mailbox, again)) throw error;
      return await this.#ask(again, after, limit, ctx, true);
    }
  }

  async #take(page: EventPage, now: number): Promise<PullReport> {
    const { store, bench, crypto, maxQuarantined } = this.#options;
    const arrivals = page.events.map(({ envelope }) => ({ envelope, receivedAt: now }));
    const all = await judgePage(arrivals, store, bench(), crypto);
    const isCrowded = all.quarantined.length > 0;
    const judged = isCrowded ? withinRoom(all, maxQuarantined - (await store.quarantined())) : all;
    await asyncFailpoint("relay.pull.judged");
    const { accepted, quarantined } = judged;
    const taken = await store.commit({ cursor: page.next, accepted, quarantined, released: [] });
    await asyncFailpoint("relay.pull.committed");
    this.#tell(judged, taken);
    return reportOf(judged, taken);
  }

  #tell({ quarantined, rejected }: JudgedPage, taken: number): void {
    const { onAccepted, onQuarantined, onRejected } = this.#options;
    if (taken > 0) onAccepted(taken);
    for (const event of quarantined) onQuarantined(event);
    for (const rejection of rejected) onRejected(rejection);
  }
}

function isSame(a: MailboxSettings, b: MailboxSettings): boolean {
  return a.url === b.url && a.slot === b.slot && a.token === b.token;
}

/** A relay may withhold; it may not make us read what we have read, or skip without saying so. */
function refuseBackwards(after: string | undefined, { next, events, hasMore }: EventPage): void {
  const [from, to] = [after === undefined ? undefined : parseCursor(after), parseCursor(next)];
  const isForward = !from || (to?.epoch === from.epoch && to.seq >= from.seq);
  const moves = events.length === 0 || next === events.at(-1)?.cursor;
  if (isForward && moves && !(hasMore && events.length === 0)) return;
  throw new HoldfastError(
    "BAD_ANSWER",
    `the relay answers ${after ?? "the beginning"} with a page up to ${next}`,
  );
}

function reportOf(judged: JudgedPage, taken: number): PullReport {
  const { duplicates, quarantined, rejected } = judged;
  return { accepted: taken, duplicates, quarantined: quarantined.length, rejected: rejected.length, gaps: 0 };
}

function sum(a: PullReport, b: PullReport): PullReport {
  return {
    accepted: a.accepted + b.accepted,
    duplicates: a.duplicates + b.duplicates,
    quarantined: a.quarantined + b.quarantined,
    rejected: a.rejected + b.rejected,
    gaps: a.gaps + b.gaps,
  };
}
