import { expect } from "vitest";
import {
  GateOwner,
  type SessionContext,
  ShutdownToken,
  type StreamOptions,
  type StreamState,
  stream,
} from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";

export const stop = { kind: "user-requested" } as const;

/** A server whose sessions a test feeds by hand. */
export class Server {
  connects: { at: number; cursor: unknown }[] = [];
  refuse: Error | undefined;
  returned = 0;
  readonly #clock: VirtualClock;
  #session: { push(event: number): void; end(error?: Error): void } | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  alive: () => void = () => {};

  async connect({ cursor, alive }: SessionContext<number>): Promise<AsyncIterable<number>> {
    this.alive = alive;
    this.connects.push({ at: this.#clock.monotonic(), cursor });
    if (this.refuse) throw this.refuse;
    const queue: (() => IteratorResult<number>)[] = [];
    let waiting: (() => void) | undefined;
    const put = (item: () => IteratorResult<number>) => {
      queue.push(item);
      waiting?.();
    };
    this.#session = {
      push: (value) => put(() => ({ done: false, value })),
      end: (error) =>
        put(() => {
          if (error) throw error;
          return { done: true, value: undefined };
        }),
    };
    const next = async (): Promise<IteratorResult<number>> => {
      while (queue.length === 0) await new Promise<void>((resolve) => (waiting = resolve));
      return (queue.shift() ?? expect.fail())();
    };
    const leave = async (): Promise<IteratorResult<number>> => {
      this.returned++;
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
  }

  push(...events: number[]): void {
    for (const event of events) this.#session?.push(event);
  }

  end(error?: Error): void {
    this.#session?.end(error);
  }
}

export function setUp(options: Partial<StreamOptions<number, number>> = {}, refuse?: Error) {
  const clock = new VirtualClock();
  const server = new Server(clock);
  server.refuse = refuse;
  const gate = new GateOwner();
  const token = new ShutdownToken();
  const states: StreamState["kind"][] = [];
  const seen: number[] = [];
  const ran = stream<number, number>(
    {
      connect: (ctx) => server.connect(ctx),
      onEvent: (event) => seen.push(event),
      cursorOf: (event) => event,
      onState: ({ kind }) => states.push(kind),
      backoff: { initialMs: 1_000, factor: 2, maxMs: 30_000 },
      healthyAfterMs: 10_000,
      gate,
      clock,
      ...options,
    },
    token,
  );
  return { clock, server, gate: gate.gate, token, states, seen, ran };
}
