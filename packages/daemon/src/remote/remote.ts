/**
 * Other machines, which are reached through a relay, and which reach this one.
 *
 * 1. Whom a machine listens to was paired with it, by a code that a person carried; what they may do is said here alone.
 * 2. Calls are mail: signed, encrypted, and carried by a relay that can do neither.
 * 3. A call is done only within a connection that this very daemon opened: one that comes late is not done at all.
 */
import { join } from "node:path";
import { openHome } from "@holdfast/platform";
import {
  administration,
  join as joinRelay,
  parseInvitation,
  UnauthorisedError,
  uninvite,
} from "@holdfast/relay";
import {
  type AddressBook,
  type Contact,
  type Identity,
  nodeTransport,
  openAddressBook,
  openIdentity,
} from "@holdfast/relay/node";
import type { Channel } from "@holdfast/rpc";
import {
  type Clock,
  describeError,
  HoldfastError,
  type Random,
  RwLock,
  ShutdownToken,
} from "@holdfast/runtime";
import * as v from "valibot";
import { type RemoteNode, type RemoteRole, type RemoteStatus, remoteRoles } from "../api/contract-remote.ts";
import { nearest } from "../manifest/nearest.ts";
import { Connections, type OpenConnection, type Peer } from "./connections.ts";
import { callMail, callType, pairMail, pairType } from "./mail.ts";
import { notJoined } from "./not-joined.ts";
import { Pairing } from "./pairing.ts";
import { remoteDirectory } from "./place.ts";
import { Station } from "./station.ts";

/** After which a call that was not carried is not done any more; clocks may be some minutes apart on top. */
const callMs = 60_000;
const leaveMs = 5_000;
/** How long it may take to tell a machine that it was forgotten; else it notices by the silence. */
const farewellMs = 5_000;
/** How long a relay that is being connected to is waited for. */
const relayMs = 3_000;

export interface RemoteOptions {
  /** The daemon's home; what is of this is in `remote/` below it. */
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Answers the calls that come over a channel, in the name of `principal`. */
  readonly serve: (channel: Channel, principal: string, role: RemoteRole) => void;
  readonly onError: (error: unknown, where: string) => void;
}

interface Joined {
  readonly station: Station;
  readonly pairing: Pairing;
  readonly connections: Connections;
}

export class Remote implements AsyncDisposable {
  readonly #options: RemoteOptions;
  readonly #directory: string;
  readonly #identity: Identity;
  readonly #book: AddressBook;
  #joined: Joined | undefined;
  /** One change at a time. */
  readonly #changes = new RwLock({ name: "other machines" });

  private constructor(options: RemoteOptions, identity: Identity, book: AddressBook) {
    this.#options = options;
    this.#directory = remoteDirectory(options.home);
    this.#identity = identity;
    this.#book = book;
    if (book.enrolment === undefined) return;
    this.#joined = this.#start();
    for (const contact of book.contacts) void this.#joined.connections.begin(peerOf(contact));
  }

  static async open(options: RemoteOptions): Promise<Remote> {
    const directory = openHome({ HOLDFAST_HOME: remoteDirectory(options.home) }).path;
    const identity = await openIdentity(join(directory, "identity.json"));
    return new Remote(options, identity, await openAddressBook(join(directory, "contacts.json")));
  }

  /** True while somebody may ask something of this machine, who could not if its daemon were gone. */
  get isServing(): boolean {
    if (this.#joined === undefined) return false;
    return this.#joined.pairing.isExpecting || this.#book.contacts.some(({ may }) => may !== undefined);
  }

  status(): RemoteStatus {
    const { enrolment, contacts } = this.#book;
    const state = this.#joined?.station.client.state ?? { kind: "stopped" };
    const error = "error" in state && state.error !== undefined ? describeError(state.error) : null;
    return {
      relay: enrolment?.mailbox.url ?? null,
      name: enrolment?.mailbox.slot ?? null,
      key: this.#identity.signer.publicKey,
      state: state.kind,
      error,
      nodes: contacts.map((contact) => this.#describe(contact)),
    };
  }

  /** Takes a mailbox over. Throws `BAD_INVITATION`, `CONFLICT`, and what the relay says. */
  join(word: string): Promise<RemoteStatus> {
    return this.#changes.write(async () => {
      const there = this.#book.enrolment;
      if (there !== undefined) {
        const { url, slot } = there.mailbox;
        throw new HoldfastError(
          "CONFLICT",
          `this machine is ${slot} at ${url}; holdfast remote leave ends that`,
        );
      }
      const invitation = parseInvitation(word);
      using network = nodeTransport();
      using token = new ShutdownToken();
      try {
        await joinRelay(invitation, (enrolment) => this.#book.setEnrolment(enrolment), {
          transport: network.request,
          token,
        });
      } catch (cause) {
        if (!(cause instanceof UnauthorisedError)) throw cause;
        const message = `${invitation.url} does not know this invitation: it was used or has ended; ask for another`;
        throw new HoldfastError("BAD_INVITATION", message, { cause });
      }
      this.#joined = this.#start();
      return this.status();
    });
  }

  /** Gives the mailbox up, and forgets whom it knows there. Its tokens are revoked if the relay can be reached. */
  leave(): Promise<void> {
    return this.#changes.write(async () => {
      const { enrolment } = this.#book;
      if (enrolment === undefined) throw notJoined();
      await this.#stop("the machine leaves the relay");
      await this.#revokeAll(enrolment.mailbox.url, enrolment.mailbox.slot, enrolment.admin);
      // What was sent stays: whoever pinned the key expects it to go on counting.
      await this.#book.clear();
    });
  }

  /** A code with which another machine is paired, to do here what `role` may. */
  async invite(role: RemoteRole): Promise<{ readonly code: string; readonly until: string }> {
    const { code, until } = await this.#expectJoined().pairing.giveCode(role);
    return { code, until: new Date(until).toISOString() };
  }

  /** Pairs this machine with the one that gave the code. Says what it may do there. */
  async pair(code: string, name?: string): Promise<{ readonly name: string; readonly role: RemoteRole }> {
    const { contact, role } = await this.#expectJoined().pairing.ask(code, name);
    return { name: contact.name, role };
  }

  /** Changes what a machine may do here; null: nothing. Its connections end. */
  grant(name: string, role: RemoteRole | null): Promise<RemoteNode> {
    return this.#changes.write(async () => {
      const { address } = this.#expectContact(name);
      const contact: Contact = { name, address, ...(role !== null && { may: role }) };
      await this.#book.add(contact);
      await this.#joined?.connections.endOf(address.key, "what this machine may do there was changed");
      return this.#describe(contact);
    });
  }

  /** Trusts a machine no longer: it may neither ask anything here, nor write. */
  forget(name: string): Promise<void> {
    return this.#changes.write(async () => {
      const { address } = this.#expectContact(name);
      await this.#book.add({ name, address });
      await this.#joined?.connections.endOf(address.key, "this machine was forgotten there");
      await this.#joined?.station.flushed(farewellMs);
      await this.#book.remove(name);
      const { enrolment } = this.#book;
      if (this.#joined === undefined || enrolment === undefined) return;
      await uninvite(enrolment, address.key, this.#joined.station.calls);
    });
  }

  /**
   * A connection to the daemon of another machine. Rejects with `NOT_JOINED`, `NOT_FOUND`, `NODE_UNREACHABLE` and
   * `FORBIDDEN`.
   */
  async connect(name: string, whenTaken: () => Promise<void>): Promise<OpenConnection> {
    const { connections, station } = this.#expectJoined();
    const peer = peerOf(this.#expectContact(name));
    using done = new ShutdownToken();
    const opened = connections.open(peer, whenTaken);
    try {
      const away = station.away(relayMs, done).then((isAway) => isAway && this.#expectRelay(name));
      return await Promise.race([opened, away.then(() => opened)]);
    } catch (error) {
      // An answer that still comes finds nobody.
      void opened.then(({ channel }) => channel.close()).catch(() => undefined);
      if (!(error instanceof HoldfastError) || error.code !== "NODE_UNREACHABLE") throw error;
      this.#expectRelay(name);
      const message = `${error.message}; its daemon does not run, cannot reach the relay, or has forgotten this machine`;
      throw new HoldfastError("NODE_UNREACHABLE", message, { cause: error });
    } finally {
      done.cancel({ kind: "requested-by-run" });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changes.write(() => this.#stop("the daemon ends"));
  }

  #start(): Joined {
    const { clock, random, serve, onError } = this.#options;
    const [identity, book] = [this.#identity, this.#book];
    const connections = new Connections({
      ...{ clock, random },
      post: async (peer, mail) => await station.post(this.#contactOf(peer), callType, mail, callMs),
      serve: (channel, peer, role) => serve(channel, principalOf(peer), role),
    });
    const station: Station = new Station({
      ...{ directory: this.#directory, clock, random, identity, book, onError },
      onMail: (from, type, body) => {
        const call = type === callType ? v.safeParse(callMail, body) : undefined;
        if (call?.success) return connections.receive(peerOf(from), call.output);
        const pair = type === pairType ? v.safeParse(pairMail, body) : undefined;
        if (pair?.success) return pairing.receive(from, pair.output);
        onError(new HoldfastError("BAD_MAIL", `it is no ${type}`), `mail of ${from.name}`);
      },
      onStranger: (envelope) =>
        void pairing.meet(envelope).catch((error: unknown) => onError(error, "a stranger's mail")),
    });
    const pairing = new Pairing({ clock, random, identity, book, station });
    return { station, pairing, connections };
  }

  async #stop(reason: string): Promise<void> {
    const joined = this.#joined;
    this.#joined = undefined;
    await joined?.connections.endAll(reason);
    await joined?.station[Symbol.asyncDispose]();
  }

  /** As well as it can: a relay that is gone keeps nobody. */
  async #revokeAll(url: string, slot: string, admin: string): Promise<void> {
    using network = nodeTransport();
    using token = new ShutdownToken();
    const timer = this.#options.clock.setTimeout(() => token.cancel({ kind: "requested-by-run" }), leaveMs);
    try {
      const own = administration({ url, token: admin }, { transport: network.request, token });
      const tokens = await own.tokens(slot);
      // What revokes goes last.
      for (const { id } of tokens.toSorted(
        (a, b) => Number(a.scope === "admin") - Number(b.scope === "admin"),
      )) {
        await own.revoke(id);
      }
    } catch (error) {
      this.#options.onError(error, "leaving the relay");
    } finally {
      this.#options.clock.clearTimeout(timer);
    }
  }

  #describe({ name, address, may }: Contact): RemoteNode {
    const heard = this.#joined?.station.heardAt(address.key);
    return {
      name,
      key: address.key,
      role: roleOf(may) ?? null,
      connections: this.#joined?.connections.countOf(address.key) ?? 0,
      heard: heard === undefined ? null : new Date(heard).toISOString(),
    };
  }

  #contactOf({ name, key }: Peer): Contact {
    const found = this.#book.contacts.find(({ address }) => address.key === key);
    if (found !== undefined) return found;
    throw new HoldfastError("NOT_FOUND", `${name} was forgotten`);
  }

  /** Mail may still come and go while one of the two ways works. */
  #expectRelay(name: string): void {
    const { relay, state, error } = this.status();
    if (state === "connected" || state === "degraded") return;
    const why = error ?? `there is no connection to the relay ${relay}`;
    throw new HoldfastError("NODE_UNREACHABLE", `${name} cannot be reached: ${why}`);
  }

  #expectContact(name: string): Contact {
    const { contacts } = this.#book;
    const found = contacts.find((contact) => contact.name === name);
    if (found !== undefined) return found;
    const names = contacts.map((contact) => contact.name);
    const near = nearest(name, names);
    const guess =
      near === undefined
        ? names.length === 0
          ? "none is paired"
          : `there is ${names.join(", ")}`
        : `did you mean ${near}?`;
    throw new HoldfastError("NOT_FOUND", `no machine is called ${name}; ${guess}`);
  }

  #expectJoined(): Joined {
    if (this.#joined === undefined) throw notJoined();
    return this.#joined;
  }
}

/** What stands beside what a machine asks for. The key is what was verified; the name is for people. */
function principalOf({ name, key }: Peer): string {
  return `remote ${name} (${key.slice(0, 8)})`;
}

function peerOf({ name, address, may }: Contact): Peer {
  return { name, key: address.key, role: roleOf(may) };
}

function roleOf(may: string | undefined): RemoteRole | undefined {
  return remoteRoles.find((role) => role === may);
}
