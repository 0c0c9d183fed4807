import { HoldfastError } from "@holdfast/runtime";
import type { KeyText } from "../../envelope/public-key.ts";
import type { History } from "../../envelope/verdict.ts";
import type {
  Gap,
  InboxEntry,
  MailStore,
  Mark,
  OutgoingEvent,
  PageCommit,
  QuarantinedEvent,
  Sent,
} from "./mail-store.ts";

interface Seen {
  readonly sender: KeyText;
  readonly sequence: number;
  readonly expiresAt: number;
}

/** A store that lasts as long as the program: for tests, and for pages that need no mail of yesterday. */
export function memoryMailStore(): MailStore {
  return new MemoryMailStore();
}

class MemoryMailStore implements MailStore {
  #cursor: string | undefined;
  #seq = 0;
  readonly #inbox = new Map<string, InboxEntry>();
  readonly #seen = new Map<string, Seen>();
  readonly #numbers = new Set<string>();
  readonly #floors = new Map<KeyText, number>();
  readonly #quarantine = new Map<string, QuarantinedEvent>();
  readonly #gaps: Gap[] = [];
  readonly #outgoing = new Map<string, OutgoingEvent>();
  readonly #sequences = new Map<KeyText, number>();
  /** By recipient and key. */
  readonly #sent = new Map<string, OutgoingEvent>();

  cursor(): string | undefined {
    return this.#cursor;
  }

  historyOf(marks: readonly Mark[], inQuarantine: "duplicate" | "new"): readonly History[] {
    return marks.map(({ id, sender, sequence }) => {
      if (this.#seen.has(id)) return "duplicate";
      if (this.#quarantine.has(id) && inQuarantine === "duplicate") return "duplicate";
      if (sequence === undefined) return "new";
      if (this.#numbers.has(`${sender} ${sequence}`)) return "number-taken";
      return sequence <= (this.#floors.get(sender) ?? 0) ? "forgotten" : "new";
    });
  }

  commit({ cursor, accepted, quarantined, released, gap }: PageCommit): number {
    let taken = 0;
    for (const entry of accepted) {
      const { source: sender, sequence, expirytime } = entry.event;
      if (this.#seen.has(entry.id)) continue;
      this.#seen.set(entry.id, { sender, sequence, expiresAt: Date.parse(expirytime) });
      this.#numbers.add(`${sender} ${sequence}`);
      this.#inbox.set(entry.id, { seq: ++this.#seq, ...entry });
      taken++;
    }
    for (const event of quarantined) this.#quarantine.set(event.id, event);
    for (const id of released) this.#quarantine.delete(id);
    if (gap) this.#gaps.push(gap);
    this.#cursor = cursor ?? this.#cursor;
    return taken;
  }

  forget(before: number): void {
    for (const [id, { sender, sequence, expiresAt }] of this.#seen) {
      if (expiresAt >= before || this.#inbox.has(id)) continue;
      this.#seen.delete(id);
      this.#numbers.delete(`${sender} ${sequence}`);
      this.#floors.set(sender, Math.max(sequence, this.#floors.get(sender) ?? 0));
    }
    for (const [key, { expiresAt }] of this.#sent) if (expiresAt < before) this.#sent.delete(key);
  }

  inbox(after: number, limit: number, parked?: "with-parked"): readonly InboxEntry[] {
    const there = [...this.#inbox.values()].filter((entry) => entry.seq > after);
    return there.filter((entry) => parked || entry.parked === undefined).slice(0, limit);
  }

  acknowledge(id: string): boolean {
    return this.#inbox.delete(id);
  }

  park(id: string, why: string): void {
    const entry = this.#inbox.get(id);
    if (entry) this.#inbox.set(id, { ...entry, parked: why });
  }

  quarantine(after: string, limit: number): readonly QuarantinedEvent[] {
    const sorted = [...this.#quarantine.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return sorted.filter(({ id }) => id > after).slice(0, limit);
  }

  quarantined(): number {
    return this.#quarantine.size;
  }

  gaps(): readonly Gap[] {
    return [...this.#gaps];
  }

  lastSequence(recipient: KeyText): number {
    return this.#sequences.get(recipient) ?? 0;
  }

  enqueue(event: OutgoingEvent, key?: string): void {
    if (event.sequence <= this.lastSequence(event.recipient)) throw sequenceTaken(event);
    this.#sequences.set(event.recipient, event.sequence);
    this.#outgoing.set(event.id, event);
    if (key !== undefined) this.#sent.set(`${event.recipient} ${key}`, event);
  }

  sentAs(recipient: KeyText, key: string): Sent | undefined {
    const sent = this.#sent.get(`${recipient} ${key}`);
    return sent && { id: sent.id, sequence: sent.sequence };
  }

  outgoing(limit: number): readonly OutgoingEvent[] {
    return [...this.#outgoing.values()].filter(({ refused }) => refused === undefined).slice(0, limit);
  }

  settle(id: string): void {
    this.#outgoing.delete(id);
  }

  refuse(id: string, why: string): void {
    const event = this.#outgoing.get(id);
    if (event) this.#outgoing.set(id, { ...event, refused: why });
  }

  refused(): readonly OutgoingEvent[] {
    return [...this.#outgoing.values()].filter(({ refused }) => refused !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** What `enqueue` throws. */
export function sequenceTaken({ recipient, sequence }: OutgoingEvent): HoldfastError<"SEQUENCE_TAKEN"> {
  const message = `an event number ${sequence} to ${recipient} was sent before; only one client may have the store`;
  return new HoldfastError("SEQUENCE_TAKEN", message);
}
