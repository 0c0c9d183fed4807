import { readFileSync, statSync } from "node:fs";
import { HoldfastError } from "@holdfast/runtime";
import * as v from "valibot";
import type { Address, Enrolment } from "../client/enrol.ts";
import type { ClientSettings } from "../client/settings.ts";
import { type KeyText, parsePublicKey } from "../envelope/public-key.ts";
import { ensureOwnFile, replaceFile } from "./own-file.ts";

/** Somebody we know. */
export interface Contact {
  readonly name: string;
  readonly address: Address;
  /** What they may ask of us, in words of the program that uses the book. */
  readonly may?: string;
}

/** What is in the file. */
interface Book {
  readonly enrolment?: Enrolment;
  readonly contacts: readonly Contact[];
}

const mailbox = v.object({ url: v.string(), slot: v.string(), token: v.string() });

const key = v.pipe(
  v.string(),
  v.transform((text) => parsePublicKey(text)),
);

const form = v.object({
  version: v.literal(1),
  enrolment: v.exactOptional(v.object({ mailbox, tokenId: v.string(), admin: v.string() })),
  contacts: v.array(
    v.object({
      name: v.string(),
      address: v.object({ key, route: mailbox, bodyKey: v.exactOptional(v.string()) }),
      may: v.exactOptional(v.string()),
    }),
  ),
});

/** One's mailbox and whom one knows, in a file. Settings and trust of a client: each look sees the file as it is now. */
export interface AddressBook extends ClientSettings {
  isPinned(sender: KeyText): boolean;
  readonly contacts: readonly Contact[];
  readonly enrolment: Enrolment | undefined;
  /** Durable once it resolves. */
  setEnrolment(enrolment: Enrolment): Promise<void>;
  /** Forgets the mailbox, and with it everybody who was known there. */
  clear(): Promise<void>;
  /** Trusts the key, and knows where to write to; replaces who had that name or key. */
  add(contact: Contact): Promise<void>;
  /** Trusts them no longer. Says whether they were there. */
  remove(name: string): Promise<boolean>;
}

/**
 * Opens the file (0600), made if there is none. It may be changed by others meanwhile. Throws `UNSAFE_FILE`, and
 * `BAD_ADDRESS_BOOK` whenever what is there cannot be read: trust is never guessed.
 */
export async function openAddressBook(path: string): Promise<AddressBook> {
  if (!statSync(path, { throwIfNoEntry: false })) await write(path, { contacts: [] });
  ensureOwnFile(path);
  let cached: { readonly stamp: string; readonly book: Book } | undefined;
  let changing: Promise<unknown> = Promise.resolve();

  const read = (): Book => {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (cached?.stamp !== stamp)
        cached = { stamp, book: v.parse(form, JSON.parse(readFileSync(path, "utf8"))) };
      return cached.book;
    } catch (cause) {
      throw new HoldfastError("BAD_ADDRESS_BOOK", `${path} cannot be read; put it back from a copy`, {
        cause,
      });
    }
  };
  const change = (next: (book: Book) => Book): Promise<void> => {
    const changed = changing.then(() => write(path, next(read())));
    changing = changed.catch(() => {});
    return changed;
  };
  read();
  return {
    get contacts() {
      return read().contacts;
    },
    get enrolment() {
      return read().enrolment;
    },
    mailbox: () => read().enrolment?.mailbox,
    routeTo: (recipient) => read().contacts.find(({ address }) => address.key === recipient)?.address.route,
    isPinned: (sender) => read().contacts.some(({ address }) => address.key === sender),
    setEnrolment: (enrolment) => change((book) => ({ ...book, enrolment })),
    clear: () => change(() => ({ contacts: [] })),
    add: (contact) =>
      change(({ contacts, ...book }) => ({
        ...book,
        contacts: [...contacts.filter((other) => !isSame(other, contact)), contact],
      })),
    async remove(name) {
      const before = read().contacts.length;
      await change((book) => ({ ...book, contacts: book.contacts.filter((other) => other.name !== name) }));
      return read().contacts.length < before;
    },
  };
}

function isSame(a: Contact, b: Contact): boolean {
  return a.name === b.name || a.address.key === b.address.key;
}

function write(path: string, book: Book): Promise<void> {
  return replaceFile(path, `${JSON.stringify({ version: 1, ...book }, null, 2)}\n`);
}
