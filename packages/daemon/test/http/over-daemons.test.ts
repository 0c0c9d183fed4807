import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import type { DaemonEvent } from "../../src/api/contract.ts";
import { appSpec, projectSpec, restart } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";
import { type HttpRig, httpRig } from "./http-rig.ts";

/** Follows events over a WebSocket; what came so far, each with the time it came at. */
async function follow(rig: HttpRig, after?: number) {
  const socket = await rig.openWebSocket();
  if (typeof socket === "number") throw new Error(`not let in: ${socket}`);
  const heard: { readonly event: DaemonEvent; readonly at: number }[] = [];
  const answered = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString());
      if (message.id === 1) resolve();
      if (message.method === "events.follow") {
        heard.push({ event: message.params.event, at: performance.now() });
      }
    });
  });
  call(socket, 1, "events.follow", after === undefined ? {} : { after });
  await answered;
  return { socket, heard };
}

function call(socket: WebSocket, id: number, method: string, params: unknown): void {
  socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
}

const numbers = (heard: readonly { readonly event: DaemonEvent }[]): readonly number[] =>
  heard.map(({ event }) => event.seq);

test("who follows events over a WebSocket or /events goes on under the next daemon, with no gap and nothing twice", async () => {
  const first = await httpRig();
  const { heard } = await follow(first);
  first.fake.daemon.apply(projectSpec([appSpec("web", restart("always")), appSpec("db")]));
  await first.fake.clock.advance(1_000);
  first.fake.runner.last("web").end({ code: 1 });
  await first.fake.clock.advance(1_000);
  await expect.poll(() => heard.some(({ event }) => event.app?.state === "backoff")).toBe(true);
  const seen = numbers(heard).slice(0, 4).at(-1) ?? 0;
  const missed = numbers(heard).slice(4);
  const second = await httpRig({ fake: fakeDaemon(first.fake.crash()) });
  await second.fake.daemon.resume();
  const { heard: overSocket } = await follow(second, seen);
  const sse = await second.follow(String(seen));
  second.fake.runner.last("web").end({ code: 2 });
  await second.fake.clock.advance(1_000);
  const later = second.fake.daemon.events.read(0).at(-1)?.seq ?? 0;
  await expect.poll(() => numbers(overSocket).at(-1)).toBe(later);
  await expect.poll(() => sse()).toContain(`id: ${later}\n`);
  const overEvents = [...sse().matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(overEvents).toEqual(numbers(overSocket));
  expect(numbers(overSocket).slice(0, missed.length)).toEqual(missed);
  expect(numbers(overSocket).length).toBeGreaterThan(missed.length);
  expect(new Set(overEvents).size).toBe(overEvents.length);
  expect(overEvents).toEqual(overEvents.toSorted((a, b) => a - b));
  for (const { event } of overSocket) {
    const { after, origin } = event.cause;
    expect([event.message, after === null ? origin : second.fake.daemon.events.get(after)]).not.toContain(
      undefined,
    );
  }
});

test("a change of state is on the WebSocket within the turn that it is made in, before the reply to what made it", async () => {
  const rig = await httpRig();
  rig.fake.daemon.apply(projectSpec([appSpec("web")]));
  await rig.fake.clock.advance(10);
  const { socket, heard } = await follow(rig);
  const replied = new Promise<number>((resolve) => {
    socket.on("message", (data: Buffer) => {
      if (JSON.parse(data.toString()).id === 2) resolve(performance.now());
    });
  });
  call(socket, 2, "apps.stop", { targets: [{ project: "shop", name: "web" }] });
  await expect.poll(() => heard.some(({ event }) => event.app?.state === "stopping")).toBe(true);
  await rig.fake.clock.advance(100);
  const reply = await replied;
  const stopping = heard.find(({ event }) => event.app?.state === "stopping");
  expect(stopping?.at).toBeLessThan(reply);
});
