/** How two machines come to trust each other: one gives out a code, the other one asks with it. */
import {
  type Address,
  type Enrolment,
  formatAddress,
  invite,
  type KeyText,
  openBody,
  openEnvelopeText,
  parseAddress,
  payloadOf,
  uninvite,
} from "@holdfast/relay";
import { type AddressBook, type Contact, type Identity, nodeCrypto } from "@holdfast/relay/node";
import { type Clock, HoldfastError, type Random } from "@holdfast/runtime";
import * as v from "valibot";
import type { RemoteRole } from "../api/contract-remote.ts";
import { type PairMail, pairMail, pairType } from "./mail.ts";
import { formatPairCode, PairCodes, pairCodeMs, parsePairCode } from "./pair-codes.ts";
import type { Station } from "./station.ts";

/** In which the other machine has answered, or will not. */
const answerMs = 30_000;

export interface PairingOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Identity;
  readonly book: AddressBook;
  readonly station: Pick<Station, "client" | "calls" | "post">;
}

type Welcome = Extract<PairMail, { readonly kind: "welcome" }>;

export class Pairing {
  readonly #options: PairingOptions;
  readonly #codes: PairCodes;
  readonly #asking = new Map<string, { readonly key: KeyText; readonly answered: (mail: Welcome) => void }>();

  constructor(options: PairingOptions) {
    this.#options = options;
    this.#codes = new PairCodes(options.clock, options.random);
  }

  /** True while somebody may come with a code that was given out. */
  get isExpecting(): boolean {
    return this.#codes.areOut;
  }

  /** A code with which one machine is let in, within ten minutes. */
  async giveCode(role: RemoteRole): Promise<{ readonly code: string; readonly until: number }> {
    const enrolment = this.#enrolment();
    const { secret, id, until } = this.#codes.make(role);
    const { station } = this.#options;
    const address = await invite(enrolment, this.#self(), { name: id, forMs: pairCodeMs }, station.calls);
    return { code: formatPairCode({ secret, name: enrolment.mailbox.slot, address }), until };
  }

  /** Asks with a code that another machine gave. Resolves when both trust each other; else nothing is changed. */
  async ask(
    word: string,
    wanted?: string,
  ): Promise<{ readonly contact: Contact; readonly role: RemoteRole }> {
    const { book, station, clock } = this.#options;
    const code = parsePairCode(word);
    const { key } = code.address;
    if (key === this.#self().key) {
      throw new HoldfastError("BAD_CODE", "this code was made here; use it on the other machine");
    }
    const before = book.contacts.find(({ address }) => address.key === key);
    const name = wanted ?? before?.name ?? code.name;
    if (book.contacts.some((other) => other.name === name && other.address.key !== key)) {
      throw new HoldfastError(
        "CONFLICT",
        `another machine is called ${name}; give this one a name with --as`,
      );
    }
    const own = await this.#inviteAnew(key);
    const contact: Contact = { ...before, name, address: code.address };
    await book.add(contact);
    const { promise, resolve } = Promise.withResolvers<Welcome | undefined>();
    this.#asking.set(code.secret, { key, answered: resolve });
    const timer = clock.setTimeout(() => resolve(undefined), answerMs);
    try {
      const { secret } = code;
      const mail: PairMail = { kind: "ask", secret, name: this.#enrolment().mailbox.slot, address: own };
      await station.post(contact, pairType, mail, answerMs);
      const welcome = await promise;
      if (welcome === undefined) {
        throw new HoldfastError(
          "PAIRING_FAILED",
          `${code.name} did not answer in ${answerMs / 1_000} s; is its daemon running, and the code younger than 10 min?`,
        );
      }
      const address = ownAddress(welcome.address, key);
      if (address === undefined) {
        throw new HoldfastError("PAIRING_FAILED", `${code.name} told an address that is not its own`);
      }
      const known: Contact = { ...contact, address };
      await book.add(known);
      return { contact: known, role: welcome.role };
    } catch (error) {
      if (before === undefined) await book.remove(name);
      else await book.add(before);
      throw error;
    } finally {
      clock.clearTimeout(timer);
      this.#asking.delete(code.secret);
    }
  }

  /** Somebody who is in the book wrote. Rejects when the relay cannot be asked, to be called again. */
  async receive(from: Contact, mail: PairMail): Promise<void> {
    if (mail.kind === "welcome") {
      const asking = this.#asking.get(mail.secret);
      if (asking?.key === from.address.key) asking.answered(mail);
      return;
    }
    const code = this.#codes.find(mail.secret);
    const { book, station } = this.#options;
    const { key } = from.address;
    const address = ownAddress(mail.address, key);
    if (code === undefined || address === undefined) return;
    const contact: Contact = { name: from.name, address, may: code.role };
    await book.add(contact);
    const own = await this.#inviteAnew(key);
    const welcome: PairMail = {
      ...{ kind: "welcome", secret: mail.secret, name: this.#enrolment().mailbox.slot, role: code.role },
      address: own,
    };
    await station.post(contact, pairType, welcome, answerMs);
    this.#codes.spend(mail.secret);
    // It ends by itself anyway.
    await uninvite(this.#enrolment(), { name: code.id, forMs: 0 }, station.calls).catch(() => undefined);
  }

  /** Somebody wrote who is not in the book: let in if they have a code, and no trace is left of them if not. */
  async meet(envelope: string): Promise<void> {
    const { book, identity, station } = this.#options;
    const opened = await openEnvelopeText(envelope, nodeCrypto());
    const payload = opened.kind === "opened" ? payloadOf(opened) : undefined;
    if (payload?.kind !== "event" || payload.event.type !== pairType) return;
    const body = await openBody(payload.event, identity.bodyKeys).catch(() => undefined);
    const mail = v.safeParse(pairMail, body);
    if (!mail.success || mail.output.kind !== "ask" || this.#codes.find(mail.output.secret) === undefined)
      return;
    const address = ownAddress(mail.output.address, payload.event.source);
    if (address === undefined) return;
    await book.add({ name: this.#freeName(mail.output.name), address });
    // Now it can be judged, and comes to `receive`.
    await station.client.judgeAgain();
  }

  #freeName(wanted: string): string {
    const taken = new Set(this.#options.book.contacts.map(({ name }) => name));
    for (let count = 1; ; count++) {
      const name = count === 1 ? wanted : `${wanted.slice(0, 58)}-${count}`;
      if (!taken.has(name)) return name;
    }
  }

  /** Lets whoever has the key write here, with a new token in place of any other. */
  async #inviteAnew(key: KeyText): Promise<string> {
    const { calls } = this.#options.station;
    const enrolment = this.#enrolment();
    await uninvite(enrolment, key, calls);
    return formatAddress(await invite(enrolment, this.#self(), key, calls));
  }

  #self(): { readonly key: KeyText; readonly bodyKey: string } {
    const { signer, bodyKeys } = this.#options.identity;
    return { key: signer.publicKey, bodyKey: bodyKeys.publicKey };
  }

  #enrolment(): Enrolment {
    const { enrolment } = this.#options.book;
    if (enrolment === undefined) throw new HoldfastError("NOT_JOINED", "this machine has left its relay");
    return enrolment;
  }
}

/** What `key` says its own address is, if it is one, and its own. */
function ownAddress(word: string, key: KeyText): Address | undefined {
  try {
    const address = parseAddress(word);
    return address.key === key ? address : undefined;
  } catch {
    return undefined;
  }
}
