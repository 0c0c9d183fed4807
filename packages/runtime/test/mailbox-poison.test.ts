import { expect, test } from "vitest";
import { setUp, stop } from "./mailbox-rig.ts";

test("B-09 a poison message is neither skipped nor hot-looped: it waits its turns, then it is kept and the cursor moves on", async () => {
  const { clock, relay, token, attempts, applied, saved, quarantined, errors, poison, start } = setUp();
  poison.add("b");
  relay.send(["a", "b", "c"]);
  const ran = start();
  await clock.advance(10_000);
  expect([applied, saved, quarantined.size]).toEqual([["a"], [1], 0]);
  await clock.advance(10_000);
  expect(attempts).toEqual([
    [0, "a"],
    [1, "b"],
    [1_002, "b"],
    [3_003, "b"],
    [7_004, "b"],
    [15_005, "b"],
    [15_006, "c"],
  ]);
  expect([applied, saved, [...quarantined.keys()]]).toEqual([["a", "c"], [1, 2, 3], [2]]);
  expect(errors).toEqual(["cannot judge b"]);
  token.cancel(stop);
  await ran;
});

test("B-09 wakes and triggers do not hurry the attempts at a poison message", async () => {
  const { clock, relay, token, mailbox, attempts, poison, start } = setUp();
  poison.add("b");
  relay.send(["b"]);
  const ran = start();
  for (let i = 0; i < 100; i++) {
    relay.send([`later ${i}`]);
    void mailbox.trigger();
    await clock.advance(10);
  }
  expect(attempts).toEqual([[0, "b"]]);
  token.cancel(stop);
  await ran;
});

test("B-09 a message that succeeds at a later attempt is applied once, and nothing is kept", async () => {
  const { clock, relay, token, applied, quarantined, poison, start } = setUp();
  poison.add("b");
  relay.send(["b", "c"]);
  const ran = start();
  await clock.advance(2_000);
  poison.clear();
  await clock.advance(2_000);
  expect([applied, quarantined.size]).toEqual([["b", "c"], 0]);
  token.cancel(stop);
  await ran;
});

test("W-12 what cannot be judged yet is put aside at once if the policy says so, and never blocks later mail", async () => {
  const { clock, relay, token, applied, saved, quarantined, poison, start } = setUp({
    onPoison: (error) => ((error as Error).message.includes("unknown") ? "quarantine" : "retry"),
  });
  poison.add("unknown kind");
  relay.send(["a", "unknown kind", "b"]);
  const ran = start();
  await clock.advance(10);
  expect([applied, saved, [...quarantined.keys()]]).toEqual([["a", "b"], [1, 2, 3], [2]]);
  token.cancel(stop);
  await ran;
});

test("W-12 what is in quarantine is judged again when asked: released once it is processed, else kept", async () => {
  const { clock, relay, token, mailbox, applied, quarantined, poison, start } = setUp({
    onPoison: () => "quarantine",
  });
  poison.add("b").add("c");
  relay.send(["a", "b", "c"]);
  const ran = start();
  await clock.advance(10);
  poison.delete("b");
  await clock.advance(1_000);
  expect(applied).toEqual(["a"]);
  relay.send(["d"], true);
  const asked = mailbox.judgeAgain();
  await clock.advance(10);
  expect(await asked).toMatchObject({
    steps: [
      { name: "judge again", kind: "completed", value: { processed: 1, quarantined: 1 } },
      { name: "pull", kind: "completed", value: { processed: 1, quarantined: 0 } },
    ],
  });
  expect([applied, [...quarantined.keys()]]).toEqual([["a", "b", "d"], [3]]);
  const plain = mailbox.trigger();
  await clock.advance(10);
  expect((await plain)?.steps[0]).toEqual({ name: "judge again", kind: "skipped" });
  token.cancel(stop);
  await ran;
});

test("B-09 while a message can be neither processed nor kept the cursor stays, and the pull is tried again after the backoff", async () => {
  let full = true;
  const kept: number[] = [];
  const { clock, relay, token, attempts, saved, poison, start } = setUp({
    onPoison: () => "quarantine",
    quarantine: {
      keep: ({ seq }) => {
        if (full) throw new Error("disk full");
        kept.push(seq);
      },
      all: () => [],
      release: () => {},
    },
  });
  poison.add("a");
  relay.send(["a", "b"]);
  const ran = start();
  await clock.advance(2_500);
  expect([saved, kept, attempts.map(([, text]) => text).join("")]).toEqual([[], [], "aaa"]);
  full = false;
  await clock.advance(4_000);
  expect([saved, kept]).toEqual([[1, 2], [1]]);
  token.cancel(stop);
  await ran;
});
