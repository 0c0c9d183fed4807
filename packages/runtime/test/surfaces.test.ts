import { expect, test, vi } from "vitest";
import { Service, type ServiceOptions } from "../src/index.ts";
import { FakeNode, VirtualClock } from "../src/testing/index.ts";

const peer = new Uint8Array(32);
const message = { opcode: 255, payload: new Uint8Array([1]) };

function setUp(options: Partial<ServiceOptions> = {}) {
  const clock = new VirtualClock();
  const lifecycle = new FakeNode(clock, {
    onStart: { kind: "delay", ms: 5 },
    onStop: { kind: "delay", ms: 5 },
  });
  return { clock, service: new Service({ name: "node", lifecycle, clock, ...options }) };
}

test("D-14 without an rpcApi every method answers method-not-found, and healthz is ok", async () => {
  const { clock, service } = setUp();
  const status = service.start();
  await clock.advance(5);
  await expect(service.rpcApi.dispatch("balance", [])).rejects.toMatchObject({
    code: "METHOD_NOT_FOUND",
    details: { method: "balance" },
  });
  expect(await service.rpcApi.healthz()).toEqual({ ok: true });
  await service.peerApi.onMessage(peer, message);
  service.handle().requestShutdown();
  await clock.advance(5);
  await status;
});

test("D-14 the surfaces see no call before onStart is done nor after onStop begins", async () => {
  const dispatch = vi.fn((method: string) => method.toUpperCase());
  const peerApi = { onMessage: vi.fn(), onPeerConnected: vi.fn(), onPeerDisconnected: vi.fn() };
  const { clock, service } = setUp({ rpcApi: { dispatch }, peerApi });
  const call = async () => {
    await service.peerApi.onPeerConnected(peer);
    await service.peerApi.onMessage(peer, message);
    await service.peerApi.onPeerDisconnected(peer, "transport");
    return service.rpcApi.dispatch("ping", []);
  };
  await expect(call()).rejects.toMatchObject({ code: "NOT_READY" });
  const status = service.start();
  await clock.advance(4);
  await expect(call()).rejects.toMatchObject({ code: "NOT_READY" });
  expect(await service.rpcApi.healthz()).toMatchObject({ ok: false });
  await clock.advance(1);
  expect(await call()).toBe("PING");
  service.handle().requestShutdown();
  await clock.advance(1);
  await expect(call()).rejects.toMatchObject({ code: "NOT_READY" });
  await clock.advance(4);
  await status;
  await expect(call()).rejects.toMatchObject({ code: "NOT_READY" });
  expect([dispatch, ...Object.values(peerApi)].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1, 1]);
});

test.each([0, 31, 33])("D-14 a peer id of %d bytes is refused wherever it comes", async (length) => {
  const { service } = setUp();
  const odd = new Uint8Array(length);
  await expect(service.peerApi.onPeerConnected(odd)).rejects.toThrow(`32 bytes, not ${length}`);
  await expect(service.peerApi.onMessage(odd, message)).rejects.toThrow(TypeError);
  await expect(service.peerApi.onPeerDisconnected(odd, "graceful")).rejects.toThrow(TypeError);
});

test.each([-1, 256, 1.5, Number.NaN])("D-14 the opcode %d is refused", async (opcode) => {
  const { service } = setUp();
  const odd = { opcode, payload: new Uint8Array() };
  await expect(service.peerApi.onMessage(peer, odd)).rejects.toThrow("an opcode is 0 to 255");
});

test("D-14 a peer goes for one of four reasons, which the service is told", async () => {
  const gone: unknown[] = [];
  const { clock, service } = setUp({
    peerApi: { onPeerDisconnected: (_peer, reason) => void gone.push(reason) },
  });
  void service.start();
  await clock.advance(5);
  const reasons = ["graceful", "local-close", "transport", "protocol-violation"] as const;
  for (const reason of reasons) await service.peerApi.onPeerDisconnected(peer, reason);
  expect(gone).toEqual(reasons);
});

test("D-14 opcodes 0 and 255 get through with their payload, and what fails in the service fails the call", async () => {
  const heard: unknown[] = [];
  const { clock, service } = setUp({
    peerApi: {
      onMessage: (from, { opcode, payload }) => void heard.push([from.length, opcode, ...payload]),
      onPeerConnected: () => Promise.reject(new Error("a stranger")),
    },
  });
  void service.start();
  await clock.advance(5);
  await service.peerApi.onMessage(peer, { opcode: 0, payload: Uint8Array.of(7) });
  await service.peerApi.onMessage(peer, message);
  expect(heard).toEqual([
    [32, 0, 7],
    [32, 255, 1],
  ]);
  await expect(service.peerApi.onPeerConnected(peer)).rejects.toThrow("a stranger");
});
