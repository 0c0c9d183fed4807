/** W-04, W-05, W-07: when it connects again, with what, and how it notices silence. Virtual time throughout. */
import { expect, test } from "vitest";
import { virtualRig } from "./virtual-rig.ts";

const streamsOf = "GET /v1/events/mine/stream";

/** The waits between one attempt and the next, in ms. */
function waitsOf(asked: readonly { readonly at: number }[]): readonly number[] {
  return asked.slice(1).map(({ at }, index) => at - (asked[index]?.at ?? 0));
}

test("W-04 the waits are 1 2 4 8 16 30 30 s, each at least half and at most the whole of it", async () => {
  const { relay, pass, asked } = virtualRig();
  relay.weather = "refused";
  await pass(300_000);
  const waits = waitsOf(asked(streamsOf));
  const full = [1, 2, 4, 8, 16, 30, 30, 30].map((s) => s * 1_000);
  for (const [at, ms] of full.entries()) {
    expect(waits[at]).toBeGreaterThanOrEqual(ms / 2);
    expect(waits[at]).toBeLessThanOrEqual(ms);
  }
  expect(new Set(waits).size).toBe(waits.length);
});

test("W-04 a session that lived for 10 s and is closed is asked for again at once", async () => {
  const { relay, pass, asked, clock } = virtualRig();
  await pass(10_000);
  const at = clock.monotonic();
  relay.hangUp();
  await pass(0);
  expect(asked(streamsOf).at(-1)?.at).toBe(at);
});

test("W-04 a server that says 200, hello, and closes is no hot loop", async () => {
  const { relay, pass, asked } = virtualRig();
  relay.hangsUp = true;
  await pass(3_600_000);
  expect(asked(streamsOf).length).toBeLessThan(260);
  const last = waitsOf(asked(streamsOf)).slice(-20);
  expect(Math.min(...last)).toBeGreaterThanOrEqual(15_000);
});

test("W-04 a session of less than 10 s with an event starts the backoff over, one without does not", async () => {
  const { relay, pass, asked } = virtualRig();
  relay.hangsUp = true;
  await pass(120_000);
  relay.hangsUp = false;
  const waitAfter = async (says: string) => {
    while (relay.readers === 0) await pass(1_000);
    relay.say(says);
    await pass(0);
    relay.hangUp();
    const before = asked(streamsOf).length;
    await pass(1_000);
    return asked(streamsOf).length > before;
  };
  expect(await waitAfter("event: heartbeat\ndata: {}\n\n")).toBe(false);
  expect(await waitAfter("event: wake\ndata: {}\n\n")).toBe(true);
});

test.each([204, 403, 404, 410])(
  "W-04 %i ends it: with these settings it is not asked again",
  async (status) => {
    const { relay, pass, asked, mailbox } = virtualRig();
    relay.streamAnswer = { status };
    await pass(3_600_000);
    expect(asked(streamsOf)).toHaveLength(1);
    relay.streamAnswer = undefined;
    mailbox.current = { ...relay.mailbox, url: "http://relay.test/" };
    await pass(3_600_000);
    expect(asked(streamsOf)).toHaveLength(1);
    mailbox.current = { ...relay.mailbox, token: "post" };
    await pass(5_000);
    expect(asked(streamsOf)).toHaveLength(2);
  },
);

test("W-04 401 reads the token once more, then says unauthorised; another token is taken up without a restart", async () => {
  const { relay, pass, asked, mailbox, client, states } = virtualRig();
  relay.tokens = new Set(["new"]);
  await pass(600_000);
  expect(asked(streamsOf)).toHaveLength(1);
  expect(asked("GET /v1/events/mine")).toHaveLength(1);
  expect(client.state.kind).toBe("unauthorised");
  mailbox.current = { ...relay.mailbox, token: "new" };
  await pass(65_000);
  expect(client.state.kind).toBe("connected");
  expect(states()).toContain("unauthorised");
});

test("W-04 a relay that refused a valid token by mistake is asked once an hour, and then all is well again", async () => {
  const { relay, pass, asked, client } = virtualRig();
  relay.tokens = new Set();
  await pass(3_500_000);
  expect(relay.requests).toHaveLength(2);
  relay.tokens = new Set(["read"]);
  await pass(200_000);
  expect(client.state.kind).toBe("connected");
  expect(asked(streamsOf)).toHaveLength(2);
});

test("W-04 a relay that refuses the stream alone is asked for it no more often than mail is pulled", async () => {
  const { relay, pass, asked } = virtualRig();
  relay.streamAnswer = { status: 401 };
  await pass(3_600_000);
  expect(asked(streamsOf).length).toBeLessThanOrEqual(62);
});

test("W-05 a token that was exchanged between the request and its refusal is used at once", async () => {
  const tokens = ["old", "new"];
  const { relay, pass, asked, client } = virtualRig({
    settings: {
      mailbox: () => ({ ...relay.mailbox, token: tokens.length > 1 ? String(tokens.shift()) : "new" }),
      routeTo: () => undefined,
    },
  });
  relay.tokens = new Set(["new"]);
  await pass(1_000);
  expect(
    asked(streamsOf)
      .map(({ token }) => token)
      .at(-1),
  ).toBe("new");
  expect(client.state.kind).toBe("connected");
});

test("W-05 URL, slot and token are read anew at every connect; missing ones are tried again", async () => {
  const { relay, pass, asked, mailbox, client } = virtualRig();
  await pass(0);
  mailbox.current = undefined;
  relay.hangUp();
  await pass(120_000);
  expect(client.state.kind).toBe("backoff");
  relay.tokens = new Set(["rotated"]);
  mailbox.current = { ...relay.mailbox, token: "rotated" };
  await pass(31_000);
  expect(asked(streamsOf).at(-1)?.token).toBe("rotated");
  expect(client.state.kind).toBe("connected");
});

test.each([
  ["408 without a word", { status: 408 }, 500, 1_000],
  ["429 with seconds", { status: 429, headers: { "retry-after": "120" } }, 120_000, 150_000],
  ["503 with seconds", { status: 503, headers: { "retry-after": "20" } }, 20_000, 25_000],
  [
    "503 with a date",
    { status: 503, headers: { "retry-after": "Tue, 01 Jan 2030 00:01:00 GMT" } },
    59_000,
    75_000,
  ],
  ["500 with nonsense", { status: 500, headers: { "retry-after": "soon" } }, 500, 1_000],
])("W-04 after %s it comes again no sooner, and not with all others", async (_, answer, least, most) => {
  const { relay, pass, asked } = virtualRig();
  relay.streamAnswer = answer;
  await pass(0);
  relay.streamAnswer = undefined;
  await pass(200_000);
  const [wait = 0] = waitsOf(asked(streamsOf));
  expect(wait).toBeGreaterThanOrEqual(least);
  expect(wait).toBeLessThanOrEqual(most);
});

test("W-04 a relay that says when to come again is listened to", async () => {
  const { relay, pass, asked } = virtualRig();
  await pass(20_000);
  relay.say('retry: 7000\nevent: bye\ndata: {"reason":"stopping"}\n\n');
  relay.hangUp();
  await pass(30_000);
  const [wait = 0] = waitsOf(asked(streamsOf)).map((ms) => ms - 20_000);
  expect(wait).toBeGreaterThanOrEqual(7_000);
  expect(wait).toBeLessThanOrEqual(8_750);
});

test("W-07 F23 a stream that fell silent is noticed within 40 s", async () => {
  const { relay, pass, asked, client } = virtualRig();
  await pass(60_000);
  relay.weather = "silent";
  await pass(40_000);
  expect(client.state.kind).not.toBe("connected");
  relay.weather = "fair";
  await pass(61_000);
  expect(client.state.kind).toBe("connected");
  expect(asked(streamsOf).length).toBeGreaterThan(1);
});

test("W-07 F23 a quiet hour with its heartbeats is no alarm", async () => {
  const { pass, asked, client } = virtualRig();
  await pass(3_600_000);
  expect(asked(streamsOf)).toHaveLength(1);
  expect(client.state.kind).toBe("connected");
});

test("W-07 a connection that is answered by nothing is given up as well", async () => {
  const { relay, pass, asked } = virtualRig();
  relay.weather = "silent";
  await pass(40_000);
  expect(asked(streamsOf).length).toBeGreaterThan(1);
});
