import type { Channel } from "@holdfast/rpc";
import { type Clock, HoldfastError, type Random } from "@holdfast/runtime";
import type { RemoteRole } from "../api/contract-remote.ts";
import type { CallMail } from "./mail.ts";
import { MailChannel } from "./mail-channel.ts";

/** More connections of one machine at once are refused. */
const mostOfOne = 64;
/** In which a machine that is there answers. */
const answerMs = 15_000;

/** A machine that this one was paired with. */
export interface Peer {
  readonly name: string;
  readonly key: string;
  /** What it may do here. */
  readonly role: RemoteRole | undefined;
}

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Resolves once the mail is on the disk; in order. */
  readonly post: (peer: Peer, mail: CallMail) => Promise<unknown>;
  /** Answers the calls that come over the channel. */
  readonly serve: (channel: Channel, peer: Peer, role: RemoteRole) => void;
}

/** A connection to another machine, and what one may do there. */
export interface OpenConnection {
  readonly channel: Channel;
  readonly role: RemoteRole;
}

interface Opening {
  readonly key: string;
  readonly answered: (mail: Extract<CallMail, { readonly kind: "opened" | "close" }>) => void;
}

/** The connections that go by mail: those that others opened here, and ours to others. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<string, { readonly key: string; readonly channel: MailChannel }>();
  readonly #opening = new Map<string, Opening>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** How many are open to and from a machine. */
  countOf(key: string): number {
    return this.#of(key).length;
  }

  /**
   * Opens one. `whenTaken` resolves when what was received has been taken. Rejects with `NODE_UNREACHABLE` when the other
   * one does not answer, and `FORBIDDEN` when it wants nothing to do with us.
   */
  async open(peer: Peer, whenTaken: () => Promise<void>): Promise<OpenConnection> {
    const { clock, post } = this.#options;
    const half = this.#half();
    const { promise, resolve } = Promise.withResolvers<Parameters<Opening["answered"]>[0] | undefined>();
    this.#opening.set(half, { key: peer.key, answered: resolve });
    const timer = clock.setTimeout(() => resolve(undefined), answerMs);
    try {
      await post(peer, { kind: "open", connection: half });
      const answer = await promise;
      if (answer === undefined) {
        throw new HoldfastError("NODE_UNREACHABLE", `${peer.name} did not answer in ${answerMs / 1_000} s`);
      }
      if (answer.kind === "close") {
        throw new HoldfastError("FORBIDDEN", answer.reason ?? `${peer.name} refuses connections`);
      }
      return { channel: this.#add(answer.connection, peer, whenTaken), role: answer.role };
    } finally {
      clock.clearTimeout(timer);
      this.#opening.delete(half);
    }
  }

  /** Mail came, which is certainly from `peer`. */
  receive(peer: Peer, mail: CallMail): void {
    switch (mail.kind) {
      case "began":
        void this.endOf(peer.key, `the daemon of ${peer.name} was started again`);
        return;
      case "open":
        this.#accept(peer, mail.connection);
        return;
      case "opened":
        this.#openingOf(peer, mail.connection)?.answered(mail);
        return;
      case "texts":
      case "taken":
      case "close": {
        const found = this.#open.get(mail.connection);
        if (found?.key === peer.key) found.channel.receive(mail);
        else if (mail.kind === "close") this.#openingOf(peer, mail.connection)?.answered(mail);
        // Of an earlier life of this daemon: nothing of it is done, and its sender is to know.
        else this.#refuse(peer, mail.connection, "the connection is not known any more");
      }
    }
  }

  /** Tells a machine that this daemon knows no connection from before. */
  async begin(peer: Peer): Promise<void> {
    await this.#post(peer, { kind: "began" });
  }

  /** Ends all of one machine's. Resolves once the other end is owed a word of it. */
  async endOf(key: string, reason: string): Promise<void> {
    await Promise.all([...this.#of(key)].map(({ channel }) => channel.abandon(reason)));
  }

  /** Resolves once the other ends are owed a word of it. */
  async endAll(reason: string): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ channel }) => channel.abandon(reason)));
  }

  #accept(peer: Peer, half: string): void {
    const { role } = peer;
    if (half.includes(".")) return;
    if (role === undefined) {
      this.#refuse(peer, half, "this machine was not given a role there; pair again");
      return;
    }
    if (this.countOf(peer.key) >= mostOfOne) {
      this.#refuse(peer, half, `there are ${mostOfOne} connections already`);
      return;
    }
    // The second half is ours: mail that was held back cannot open a connection and use it.
    const connection = `${half}.${this.#half()}`;
    const channel = this.#add(connection, peer);
    void this.#post(peer, { kind: "opened", connection, role });
    this.#options.serve(channel, peer, role);
  }

  #add(connection: string, peer: Peer, whenTaken?: () => Promise<void>): MailChannel {
    const channel = new MailChannel({
      connection,
      peer: peer.name,
      clock: this.#options.clock,
      post: (mail) => this.#options.post(peer, mail),
      ...(whenTaken && { whenTaken }),
    });
    this.#open.set(connection, { key: peer.key, channel });
    channel.onClose(() => this.#open.delete(connection));
    return channel;
  }

  #openingOf({ key }: Peer, connection: string): Opening | undefined {
    const found = this.#opening.get(connection.split(".")[0] ?? "");
    return found?.key === key ? found : undefined;
  }

  #of(key: string): readonly { readonly channel: MailChannel }[] {
    return [...this.#open.values()].filter((each) => each.key === key);
  }

  #refuse(peer: Peer, connection: string, reason: string): void {
    void this.#post(peer, { kind: "close", connection, reason });
  }

  /** What is only courtesy may fail. */
  async #post(peer: Peer, mail: CallMail): Promise<void> {
    await this.#options.post(peer, mail).catch(() => undefined);
  }

  #half(): string {
    return Buffer.from(this.#options.random.bytes(16)).toString("base64url");
  }
}
