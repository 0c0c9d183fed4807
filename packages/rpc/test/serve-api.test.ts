import { createClient, RpcError, type ServeOptions, serveApi } from "@holdfast/rpc";
import { channelPair } from "@holdfast/rpc/testing";
import { HoldfastError, type RpcApi, Service } from "@holdfast/runtime";
import { FakeNode, VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";

type Anything = Record<string, { readonly params: unknown; readonly result: unknown }>;

function setUp(rpcApi?: Partial<RpcApi>, options: ServeOptions = {}) {
  const clock = new VirtualClock();
  const delay = { kind: "delay", ms: 5 } as const;
  const lifecycle = new FakeNode(clock, { onStart: delay, onStop: delay });
  const service = new Service({ name: "wallet", lifecycle, clock, ...(rpcApi && { rpcApi }) });
  const [near, far] = channelPair();
  const connection = serveApi(far, service.rpcApi, { clock, ...options });
  const client = createClient<Anything>(near, { clock });
  const call = async (method: string, params: unknown = {}): Promise<unknown> => {
    try {
      return await client.call(method, params);
    } catch (error) {
      expect(error).toBeInstanceOf(RpcError);
      const { code, details } = error as RpcError;
      return [code, details.number];
    }
  };
  return { clock, service, call, connection };
}

async function started(...options: Parameters<typeof setUp>) {
  const rig = setUp(...options);
  const status = rig.service.start();
  await rig.clock.advance(5);
  return { ...rig, status };
}

test("D-14 calls over a channel reach the service's dispatch, with method and params", async () => {
  const { call } = await started({ dispatch: (method, params) => ({ method, params }) });
  expect(await call("balance", ["main"])).toEqual({ method: "balance", params: ["main"] });
  expect(await call("toString", { a: 1 })).toEqual({ method: "toString", params: { a: 1 } });
});

test("D-14 without an rpcApi every method is not found, by JSON-RPC's number, and healthz is ok", async () => {
  const { call } = await started();
  expect(await call("balance")).toEqual(["METHOD_NOT_FOUND", -32601]);
  expect(await call("healthz")).toEqual({ ok: true });
});

test("D-14 over a channel nothing reaches the service before onStart is done nor after onStop begins", async () => {
  const seen: string[] = [];
  const dispatch = (method: string) => seen.push(method);
  const { clock, service, call } = setUp({ dispatch, healthz: () => ({ ok: true, message: "fine" }) });
  expect(await call("early")).toEqual(["NOT_READY", -32000]);
  const status = service.start();
  await clock.advance(4);
  expect([await call("starting"), await call("healthz")]).toEqual([
    ["NOT_READY", -32000],
    { ok: false, message: "not ready" },
  ]);
  await clock.advance(1);
  expect([await call("running"), await call("healthz")]).toEqual([1, { ok: true, message: "fine" }]);
  service.handle().requestShutdown({ kind: "rpc-requested" });
  await clock.advance(1);
  expect([await call("stopping"), await call("healthz")]).toEqual([
    ["NOT_READY", -32000],
    { ok: false, message: "not ready" },
  ]);
  await clock.advance(4);
  await status;
  expect(await call("stopped")).toEqual(["NOT_READY", -32000]);
  expect(seen).toEqual(["running"]);
});

test("D-14 an error of dispatch keeps its code; one that is nobody's on purpose tells nothing", async () => {
  const told: unknown[] = [];
  const dispatch = (method: string) => {
    if (method === "params") throw new HoldfastError("INVALID_PARAMS", "amount is no number");
    if (method === "funds") throw new HoldfastError("NO_FUNDS", "0 sat");
    throw new Error("secret");
  };
  const options = { errorNumbers: { NO_FUNDS: -32050 }, onError: (error: unknown) => told.push(error) };
  const { call } = await started({ dispatch }, options);
  expect([await call("params"), await call("funds"), await call("bug")]).toEqual([
    ["INVALID_PARAMS", -32602],
    ["NO_FUNDS", -32050],
    ["INTERNAL_ERROR", -32603],
  ]);
  expect(told).toEqual([new Error("secret")]);
});
