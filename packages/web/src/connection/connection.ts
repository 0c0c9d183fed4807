import {
  type Client,
  type ClientSubscription,
  createClient,
  type EventOf,
  RpcError,
  type SubscriptionMethod,
} from "@holdfast/rpc";
import {
  type Clock,
  type SessionContext,
  ShutdownToken,
  type StreamState,
  stream,
  TerminalError,
} from "@holdfast/runtime";
import type { DaemonEvent, Methods } from "../api.ts";
import type { Network } from "../browser/network.ts";
import type { PageStore } from "../state/page-store.ts";
import { Topic } from "../state/topic.ts";
import { browserChannel, opened } from "./browser-channel.ts";
import { followDaemon } from "./follow-daemon.ts";
import type { LinkState, Standing } from "./link-state.ts";

/** The daemon is on this machine: a try costs nothing, and who looks at the page wants to see it come back. */
const backoff = { initialMs: 150, factor: 1.6, maxMs: 1_200, jitter: "equal" } as const;

/** The page's one connection. It is kept open, goes on where it was after a drop, and is what every call goes through. */
export class Connection {
  readonly topic: Topic = new Topic();
  readonly #network: Network;
  readonly #store: PageStore;
  readonly #clock: Clock;
  #token = new ShutdownToken();
  #client: Client<Methods> | undefined;
  #link: LinkState = { kind: "connecting" };
  #standing: Standing = { role: "operate", sessionId: null };
  #wasLive = false;
  #cursor: number | undefined;
  #skewMs = 0;

  constructor(network: Network, store: PageStore, clock: Clock) {
    this.#network = network;
    this.#store = store;
    this.#clock = clock;
  }

  get link(): LinkState {
    return this.#link;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** The server's wall clock less the browser's, in ms; 0 while they are as good as the same. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /** Connects, and stays so until the browser is signed out. With a one-time `code`, signs it in first. */
  async run(code?: string): Promise<void> {
    this.#token = new ShutdownToken();
    this.#enter({ kind: "connecting" });
    if (code !== undefined) {
      const answer = await this.#network.logIn(code);
      const isIn = answer.ok || (await this.#network.session()).kind === "in";
      if (!isIn && !answer.ok) return this.#enter({ kind: "signed-out", why: answer.why });
    }
    try {
      await stream<DaemonEvent, number>(
        {
          connect: (context) => this.#connect(context),
          onEvent: (event) => this.#store.takeEvent(event),
          cursorOf: ({ seq }) => {
            this.#cursor = seq;
            return seq;
          },
          ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
          onState: (state) => this.#show(state),
          backoff,
          clock: this.#clock,
        },
        this.#token,
      );
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      this.#enter({ kind: "signed-out" });
    }
  }

  /** Rejects with `RpcError`: `CONNECTION_CLOSED` also while there is no connection. */
  async call<K extends keyof Methods & string>(
    method: K,
    params: Methods[K]["params"],
  ): Promise<Methods[K]["result"]> {
    return await this.#open(method).call(method, params);
  }

  async subscribe<K extends SubscriptionMethod<Methods>>(
    method: K,
    params: Methods[K]["params"],
    onEvent: (event: EventOf<Methods[K]>) => void,
  ): Promise<ClientSubscription<Methods[K]["result"]>> {
    return await this.#open(method).subscribe(method, params, onEvent);
  }

  /** Forgets the cookie here and at the server. */
  async signOut(): Promise<void> {
    await this.#network.logOut();
    this.#token.cancel({ kind: "user-requested" });
    this.#client?.close();
    this.#enter({ kind: "signed-out" });
  }

  async #connect({ token, cursor }: SessionContext<number>): Promise<AsyncIterable<DaemonEvent>> {
    const socket = this.#network.openWebSocket();
    token.onCancel(() => socket.close());
    try {
      await opened(socket);
    } catch (error) {
      // A browser does not say why. Who is not let in has no use of another try.
      const { kind } = await this.#network.session();
      if (kind === "out") throw new TerminalError("this browser is signed out", { cause: error });
      throw error;
    }
    const client = createClient<Methods>(browserChannel(socket), { clock: this.#clock });
    const answer = await this.#network.session();
    if (answer.kind === "in") {
      this.#standing = { role: answer.role, sessionId: answer.id };
      const skewMs = answer.serverMs - this.#clock.now();
      // The header counts in seconds.
      this.#skewMs = Math.abs(skewMs) > 2_000 ? skewMs : 0;
    }
    const options = { store: this.#store, clock: this.#clock, token, cursor };
    const events = await followDaemon(client, options);
    this.#client = client;
    return events;
  }

  #open(method: string): Client<Methods> {
    if (this.#client !== undefined && this.#link.kind === "live") return this.#client;
    throw new RpcError("CONNECTION_CLOSED", "the daemon cannot be reached", { details: { method } });
  }

  #show(state: StreamState): void {
    switch (state.kind) {
      case "open":
        this.#wasLive = true;
        this.#enter({ kind: "live" });
        return;
      case "connecting":
        if (this.#wasLive) this.#enter({ kind: "reconnecting", attempt: state.attempt });
        return;
      case "waiting":
        this.#enter({ kind: "reconnecting", attempt: state.attempt, until: state.until });
        return;
      case "closed":
        return;
    }
  }

  #enter(link: LinkState): void {
    this.#link = link;
    this.topic.tell();
  }
}
