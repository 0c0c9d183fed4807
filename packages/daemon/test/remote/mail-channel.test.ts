import { seededRandom } from "@holdfast/runtime";
import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import type { ChannelMail } from "../../src/remote/mail.ts";
import { MailChannel } from "../../src/remote/mail-channel.ts";

/** Two ends, with a post between them that takes 5 ms a mail, and may be told to leave some out. */
function pair(
  options: {
    readonly isLost?: (mail: ChannelMail) => boolean;
    readonly whenTaken?: () => Promise<void>;
  } = {},
) {
  const clock = new VirtualClock();
  const mails: ChannelMail[] = [];
  const end = (to: () => MailChannel, whenTaken?: () => Promise<void>): MailChannel =>
    new MailChannel({
      connection: "aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbb",
      peer: "server",
      clock,
      post: async (mail) => {
        mails.push(mail);
        await clock.sleep(5);
        if (options.isLost?.(mail) !== true) to().receive(mail);
      },
      ...(whenTaken && { whenTaken }),
    });
  const here: MailChannel = end(() => there, options.whenTaken);
  const there: MailChannel = end(() => here);
  const ends: { here?: string; there?: string } = {};
  here.onClose((error) => {
    ends.here = error?.message ?? "closed";
  });
  there.onClose((error) => {
    ends.there = error?.message ?? "closed";
  });
  const heard = { here: [] as string[], there: [] as string[] };
  here.onText((text) => heard.here.push(text));
  there.onText((text) => heard.there.push(text));
  return { clock, mails, here, there, heard, ends };
}

test("texts arrive whole and in order, both ways, whatever their length", async () => {
  const { clock, here, there, heard } = pair();
  const random = seededRandom(7);
  const texts = (count: number) =>
    Array.from(
      { length: count },
      (_, at) => `${at}${'é😀"'.repeat(Math.floor(random.next() ** 6 * 60_000))}`,
    );
  const [out, back] = [texts(200), texts(50)];
  for (const text of out) here.send(text);
  for (const text of back) there.send(text);
  await clock.advance(60_000);
  expect(heard.there).toEqual(out);
  expect(heard.here).toEqual(back);
});

test("what is sent within one turn goes in one mail, and is taken for sent only when the other end took it", async () => {
  const { clock, mails, here, there } = pair();
  for (let at = 0; at < 100; at++) here.send("x".repeat(100));
  expect(here.bufferedBytes).toBe(10_000);
  await clock.advance(10);
  expect(mails.map(({ kind }) => kind)).toEqual(["texts"]);
  there.send("y");
  await clock.advance(10);
  expect(here.bufferedBytes).toBe(0);
});

test("a reader that does not read holds the writer back, and is not taken for dead", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, here, there, mails, ends } = pair({ whenTaken: () => gate.promise });
  for (let at = 0; at < 100; at++) there.send("x".repeat(30_000));
  let isDrained = false;
  void there.drained().then(() => {
    isDrained = true;
  });
  await clock.advance(300_000);
  const sent = mails.filter(({ kind }) => kind === "texts").length;
  expect(sent).toBeLessThan(25);
  expect([isDrained, ends]).toEqual([false, {}]);
  gate.resolve();
  await clock.advance(60_000);
  expect(isDrained).toBe(true);
  expect(here.bufferedBytes).toBe(0);
});

test("mail that is missing ends the connection at both ends, and nothing after it is delivered", async () => {
  const { clock, here, heard, ends } = pair({ isLost: (mail) => mail.kind === "texts" && mail.n === 2 });
  for (const text of ["a", "b", "c"]) {
    here.send(text);
    await clock.advance(10);
  }
  await clock.advance(10);
  expect(heard.there).toEqual(["a"]);
  expect(ends).toEqual({
    here: "mail 2 of the connection is missing",
    there: "mail 2 of the connection is missing",
  });
});

test("the same mail twice ends it as well: nothing is done twice", async () => {
  const { clock, here, there, heard, mails, ends } = pair();
  here.send("stop web");
  await clock.advance(10);
  for (const mail of mails) there.receive(mail);
  expect(heard.there).toEqual(["stop web"]);
  expect(ends.there).toMatch(/missing/);
});

test("a close lets what was sent before go out, and nothing after", async () => {
  const { clock, here, heard, ends } = pair();
  here.send("last words");
  here.close();
  here.send("too late");
  await clock.advance(20);
  expect(heard.there).toEqual(["last words"]);
  expect(ends).toEqual({ here: "closed", there: "closed" });
  expect(clock.pending).toBe(0);
});

test("two quiet ends stay open for a day; one that falls silent is given up within 50 s", async () => {
  let isDown = false;
  const { clock, mails, ends } = pair({ isLost: () => isDown });
  await clock.advance(24 * 3_600_000);
  expect(ends).toEqual({});
  expect(mails.length).toBeLessThan((2 * 24 * 3_600) / 14);
  isDown = true;
  await clock.advance(50_000);
  expect(ends).toEqual({
    here: "server was not heard of for 45 s",
    there: "server was not heard of for 45 s",
  });
  expect(clock.pending).toBe(0);
});

test("a close while the other end is gone does not wait for it", async () => {
  const { clock, here, ends } = pair({ isLost: () => true });
  here.send("x".repeat(2_000_000));
  here.close();
  await clock.advance(1_100);
  expect(ends.here).toBe("the other end closed the connection");
});

test("a post that fails ends it with that", async () => {
  const clock = new VirtualClock();
  const channel = new MailChannel({
    ...{ connection: "c", peer: "server", clock },
    post: () => Promise.reject(new Error("the disk is full")),
  });
  const end = new Promise((resolve) => channel.onClose(resolve));
  channel.send("x");
  expect(await end).toMatchObject({ message: "the disk is full" });
});

test("who ends it at once knows when the word of that is written, and is not kept by one that cannot be", async () => {
  const written = Promise.withResolvers<void>();
  const channel = (post: () => Promise<unknown>): MailChannel =>
    new MailChannel({ connection: "c", peer: "server", clock: new VirtualClock(), post });
  let isOwed = false;
  const ending = channel(() => written.promise)
    .abandon("forgotten")
    .then(() => {
      isOwed = true;
    });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOwed).toBe(false);
  written.resolve();
  await ending;
  await channel(() => Promise.reject(new Error("the disk is full"))).abandon("forgotten");
});
