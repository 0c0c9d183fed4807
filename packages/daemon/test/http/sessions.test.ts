import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import { readSessions, sealSessions } from "../../src/http/kept-sessions.ts";
import { Sessions } from "../../src/http/sessions.ts";

function setUp() {
  const clock = new VirtualClock();
  const kept: string[] = [];
  const sessions = new Sessions(clock, [], (all) => kept.push(JSON.stringify(all)));
  return { clock, kept, sessions };
}

test("a code lets one browser in, once, within a minute", async () => {
  const { clock, sessions } = setUp();
  const code = sessions.makeCode("operate");
  const { secret = "" } = sessions.logIn(code) ?? {};
  expect(sessions.find(secret)).toMatchObject({ role: "operate" });
  expect(sessions.logIn(code)).toBeUndefined();
  const late = sessions.makeCode("operate");
  await clock.advance(60_000);
  expect(sessions.logIn(late)).toBeUndefined();
  expect(sessions.logIn("guess")).toBeUndefined();
});

test("a session ends when it is revoked, and by itself after 30 days", async () => {
  const { clock, sessions } = setUp();
  const logIn = () => sessions.logIn(sessions.makeCode("read"))?.secret ?? "";
  const [one, two] = [logIn(), logIn()];
  const id = sessions.find(one)?.id ?? "";
  expect(sessions.revoke(id)).toBe(true);
  expect(sessions.revoke(id)).toBe(false);
  expect([sessions.find(one), sessions.find(two)?.role]).toEqual([undefined, "read"]);
  await clock.advance(30 * 24 * 3_600_000);
  expect([sessions.find(two), sessions.list()]).toEqual([undefined, []]);
});

test("what is kept knows a browser again and gives no secret away", () => {
  const { clock, kept, sessions } = setUp();
  const { secret = "" } = sessions.logIn(sessions.makeCode("operate")) ?? {};
  const text = kept.at(-1) ?? "";
  expect(text).not.toContain(secret);
  expect(new Sessions(clock, JSON.parse(text), () => {}).find(secret)).toBeDefined();
  expect(JSON.stringify(sessions.list())).not.toMatch(/hash/i);
});

test("F17: kept sessions that are damaged are none, and nobody gets in by them", () => {
  const secretHash = "ab".repeat(32);
  const whole = { id: "1", role: "read", since: 0, until: 1e15, secretHash } as const;
  const text = sealSessions([whole]);
  expect(readSessions(text)).toEqual([whole]);
  for (let length = 0; length < text.length; length++)
    expect(readSessions(text.slice(0, length)), text.slice(0, length)).toBeUndefined();
  const bytes = Buffer.from(text);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(readSessions(flipped.toString()) ?? "none", `bit ${bit}`).toEqual("none");
  }
  for (const wrong of ["null", "{}", "[1]", JSON.stringify([{ ...whole, role: "admin" }])])
    expect(readSessions(wrong)).toBeUndefined();
});

test("sessions that an earlier version kept, without a checksum, are known", () => {
  const whole = { id: "1", role: "read", since: 0, until: 1e15, secretHash: "ab".repeat(32) };
  expect(readSessions(JSON.stringify([whole]))).toEqual([whole]);
});
