/** What runs while this machine has a mailbox: the client of the relay, and the hand that works off its inbox. */
import { join } from "node:path";
import {
  consume,
  type EnrolContext,
  type InboxEntry,
  type KeyText,
  openBody,
  RelayClient,
} from "@holdfast/relay";
import {
  type AddressBook,
  type Contact,
  type Identity,
  keepStateFile,
  nodeCrypto,
  nodeTransport,
  openSqliteMailStore,
} from "@holdfast/relay/node";
import { type Clock, HoldfastError, type Random, ShutdownToken, TaskScope } from "@holdfast/runtime";
import { callType, pairType } from "./mail.ts";

/** How long the end waits for mail that is owed. */
const lastMailMs = 1_000;
const lookMs = 10;

export interface StationOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Identity;
  readonly book: AddressBook;
  /** Mail from somebody in the book came, its body decrypted. Rejects to have it again later. */
  readonly onMail: (from: Contact, type: string, body: unknown, token: ShutdownToken) => unknown;
  /** A stranger's envelope came. */
  readonly onStranger: (envelope: string) => void;
  readonly onError: (error: unknown, where: string) => void;
}

export class Station implements AsyncDisposable {
  readonly client: RelayClient;
  readonly #options: StationOptions;
  readonly #network = nodeTransport();
  readonly #store: ReturnType<typeof openSqliteMailStore>;
  readonly #stopped = new ShutdownToken();
  readonly #running: Promise<void>;
  readonly #heard = new Map<KeyText, number>();

  constructor(options: StationOptions) {
    const { directory, clock, random, identity, book } = options;
    this.#options = options;
    this.#store = openSqliteMailStore(join(directory, "mail.db"));
    this.client = new RelayClient({
      ...{ signer: identity.signer, crypto: nodeCrypto(), transport: this.#network.request },
      ...{ store: this.#store, settings: book, clock, random },
      trust: { isPinned: book.isPinned, isKnown: (type) => type === callType || type === pairType },
    });
    this.client.events.subscribe((event) => {
      if (event.type === "quarantined" && event.event.reason === "unpinned-sender") {
        options.onStranger(event.event.envelope);
      }
    });
    this.#running = this.#run();
  }

  /** For calls of the relay's administration, until the station ends. */
  get calls(): EnrolContext {
    return { transport: this.#network.request, token: this.#stopped };
  }

  /** Resolves with true once the relay has been away for so long, and with false when the token is cancelled. */
  async away(forMs: number, token: ShutdownToken): Promise<boolean> {
    const { clock } = this.#options;
    let since = clock.monotonic();
    while (clock.monotonic() - since < forMs) {
      if ((await clock.sleep(lookMs * 10, token)) === "cancelled") return false;
      const { kind } = this.client.state;
      if (kind === "connected" || kind === "degraded") since = clock.monotonic();
    }
    return true;
  }

  /** When something was last heard of whoever has that key; wall ms. */
  heardAt(key: KeyText): number | undefined {
    return this.#heard.get(key);
  }

  /** Writes to somebody; resolves once it is on the disk. */
  async post({ name, address }: Contact, type: string, data: unknown, expiresInMs: number): Promise<void> {
    const { key, bodyKey } = address;
    if (bodyKey === undefined) {
      throw new HoldfastError("NODE_UNREACHABLE", `${name} gave no key to encrypt to; pair again`);
    }
    await this.client.send({ to: key, type, data, sealTo: bodyKey, expiresInMs });
  }

  /** Resolves once what is owed has gone out, or after so long where it does not. */
  async flushed(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + withinMs;
    while (this.client.state.kind === "connected" && clock.monotonic() < deadline) {
      if ((await this.#store.outgoing(1)).length === 0) return;
      await clock.sleep(lookMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flushed(lastMailMs);
    this.#stopped.cancel({ kind: "requested-by-run" });
    await this.#running;
    await this.#store[Symbol.asyncDispose]();
    this.#network[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { directory, clock, random, onError } = this.#options;
    try {
      await using _ = keepStateFile(this.client, join(directory, "state.json"), clock);
      await using tasks = new TaskScope(this.#stopped, { clock });
      tasks.spawn("relay client", { kind: "background-loop" }, (own) => this.client.run(own));
      tasks.spawn("inbox", { kind: "background-loop" }, (own) =>
        consume(
          this.client,
          this.#store,
          {
            handle: (entry, token) => this.#take(entry, token),
            onParked: (entry, error) => onError(error, `mail ${entry.id}`),
            ...{ clock, random },
          },
          own,
        ),
      );
      await this.#stopped.cancelled;
    } catch (error) {
      onError(error, "the relay's client");
    }
  }

  async #take({ id, event, receivedAt }: InboxEntry, token: ShutdownToken): Promise<void> {
    const { identity, book, onMail, onError } = this.#options;
    const from = book.contacts.find(({ address }) => address.key === event.source);
    // Forgotten since it was accepted.
    if (from === undefined) return;
    this.#heard.set(event.source, receivedAt);
    let body: unknown;
    try {
      body = await openBody(event, identity.bodyKeys);
    } catch (error) {
      onError(error, `mail ${id} of ${from.name}`);
      return;
    }
    await onMail(from, event.type, body, token);
  }
}
