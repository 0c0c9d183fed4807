import type { MaybePromise } from "../../envelope/crypto.ts";
import type { SignedEvent } from "../../envelope/event.ts";
import type { KeyText } from "../../envelope/public-key.ts";
import type { History, QuarantineReason } from "../../envelope/verdict.ts";

/** What identifies an event to those that came before. A payload of a later version has no number that is known here. */
export interface Mark {
  readonly id: string;
  readonly sender: KeyText;
  readonly sequence?: number;
}

/** An event that was accepted, and waits to be acknowledged. */
export interface InboxEntry {
  /** Counts what this client accepted: the order of the inbox. */
  readonly seq: number;
  readonly id: string;
  readonly event: SignedEvent;
  /** Wall ms. */
  readonly receivedAt: number;
  /** Why it was set aside: whoever consumes the inbox could not make use of it. */
  readonly parked?: string;
}

/** An event that cannot be judged yet, word for word as it came. */
export interface QuarantinedEvent extends Mark {
  readonly envelope: string;
  readonly reason: QuarantineReason;
  readonly why: string;
  /** Wall ms: it must have come before its expiry, whenever it is judged. */
  readonly receivedAt: number;
}

/** Events that the relay had let go before they were pulled. */
export interface Gap {
  /** Wall ms: when it was found. */
  readonly at: number;
  /** The cursors between which they were. */
  readonly from: string;
  readonly to: string;
}

/** An event to be posted. */
export interface OutgoingEvent {
  readonly id: string;
  readonly recipient: KeyText;
  readonly sequence: number;
  readonly envelope: string;
  /** Wall ms. */
  readonly expiresAt: number;
  /** Why the relay will never take it. */
  readonly refused?: string;
}

/** That a message is in the outbox, for good. */
export interface Sent {
  readonly id: string;
  readonly sequence: number;
}

/** What one page comes to. All of it is durable, or none. */
export interface PageCommit {
  /** Absent: stays where it is. */
  readonly cursor?: string;
  readonly accepted: readonly Omit<InboxEntry, "seq" | "parked">[];
  readonly quarantined: readonly QuarantinedEvent[];
  /** Ids of those that leave the quarantine. */
  readonly released: readonly string[];
  readonly gap?: Gap;
}

/**
 * Where a client keeps its mail: SQLite in Node, IndexedDB in a browser, memory in tests. What resolves is durable.
 * One client has it at a time. Whatever fails rejects, having changed nothing.
 */
export interface MailStore extends AsyncDisposable {
  /** Where to pull after. `undefined`: from the beginning. */
  cursor(): MaybePromise<string | undefined>;
  /** What is known of each. `inQuarantine: "new"` is for judging those again that are in it. */
  historyOf(marks: readonly Mark[], inQuarantine: "duplicate" | "new"): MaybePromise<readonly History[]>;
  /** Returns how many of the accepted were not there before: an id is taken in once. */
  commit(page: PageCommit): MaybePromise<number>;
  /**
   * Forgets who had the numbers of events that expired before `before` (wall ms): from then on they are `forgotten`. And
   * under which keys such were sent.
   */
  forget(before: number): MaybePromise<void>;
  /** Those after number `after`, the oldest first, without the parked ones unless asked for. */
  inbox(after: number, limit: number, parked?: "with-parked"): MaybePromise<readonly InboxEntry[]>;
  /** It leaves the inbox; that it was there is still known. Says whether it was. */
  acknowledge(id: string): MaybePromise<boolean>;
  /** It stays in the inbox, out of the way. */
  park(id: string, why: string): MaybePromise<void>;
  quarantine(after: string, limit: number): MaybePromise<readonly QuarantinedEvent[]>;
  /** How many are in quarantine. */
  quarantined(): MaybePromise<number>;
  gaps(): MaybePromise<readonly Gap[]>;
  /** The number of the last event to a recipient, 0 if there was none. */
  lastSequence(recipient: KeyText): MaybePromise<number>;
  /** Throws `SEQUENCE_TAKEN` if one with its number was there before. `key`: what `sentAs` finds it by. */
  enqueue(event: OutgoingEvent, key?: string): MaybePromise<void>;
  /** What was sent to a recipient under this key, whatever became of it. */
  sentAs(recipient: KeyText, key: string): MaybePromise<Sent | undefined>;
  /** Those that are neither accepted nor refused, in the order of their sending. */
  outgoing(limit: number): MaybePromise<readonly OutgoingEvent[]>;
  /** The relay has it. Need not be durable at once: to post it again does no harm. */
  settle(id: string): MaybePromise<void>;
  /** The relay will never take it. */
  refuse(id: string, why: string): MaybePromise<void>;
  refused(): MaybePromise<readonly OutgoingEvent[]>;
}
