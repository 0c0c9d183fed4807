import { createHmac } from "node:crypto";
import { seededRandom } from "@holdfast/runtime";
import { describe, expect, test } from "vitest";
import { eventNames, isWanted } from "../../src/hooks/event-names.ts";
import { webhookUrlFault } from "../../src/hooks/hook-spec.ts";
import { type Answer, decideAfterAttempt, parseRetryAfter } from "../../src/hooks/next-attempt.ts";
import { webhookHeaders, webhookKey } from "../../src/hooks/sign.ts";

const random = seededRandom(1);
const day = 86_400_000;
const after = (answer: Answer, attempts = 1, ageMs = 0) =>
  decideAfterAttempt(answer, { attempts, ageMs }, { giveUpAfterMs: 3 * day }, random);
const status = (code: number, retryAfterMs?: number): Answer => ({
  kind: "status",
  status: code,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

describe("what becomes of an attempt", () => {
  test.each([200, 201, 204, 299])("%i: it was delivered", (code) => {
    expect(after(status(code))).toEqual({ kind: "delivered" });
  });

  test.each([301, 302, 400, 401, 404, 408, 425, 429, 500, 502, 503])("%i: it is tried again", (code) => {
    expect(after(status(code))).toMatchObject({ kind: "again", why: `it answers with ${code}` });
  });

  test("410: the receiver is gone", () => {
    expect(after(status(410))).toMatchObject({ kind: "gone" });
  });

  test("delays grow from a second to an hour, and half of each is drawn", () => {
    for (let attempts = 1; attempts < 30; attempts++) {
      const full = Math.min(3_600_000, 1_000 * 2 ** (attempts - 1));
      const verdicts = Array.from({ length: 20 }, () => after({ kind: "failed", error: "x" }, attempts));
      const delays = verdicts.map((verdict) => (verdict.kind === "again" ? verdict.afterMs : -1));
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(full / 2);
      expect(Math.max(...delays)).toBeLessThanOrEqual(full);
      expect(new Set(delays).size).toBeGreaterThan(10);
    }
  });

  test("a receiver that asks for more time gets it, and no more than a day", () => {
    expect(after(status(429, 60_000))).toMatchObject({ afterMs: 60_000 });
    expect(after(status(503, 30 * day))).toMatchObject({ afterMs: day });
  });

  test("it is given up once the next attempt would be too late", () => {
    expect(after(status(500), 9, 3 * day - 600_000)).toMatchObject({ kind: "again" });
    expect(after(status(500), 9, 3 * day - 10)).toMatchObject({ kind: "given-up" });
    expect(after(status(429, day), 2, 2.5 * day)).toMatchObject({ kind: "given-up" });
  });

  test.each([
    ["120", 120_000],
    ["0", 0],
    ["Thu, 01 Jan 1970 00:02:00 GMT", 60_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
    [undefined, undefined],
  ])("Retry-After: %s", (text, expected) => {
    expect(parseRetryAfter(text, 60_000)).toBe(expected);
  });
});

describe("the signature", () => {
  test("is that of the specification's own example", () => {
    const body = '{"test": 2432232314}';
    const key = webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    expect(webhookHeaders("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, body, key)).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  test("is made with the text itself where that is no whsec_, and absent without a key", () => {
    const { "webhook-signature": signature } = webhookHeaders("i", 1_000, "b", webhookKey("hunter2\n"));
    expect(signature).toBe(`v1,${createHmac("sha256", "hunter2").update("i.1.b").digest("base64")}`);
    expect(Object.keys(webhookHeaders("i", 1_000, "b"))).not.toContain("webhook-signature");
  });
});

test.each([
  ["https://hooks.example/x?y=1", undefined],
  ["http://127.0.0.1:8080/x", undefined],
  ["http://localhost/x", undefined],
  ["http://[::1]:1/", undefined],
  ["http://hooks.example/", /no further than this machine/],
  ["http://127.0.0.1.evil.example/", /no further/],
  ["http://localhost.evil.example/", /no further/],
  ["http://169.254.169.254/latest/meta-data", /no further/],
  ["https://user:pass@hooks.example/", /secret_file/],
  ["ftp://hooks.example/", /https:/],
  ["file:///etc/passwd", /https:/],
  ["javascript:alert(1)", /https:/],
  ["hooks.example", /no URL/],
])("T2: the URL %s", (url, fault) => {
  const found = webhookUrlFault(url);
  if (fault === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(fault);
});

test("an event has wide and narrow names, and a webhook gets what it asked for by either", () => {
  const app = { state: "running", health: "unhealthy" };
  const event = { type: "state", name: "web", app, operation: null } as unknown as Parameters<
    typeof isWanted
  >[1];
  const wants = (events: readonly string[], apps?: readonly string[]): boolean =>
    isWanted(apps === undefined ? { events } : { events, apps }, event);
  expect([wants(["state"]), wants(["state.running"]), wants(["state.unhealthy"])]).toEqual([
    true,
    true,
    true,
  ]);
  expect([wants(["state.failed"]), wants(["warning"]), wants([])]).toEqual([false, false, false]);
  expect([wants(["state"], ["web"]), wants(["state"], ["db"])]).toEqual([true, false]);
  // What is told of webhooks themselves is told to none.
  expect(isWanted({ events: eventNames }, { ...event, type: "hook" })).toBe(false);
});
