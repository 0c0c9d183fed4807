import type { Channel } from "@holdfast/rpc";
import { type Clock, HoldfastError, type Timer } from "@holdfast/runtime";
import type { ChannelMail } from "./mail.ts";
import { OutgoingTexts } from "./outgoing-texts.ts";

/** So many characters may be on their way before the other end says that it took some. */
const windowChars = 524_288;
/** After so many that came it is told without being asked. */
const tellAfterChars = windowChars / 4;
/** An end that has nothing to say says so after this time. */
const beatMs = 15_000;
const lookMs = 5_000;
/** An end that was not heard of for so long is gone. */
const silenceMs = 45_000;
/** How long what is queued may take to go out once it is closed. */
const lingerMs = 1_000;
/** No text of the API is longer. */
const longestText = 67_108_864;

export interface MailChannelOptions {
  /** Both halves of its name. */
  readonly connection: string;
  /** Who is at the other end, for messages. */
  readonly peer: string;
  readonly clock: Clock;
  /** Resolves once the mail is on the disk; in order. */
  readonly post: (mail: ChannelMail) => Promise<unknown>;
  /** Resolves when whoever reads the texts has taken them; what is not taken is not told as taken. */
  readonly whenTaken?: () => Promise<void>;
}

/**
 * One end of a connection whose texts go by mail. The mail keeps their order; each is numbered all the same, so that a
 * relay which leaves one out ends the connection and changes nothing else.
 *
 *     open → closing → closed       closing: what is queued goes out first
 *     open → closed                 the other end closed, or was silent for too long, or mail is missing
 */
export class MailChannel implements Channel {
  readonly #options: MailChannelOptions;
  readonly #queue = new OutgoingTexts();
  readonly #textListeners: ((text: string) => void)[] = [];
  readonly #closeListeners: ((error?: Error) => void)[] = [];
  readonly #drainListeners: (() => void)[] = [];
  /** Texts that came before there was a listener. */
  readonly #early: string[] = [];
  #state: { readonly kind: "open" | "closing" } | { readonly kind: "closed"; readonly error?: Error } = {
    kind: "open",
  };
  #isPumping = false;
  #posted = 0;
  #postedChars = 0;
  /** How many of those the other end has taken. */
  #takenChars = 0;
  #received = 0;
  #receivedChars = 0;
  /** How many of those whoever reads has taken, and up to where that is told or about to be. */
  #takenHere = 0;
  #tellingUpTo = 0;
  /** The beginning of a text that goes on. */
  #partial = "";
  #heardAt: number;
  #saidAt: number;
  #timer: Timer;

  constructor(options: MailChannelOptions) {
    this.#options = options;
    const { clock } = options;
    this.#heardAt = clock.monotonic();
    this.#saidAt = this.#heardAt;
    this.#timer = clock.setTimeout(() => this.#beat(), lookMs);
  }

  get bufferedBytes(): number {
    return this.#queue.chars + this.#postedChars - this.#takenChars;
  }

  send(text: string): void {
    if (this.#state.kind !== "open") return;
    this.#queue.push(text);
    this.#pump();
  }

  onText(listener: (text: string) => void): void {
    this.#textListeners.push(listener);
    for (const text of this.#early.splice(0)) listener(text);
  }

  onClose(listener: (error?: Error) => void): void {
    if (this.#state.kind === "closed") listener(this.#state.error);
    else this.#closeListeners.push(listener);
  }

  close(): void {
    if (this.#state.kind !== "open") return;
    this.#state = { kind: "closing" };
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => void this.abandon("the other end closed the connection"), lingerMs);
    this.#pump();
  }

  /** Ends it at once, and tells the other end if it can be told. Resolves once that is owed. */
  async abandon(reason: string): Promise<void> {
    if (this.#state.kind === "closed") return;
    const { post, connection } = this.#options;
    const owed = post({ kind: "close", connection, reason }).catch(() => undefined);
    this.#end(new HoldfastError("CONNECTION_CLOSED", reason));
    await owed;
  }

  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve();
    return new Promise((resolve) => this.#drainListeners.push(resolve));
  }

  /** Mail of this connection came. */
  receive(mail: ChannelMail): void {
    if (this.#state.kind === "closed") return;
    this.#heardAt = this.#options.clock.monotonic();
    switch (mail.kind) {
      case "texts":
        this.#take(mail);
        return;
      case "taken":
        this.#hearTaken(mail.taken);
        return;
      case "close":
        this.#end(
          mail.reason === undefined ? undefined : new HoldfastError("CONNECTION_CLOSED", mail.reason),
        );
    }
  }

  #take(mail: Extract<ChannelMail, { readonly kind: "texts" }>): void {
    if (mail.n !== this.#received + 1) {
      void this.abandon(`mail ${this.#received + 1} of the connection is missing`);
      return;
    }
    this.#received++;
    this.#hearTaken(mail.taken);
    mail.texts.forEach((text, at) => {
      this.#receivedChars += text.length;
      if (mail.continues && at === mail.texts.length - 1) this.#partial += text;
      else {
        this.#deliver(this.#partial + text);
        this.#partial = "";
      }
    });
    if (this.#partial.length > longestText) void this.abandon("a text is longer than any that there is");
    if (this.#options.whenTaken === undefined) this.#takenHere = this.#receivedChars;
    if (this.#receivedChars - this.#tellingUpTo >= tellAfterChars) void this.#tellTaken();
  }

  #deliver(text: string): void {
    if (this.#textListeners.length === 0) this.#early.push(text);
    for (const listener of this.#textListeners) listener(text);
  }

  #hearTaken(taken: number): void {
    // What an end says that it took is never more than was sent, nor less than it said before.
    this.#takenChars = Math.max(this.#takenChars, Math.min(taken, this.#postedChars));
    if (this.#isDrained) for (const resolve of this.#drainListeners.splice(0)) resolve();
    this.#pump();
  }

  async #tellTaken(): Promise<void> {
    const upTo = this.#receivedChars;
    this.#tellingUpTo = upTo;
    await this.#options.whenTaken?.();
    this.#takenHere = Math.max(this.#takenHere, upTo);
    this.#sayTaken();
  }

  #sayTaken(): void {
    if (this.#state.kind === "closed") return;
    const { connection, post } = this.#options;
    post({ kind: "taken", connection, taken: this.#takenHere }).catch((error: unknown) => this.#fail(error));
  }

  /** What was sent within one turn goes in one mail, and what is sent while one is written in the next. */
  #pump(): void {
    if (this.#isPumping || this.#state.kind === "closed") return;
    this.#isPumping = true;
    void Promise.resolve()
      .then(() => this.#postAll())
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#isPumping = false;
        // What came meanwhile, between its last look and here.
        if (this.#mayPost) this.#pump();
      });
  }

  async #postAll(): Promise<void> {
    const { connection, post, clock } = this.#options;
    while (!this.#queue.isEmpty && this.#hasRoom) {
      const { texts, continues, chars } = this.#queue.take();
      this.#postedChars += chars;
      this.#saidAt = clock.monotonic();
      const n = ++this.#posted;
      await post({
        ...{ kind: "texts", connection, n, texts, taken: this.#takenHere },
        ...(continues && { continues }),
      });
    }
    if (this.#state.kind !== "closing" || !this.#queue.isEmpty) return;
    await post({ kind: "close", connection });
    this.#end();
  }

  #beat(): void {
    const { clock, peer } = this.#options;
    const now = clock.monotonic();
    if (now - this.#heardAt >= silenceMs) {
      void this.abandon(`${peer} was not heard of for ${silenceMs / 1_000} s`);
      return;
    }
    if (now - this.#saidAt >= beatMs) {
      this.#saidAt = now;
      this.#sayTaken();
    }
    this.#timer = clock.setTimeout(() => this.#beat(), lookMs);
  }

  #fail(error: unknown): void {
    this.#end(error instanceof Error ? error : new Error(String(error)));
  }

  #end(error?: Error): void {
    if (this.#state.kind === "closed") return;
    this.#state = error === undefined ? { kind: "closed" } : { kind: "closed", error };
    this.#options.clock.clearTimeout(this.#timer);
    for (const resolve of this.#drainListeners.splice(0)) resolve();
    for (const listener of this.#closeListeners.splice(0)) listener(error);
  }

  get #hasRoom(): boolean {
    return this.#postedChars - this.#takenChars < windowChars;
  }

  get #mayPost(): boolean {
    if (this.#state.kind === "closed") return false;
    return this.#queue.isEmpty ? this.#state.kind === "closing" : this.#hasRoom;
  }

  get #isDrained(): boolean {
    return this.#state.kind === "closed" || this.bufferedBytes <= tellAfterChars;
  }
}
