import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { connect } from "../src/connection/connect.ts";
import { LogTail } from "../src/up/log-tail.ts";
import { start } from "./app-row.ts";
import { FakeCli } from "./fake-cli.ts";
import { FakeDaemon } from "./fake-daemon.ts";

const line = (text: string, offset: number) => ({
  project: "shop",
  name: "web",
  instance: 1,
  time: start,
  text,
  offset,
});
const written = [line("first", 0), line("last", 6)];
const targets = [{ project: "shop", name: "web" }];

async function atEnd(printed: readonly (typeof written)[number][]) {
  await using daemon = await FakeDaemon.listen({ logs: written });
  const client = await connect(new FakeCli({ home: daemon.home }));
  const clock = new VirtualClock();
  const tail = new LogTail(start);
  tail.printed(printed);
  let complete = false;
  void tail.complete(clock, client, targets).then(() => {
    complete = true;
  });
  while (daemon.called("logs.read").length === 0) await new Promise(setImmediate);
  await client.call("system.info", {});
  await clock.advance(100);
  const before = complete;
  return {
    before,
    async after(ms: number, lines: readonly (typeof written)[number][]): Promise<boolean> {
      tail.printed(lines);
      await clock.advance(ms);
      client.close();
      return complete;
    },
  };
}

test("the last line is waited for, and not longer", async () => {
  const { before, after } = await atEnd(written.slice(0, 1));
  expect(before).toBe(false);
  expect(await after(20, written.slice(1))).toBe(true);
});

test("when all has been printed nothing is waited for", async () => {
  expect((await atEnd(written)).before).toBe(true);
});

test("a line that never comes is waited for a second at most", async () => {
  const { before, after } = await atEnd(written.slice(0, 1));
  expect(before).toBe(false);
  expect(await after(1_000, [])).toBe(true);
});

test("as long as lines come, the last one is waited for", async () => {
  await using daemon = await FakeDaemon.listen({ logs: [line("last", 1_000)] });
  const client = await connect(new FakeCli({ home: daemon.home }));
  const clock = new VirtualClock();
  const tail = new LogTail(start);
  let complete = false;
  void tail.complete(clock, client, targets).then(() => {
    complete = true;
  });
  while (daemon.called("logs.read").length === 0) await new Promise(setImmediate);
  await client.call("system.info", {});
  for (let offset = 0; offset < 10; offset++) {
    await clock.advance(900);
    expect(complete).toBe(false);
    tail.printed([line("more", offset)]);
  }
  tail.printed([line("last", 1_000)]);
  await clock.advance(100);
  expect(complete).toBe(true);
  client.close();
});

test("where streams are told apart, the last line of each is waited for", async () => {
  const both = [
    { ...line("out", 60), stream: "stdout" as const },
    { ...line("err", 6), stream: "stderr" as const },
  ];
  await using daemon = await FakeDaemon.listen({ logs: both });
  const client = await connect(new FakeCli({ home: daemon.home }));
  const clock = new VirtualClock();
  const tail = new LogTail(start);
  tail.printed(both.slice(0, 1));
  let isComplete = false;
  void tail.complete(clock, client, targets).then(() => {
    isComplete = true;
  });
  while (daemon.called("logs.read").length < 3) await new Promise(setImmediate);
  await client.call("system.info", {});
  await clock.advance(100);
  expect(isComplete).toBe(false);
  tail.printed(both.slice(1));
  await clock.advance(20);
  expect(isComplete).toBe(true);
  client.close();
});
