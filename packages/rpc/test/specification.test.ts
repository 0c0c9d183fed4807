import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { arithmeticPeer } from "./arithmetic.ts";
import { exchanges, failure } from "./specification-exchanges.ts";

test.each(exchanges)("JSON-RPC §7 in memory: %s", async (_, request, replies) => {
  const { channel, received } = arithmeticPeer();
  channel.send(request);
  await new VirtualClock().advance(0);
  expect(received).toEqual(replies);
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "rpc.discover", ""])(
  "%j is no method",
  async (name) => {
    const { channel, received } = arithmeticPeer();
    channel.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: name }));
    await new VirtualClock().advance(0);
    expect(received).toEqual([failure(-32601, 1)]);
  },
);
