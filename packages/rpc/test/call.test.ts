import { createClient, type MethodTable, type RpcError, serve } from "@holdfast/rpc";
import { channelPair } from "@holdfast/rpc/testing";
import { HoldfastError, ShutdownToken } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";

interface Shop {
  readonly greet: { readonly params: { readonly name: string }; readonly result: string };
  readonly fail: { readonly params: { readonly how: string }; readonly result: null };
  readonly hang: { readonly params: Record<string, never>; readonly result: null };
  readonly odd: { readonly params: Record<string, never>; readonly result: unknown };
}

interface ShopContext {
  readonly greeting: string;
}

function open() {
  const clock = new VirtualClock();
  const [near, far] = channelPair();
  const bugs: unknown[] = [];
  const cancelled: string[] = [];
  const table: MethodTable<Shop, ShopContext> = {
    greet: {
      parse(params) {
        const { name } = (params ?? {}) as { readonly name?: unknown };
        if (typeof name !== "string") throw new TypeError("name is no string");
        return { name };
      },
      call: ({ name }, { greeting }) => `${greeting}, ${name}`,
    },
    fail: {
      parse: (params) => params as { how: string },
      call({ how }) {
        if (how === "known") {
          throw new HoldfastError("NOT_FOUND", "no app is named web", { details: { name: "web" } });
        }
        if (how === "unnumbered") throw new HoldfastError("DISK_FULL", "no space is left");
        throw new Error("secret: /root/.token");
      },
    },
    hang: {
      parse: () => ({}),
      async call(_, { token }) {
        cancelled.push((await token.cancelled).kind);
        return null;
      },
    },
    odd: {
      parse: () => ({}),
      call: () => {
        const circle: { self?: unknown } = {};
        circle.self = circle;
        return circle;
      },
    },
  };
  const connection = serve(
    far,
    table,
    { greeting: "Hello" },
    { clock, errorNumbers: { NOT_FOUND: -32001 }, onError: (error, method) => bugs.push([method, error]) },
  );
  return { clock, near, far, bugs, cancelled, connection, client: createClient<Shop>(near, { clock }) };
}

async function failureOf(call: Promise<unknown>): Promise<RpcError> {
  return await call.then(
    () => Promise.reject(new TypeError("it succeeded")),
    (error: RpcError) => error,
  );
}

test("a call gets its own reply, with the program's context", async () => {
  const { client } = open();
  const replies = await Promise.all([
    client.call("greet", { name: "Ada" }),
    client.call("greet", { name: "Bob" }),
  ]);
  expect(replies).toEqual(["Hello, Ada", "Hello, Bob"]);
});

test("wrong params are refused with the parser's message", async () => {
  const { client } = open();
  const error = await failureOf(client.call("greet", { name: 1 as unknown as string }));
  expect([error.code, error.message, error.details.number]).toEqual([
    "INVALID_PARAMS",
    "name is no string",
    -32602,
  ]);
});

test("an error of the program keeps its code, details and number", async () => {
  const { client, bugs } = open();
  const error = await failureOf(client.call("fail", { how: "known" }));
  expect([error.code, error.message, error.details]).toEqual([
    "NOT_FOUND",
    "no app is named web",
    { method: "fail", number: -32001, data: { code: "NOT_FOUND", details: { name: "web" } } },
  ]);
  expect(bugs).toEqual([]);
});

test("an error of the program without a number gets -32000", async () => {
  const { client } = open();
  const error = await failureOf(client.call("fail", { how: "unnumbered" }));
  expect([error.code, error.details.number]).toEqual(["DISK_FULL", -32000]);
});

test("of any other error nothing is told but that it happened, and the server learns it", async () => {
  const { client, bugs } = open();
  const error = await failureOf(client.call("fail", { how: "bug" }));
  expect([error.code, error.message, error.details.number]).toEqual([
    "INTERNAL_ERROR",
    "Internal error",
    -32603,
  ]);
  expect(bugs).toMatchObject([["fail", { message: "secret: /root/.token" }]]);
});

test("a result that JSON cannot say is an internal error", async () => {
  const { client } = open();
  expect((await failureOf(client.call("odd", {}))).code).toBe("INTERNAL_ERROR");
});

test("a call that is not answered in time is given up, and leaves no timer", async () => {
  const { client, clock } = open();
  const failed = failureOf(client.call("hang", {}, { timeoutMs: 500 }));
  await clock.advance(499);
  await clock.advance(1);
  expect(await failed).toMatchObject({ code: "CALL_TIMED_OUT", message: "hang was not answered in 500 ms" });
  await client.call("greet", { name: "Ada" }, { timeoutMs: 500 });
  expect(clock.pending).toBe(0);
});

test("a cancelled token gives the call up", async () => {
  const { client } = open();
  const token = new ShutdownToken();
  const failed = failureOf(client.call("hang", {}, { token }));
  token.cancel({ kind: "user-requested" });
  expect((await failed).code).toBe("CALL_CANCELLED");
  expect((await failureOf(client.call("hang", {}, { token }))).code).toBe("CALL_CANCELLED");
});

test("when the channel closes, pending calls are rejected and the server's token is cancelled", async () => {
  const { client, near, clock, cancelled } = open();
  const failed = failureOf(client.call("hang", {}));
  await clock.advance(0);
  near.close();
  expect((await failed).code).toBe("CONNECTION_CLOSED");
  await clock.advance(0);
  expect(cancelled).toEqual(["requested-by-run"]);
  expect((await failureOf(client.call("greet", { name: "late" }))).code).toBe("CONNECTION_CLOSED");
});

test("the server's reason for closing reaches the caller", async () => {
  const { client, connection, clock } = open();
  const failed = failureOf(client.call("hang", {}));
  await clock.advance(0);
  connection.close({ code: "SHUTTING_DOWN", message: "the daemon is shutting down" });
  await clock.advance(100);
  expect((await failed).message).toBe("hang was not answered: the daemon is shutting down");
  await connection.closed;
});

test("a call that ends the connection is answered before it ends", async () => {
  const { client, connection, clock, near } = open();
  const greeted = client.call("greet", { name: "Ada" });
  const received: string[] = [];
  near.onText((text) => received.push(text));
  while (connection.calls === 0) await Promise.resolve();
  connection.close();
  expect(await greeted).toBe("Hello, Ada");
  await connection.closed;
  expect(received).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test("a text that the server could not read fails the calls that wait", async () => {
  const { client, near } = open();
  const failed = failureOf(client.call("hang", {}));
  near.send("{");
  expect((await failed).code).toBe("PARSE_ERROR");
});

test("nonsense from the server fails the calls that wait", async () => {
  const { client, far } = open();
  const failed = failureOf(client.call("hang", {}));
  far.send("<html>");
  expect((await failed).code).toBe("BAD_REPLY");
});
