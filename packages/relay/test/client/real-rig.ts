/** Clients at a real relay on the loopback, with their mail in files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClientEvent,
  type KeyText,
  type MailStore,
  RelayClient,
  type RelayClientOptions,
} from "@holdfast/relay";
import { nodeCrypto, nodeTransport, openIdentity, openSqliteMailStore } from "@holdfast/relay/node";
import { ShutdownToken } from "@holdfast/runtime";
import { onTestFinished } from "vitest";
import { type OpenOptions, type OpenRelay, openRelay } from "../server/open-relay.ts";

/** One client, and what a test does with it. */
export interface RealClient {
  readonly client: RelayClient;
  readonly store: MailStore;
  readonly events: readonly ClientEvent[];
  /** Whom it trusts. */
  readonly pinned: Set<KeyText>;
  /** What it reads its mail by; may be exchanged. */
  mailbox: { url: string; slot: string; token: string } | undefined;
  readonly routes: Map<KeyText, { url: string; slot: string; token: string }>;
  /** Starts it. */
  run(): void;
  /** Stops it, and resolves once it has ended. */
  stop(): Promise<void>;
  /** Resolves once the inbox holds so many. */
  received(count: number): Promise<void>;
  /** Resolves once something happened that `is` says. */
  until(is: () => boolean | Promise<boolean>): Promise<void>;
}

export interface RealRig {
  readonly relay: OpenRelay;
  readonly directory: string;
  /** A client with a slot of this name, at the relay or at what stands before it. */
  client(slot: string, more?: Partial<RelayClientOptions> & { readonly url?: string }): Promise<RealClient>;
  /** `from` may write to `to`, who trusts it. */
  introduce(from: RealClient, to: RealClient, url?: string): Promise<void>;
}

export async function realRig(options: OpenOptions = {}): Promise<RealRig> {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-relay-client-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const fast = { perSecond: 1e6, burst: 1e6 };
  const relay = await openRelay({ rates: { post: fast, read: fast }, ...options });
  let senders = 0;
  return {
    relay,
    directory,
    async client(slot, { url = relay.url, ...more } = {}) {
      const { signer } = await openIdentity(join(directory, `${slot}.key`));
      const store = openSqliteMailStore(join(directory, `${slot}.db`));
      const network = nodeTransport();
      const pinned = new Set<KeyText>();
      const routes: RealClient["routes"] = new Map();
      const { read } = await relay.slot(slot);
      const events: ClientEvent[] = [];
      let token = new ShutdownToken();
      let ran: Promise<void> | undefined;
      const client = new RelayClient({
        ...{ signer, crypto: nodeCrypto(), transport: network.request, store },
        settings: { mailbox: () => made.mailbox, routeTo: (key) => routes.get(key) },
        trust: { isPinned: (key) => pinned.has(key) },
        ...more,
      });
      client.events.subscribe((event) => events.push(event));
      const until: RealClient["until"] = async (is) => {
        if (await is()) return;
        const reader = client.events.events();
        // What happened between the look and the reader.
        if (!(await is())) for await (const _ of reader) if (await is()) break;
        await reader.return?.();
      };
      const made: RealClient = {
        ...{ client, store, events, pinned, routes, until, mailbox: { url, slot, token: read } },
        run() {
          token = new ShutdownToken();
          ran = client.run(token);
        },
        async stop() {
          token.cancel({ kind: "user-requested" });
          await ran;
        },
        received: (count) => until(async () => (await client.inbox(0, 1_000_000)).length >= count),
      };
      onTestFinished(async () => {
        await made.stop();
        await store[Symbol.asyncDispose]();
        network[Symbol.dispose]();
      });
      return made;
    },
    async introduce(from, to, url = relay.url) {
      const slot = to.mailbox?.slot ?? "";
      const token = await relay.mint({ scope: "post", slot, sender: `sender${++senders}` });
      from.routes.set(to.client.key, { url, slot, token });
      to.pinned.add(from.client.key);
    },
  };
}
