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
  const onMessage = vi.fn();
  const { clock, service } = setUp({ rpcApi: { dispatch }, peerApi: { onMessage } });
  const call = async () => {
    await service.peerApi.onMessage(peer, message);
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
  expect([dispatch.mock.calls.length, onMessage.mock.calls.length]).toEqual([1, 1]);
});

test("D-14 a peer id that is not 32 bytes or an opcode above 255 is refused", async () => {
  const { service } = setUp();
  await expect(service.peerApi.onPeerConnected(new Uint8Array(31))).rejects.toThrow(TypeError);
  await expect(service.peerApi.onMessage(peer, { opcode: 256, payload: peer })).rejects.toThrow(TypeError);
  await expect(service.peerApi.onPeerDisconnected(peer, "transport")).resolves.toBeUndefined();
});
