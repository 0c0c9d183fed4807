import {
  createClient,
  type MethodTable,
  RpcError,
  type ServeOptions,
  type Subscription,
  serve,
} from "@holdfast/rpc";
import { channelPair } from "@holdfast/rpc/testing";
import { VirtualClock } from "@holdfast/runtime/testing";
import { beforeEach, expect, test } from "vitest";

interface Ticker {
  readonly follow: {
    readonly params: { readonly before?: number };
    readonly result: { readonly subscription: string };
    readonly event: number | string;
  };
  readonly refuse: {
    readonly params: Record<string, never>;
    readonly result: { readonly subscription: string };
    readonly event: number;
  };
  readonly "subscriptions.cancel": {
    readonly params: { readonly subscription: string };
    readonly result: Record<string, never>;
  };
}

let made: Subscription<number | string>[];
let clock: VirtualClock;

const table: MethodTable<Ticker> = {
  follow: {
    parse: (params) => params as Ticker["follow"]["params"],
    async call({ before = 0 }, context) {
      const subscription = context.subscribe();
      made.push(subscription);
      for (let event = 0; event < before; event++) subscription.notify(event);
      await Promise.resolve();
      return { subscription: subscription.id };
    },
  },
  refuse: {
    parse: () => ({}),
    call(_, context) {
      const subscription = context.subscribe() as Subscription<number | string>;
      made.push(subscription);
      subscription.notify(1);
      throw new Error("no");
    },
  },
};

function connect(options: ServeOptions = {}) {
  const [near, far] = channelPair();
  const connection = serve(far, table, {}, { clock, ...options });
  return { near, far, connection, client: createClient<Ticker>(near, { clock }) };
}

function sole(): Subscription<number | string> {
  const [subscription] = made;
  if (subscription === undefined) throw new TypeError("no subscription was made");
  return subscription;
}

beforeEach(() => {
  made = [];
  clock = new VirtualClock();
});

test("events sent before the reply come after it, in order, and none is lost", async () => {
  const { near, far } = connect();
  const texts: string[] = [];
  near.onText((text) => texts.push(text));
  near.send('{"jsonrpc":"2.0","id":1,"method":"follow","params":{"before":3}}');
  await clock.advance(0);
  sole().notify(3);
  await clock.advance(0);
  expect(texts.map((text) => JSON.parse(text))).toEqual([
    { jsonrpc: "2.0", id: 1, result: { subscription: "1" } },
    ...[0, 1, 2, 3].map((event) => ({
      jsonrpc: "2.0",
      method: "follow",
      params: { subscription: "1", event },
    })),
  ]);
  expect(far.bufferedBytes).toBe(0);
});

test("in a batch too, the reply comes first", async () => {
  const { near } = connect();
  const texts: string[] = [];
  near.onText((text) => texts.push(text));
  near.send('[{"jsonrpc":"2.0","id":1,"method":"follow","params":{"before":1}}]');
  await clock.advance(0);
  expect(texts.map((text) => Array.isArray(JSON.parse(text)))).toEqual([true, false]);
});

test("a client gets every event, also those that came with the reply", async () => {
  const { client } = connect();
  const events: unknown[] = [];
  const subscription = await client.subscribe("follow", { before: 2 }, (event) => events.push(event));
  sole().notify(2);
  await clock.advance(0);
  expect(subscription.result).toEqual({ subscription: "1" });
  expect(events).toEqual([0, 1, 2]);
});

test("after cancel no event arrives, and the server's side has ended", async () => {
  const { client } = connect();
  const events: unknown[] = [];
  const subscription = await client.subscribe("follow", {}, (event) => events.push(event));
  let ends = 0;
  sole().onEnd(() => ends++);
  sole().notify(1);
  const cancelled = subscription.cancel();
  await cancelled;
  sole().notify(2);
  await clock.advance(0);
  expect(events).toEqual([]);
  expect([sole().ended, ends, await subscription.ended]).toEqual([true, 1, undefined]);
});

test("an end from the server follows the events before it", async () => {
  const { client } = connect();
  const events: unknown[] = [];
  const subscription = await client.subscribe("follow", {}, (event) => events.push(event));
  sole().notify(1);
  sole().end();
  sole().notify(2);
  expect(await subscription.ended).toBeUndefined();
  expect(events).toEqual([1]);
});

test("every subscription ends with the channel, on both sides", async () => {
  const { client, near } = connect();
  const subscription = await client.subscribe("follow", {}, () => undefined);
  near.break(new Error("cable cut"));
  await clock.advance(0);
  expect(sole().ended).toBe(true);
  expect(await subscription.ended).toMatchObject({ code: "CONNECTION_CLOSED", message: "cable cut" });
});

test("a method that throws leaves no subscription", async () => {
  const { client, connection } = connect();
  await expect(client.subscribe("refuse", {}, () => undefined)).rejects.toThrow("Internal error");
  expect(sole().ended).toBe(true);
  connection.close();
});

test("a notification that makes a subscription leaves none", async () => {
  const { near } = connect();
  near.send('{"jsonrpc":"2.0","method":"follow","params":{}}');
  await clock.advance(0);
  expect(sole().ended).toBe(true);
});

test("cancelling what does not exist is done already", async () => {
  const { client } = connect();
  expect(await client.call("subscriptions.cancel", { subscription: "9" })).toEqual({});
});

test("a reader that falls behind by more than the bound is disconnected, and told why", async () => {
  const { client, far, connection } = connect({ maxBufferedBytes: 1_000 });
  const subscription = await client.subscribe("follow", {}, () => undefined);
  far.hold();
  const taken = Array.from({ length: 20 }, () => sole().notify("x".repeat(100)));
  expect(taken[0]).toBe(true);
  expect(taken).toContain(false);
  await clock.advance(0);
  expect(sole().ended).toBe(true);
  await connection.closed;
  far.release();
  expect(await subscription.ended).toBeInstanceOf(RpcError);
  expect((await client.closed).message).toMatch(/bytes wait unread, more than 1000/);
});

test("one text larger than the bound reaches a reader that keeps up", async () => {
  const { client } = connect({ maxBufferedBytes: 1_000 });
  const events: unknown[] = [];
  await client.subscribe("follow", {}, (event) => events.push(event));
  sole().notify("x".repeat(5_000));
  await clock.advance(0);
  sole().notify("y");
  await clock.advance(0);
  expect(events).toHaveLength(2);
});

test("drained waits until the reader has caught up", async () => {
  const { client, far } = connect({ maxBufferedBytes: 1_000 });
  await client.subscribe("follow", {}, () => undefined);
  far.hold();
  while (sole().notify("x".repeat(100)));
  let drained = false;
  void sole()
    .drained()
    .then(() => {
      drained = true;
    });
  await clock.advance(100);
  expect(drained).toBe(false);
  far.release();
  await clock.advance(100);
  expect([drained, sole().ended]).toEqual([true, false]);
});

test("a method that pours out events before it replies is bounded as well", async () => {
  const { client } = connect({ maxBufferedBytes: 1_000 });
  await expect(client.subscribe("follow", { before: 1_000 }, () => undefined)).rejects.toMatchObject({
    code: "CONNECTION_CLOSED",
  });
  expect(sole().ended).toBe(true);
});
