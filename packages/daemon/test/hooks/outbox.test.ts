import { describe, expect, test } from "vitest";
import { usualWebhook, type Webhook } from "../../src/hooks/hook-spec.ts";
import type { Answer } from "../../src/hooks/next-attempt.ts";
import type { WebhookRequest } from "../../src/hooks/post-webhook.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec, restart } from "../fakes/app-spec.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

const web = { project: "shop", name: "web" };
const ops: Webhook = {
  name: "ops",
  url: "https://hooks.example/T0P/secret",
  ...usualWebhook,
  events: ["operation"],
};
const day = 86_400_000;

interface Told extends WebhookRequest {
  readonly type: string;
  readonly id: string;
}

/** Answers with what stands first in `answers`, and with 204 when there is nothing left. */
function listen(fake: FakeDaemon, answers: Answer[] = []): Told[] {
  const told: Told[] = [];
  fake.hooks.post = (request) => {
    const { type } = JSON.parse(request.body) as { readonly type: string };
    told.push({ ...request, type, id: request.headers["webhook-id"] ?? "" });
    return Promise.resolve(answers.shift() ?? { kind: "status", status: 204 });
  };
  return told;
}

async function upWith(hook: Webhook, answers: Answer[] = [], apps: readonly AppSpec[] = [appSpec("web")]) {
  const fake = fakeDaemon();
  const told = listen(fake, answers);
  fake.daemon.apply(projectSpec(apps, { webhooks: [hook] }));
  await fake.clock.advance(100);
  return { fake, told };
}

const hookEvents = ({ daemon }: FakeDaemon): readonly string[] =>
  daemon.events
    .read(0)
    .filter(({ type }) => type === "hook")
    .map(({ message }) => message);

const fails = (status: number, times: number): Answer[] => Array(times).fill({ kind: "status", status });

describe("a webhook", () => {
  test("is told of each event that it asked for, in order, with what it is", async () => {
    const { fake, told } = await upWith(ops);
    expect(told.map(({ type }) => type)).toEqual(["operation.running", "operation.done"]);
    expect(JSON.parse(told[1]?.body ?? "")).toMatchObject({
      type: "operation.done",
      timestamp: expect.stringMatching(/^2000-/),
      data: { type: "operation", name: "web", message: "start of web done", operation: { kind: "start" } },
    });
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    expect(fake.daemon.webhooks()).toEqual([
      {
        project: "shop",
        name: "ops",
        address: "https://hooks.example",
        waiting: 0,
        delivered: 2,
        state: "good",
        error: null,
        next: null,
      },
    ]);
    expect(fake.database.kept.deliveries).toEqual([]);
  });

  test("hears only of its own apps, and of its own project", async () => {
    const other = { ...ops, apps: ["other"] };
    const { told } = await upWith(other, [], [appSpec("web"), appSpec("other", { disabled: true })]);
    expect(told).toEqual([]);
  });

  test("that fails is tried again later and later, in order, under the same id", async () => {
    const { fake, told } = await upWith(ops, fails(500, 5));
    await fake.clock.advance(40_000);
    expect(told.map(({ type }) => type)).toEqual([...Array(6).fill("operation.running"), "operation.done"]);
    expect(new Set(told.slice(0, 6).map(({ id }) => id)).size).toBe(1);
    const at = told.slice(0, 6).map((request) => request.at);
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    for (const [index, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(gap).toBeLessThanOrEqual(1_000 * 2 ** index);
    }
    expect(hookEvents(fake)).toEqual([
      "webhook ops fails, and is tried again: it answers with 500",
      "webhook ops works again",
    ]);
  });

  test("that asks for time gets it", async () => {
    const { fake, told } = await upWith(ops, [{ kind: "status", status: 429, retryAfterMs: 600_000 }]);
    await fake.clock.advance(599_000);
    expect(told).toHaveLength(1);
    expect(fake.daemon.webhooks()).toMatchObject([
      { state: "failing", waiting: 2, error: "it answers with 429" },
    ]);
    await fake.clock.advance(2_000);
    expect(told).toHaveLength(3);
  });

  test("that never works is given up after its time, and that is said", async () => {
    const { fake, told } = await upWith({ ...ops, events: ["state.running"] }, fails(500, 10_000));
    await fake.clock.advance(3 * day + 1);
    const before = told.length;
    expect(before).toBeGreaterThan(20);
    await fake.clock.advance(day);
    expect(told).toHaveLength(before);
    expect(hookEvents(fake).at(-1)).toMatch(
      /^webhook ops was not told of msg_\d+, which is given up after \d+ attempts: it answers with 500$/,
    );
    expect(fake.database.kept.deliveries).toEqual([]);
  });

  test("that is gone (410) is told nothing until its project is applied again", async () => {
    const { fake, told } = await upWith(ops, fails(410, 1));
    fake.daemon.stop([web]);
    await fake.clock.advance(day);
    expect([told.length, fake.database.kept.deliveries]).toEqual([1, []]);
    expect(fake.daemon.webhooks()).toMatchObject([{ state: "gone", waiting: 0 }]);
    fake.daemon.apply(projectSpec([appSpec("web")], { webhooks: [ops] }));
    await fake.clock.advance(100);
    expect(told.length).toBeGreaterThan(1);
  });

  test("that does not answer is given its time and no more", async () => {
    const fake = fakeDaemon();
    const aborted: boolean[] = [];
    fake.hooks.post = (_request, abort) =>
      new Promise((resolve) => {
        abort.addEventListener("abort", () => {
          aborted.push(true);
          resolve({ kind: "failed", error: "it did not answer in time" });
        });
      });
    fake.daemon.apply(projectSpec([appSpec("web")], { webhooks: [ops] }));
    await fake.clock.advance(14_000);
    expect(aborted).toEqual([]);
    await fake.clock.advance(2_000);
    expect(aborted).toEqual([true]);
    expect(hookEvents(fake)).toEqual(["webhook ops fails, and is tried again: it did not answer in time"]);
  });

  test("is never sent anything unsigned where it has a secret, and the secret is read anew each time", async () => {
    const fake = fakeDaemon();
    const told = listen(fake);
    const secrets = ["", "first", "second"];
    fake.hooks.readSecret = () => {
      const secret = secrets.shift();
      if (secret === undefined) throw new Error("ENOENT: /run/hook.secret");
      return secret;
    };
    const hook = { ...ops, secretFile: "/run/hook.secret", events: ["state.running", "state.stopped"] };
    fake.daemon.apply(projectSpec([appSpec("web")], { webhooks: [hook] }));
    await fake.clock.advance(100);
    expect(told).toEqual([]);
    expect(hookEvents(fake)).toEqual(["webhook ops fails, and is tried again: /run/hook.secret is empty"]);
    await fake.clock.advance(2_000);
    fake.daemon.stop([web]);
    await fake.clock.advance(100);
    const signatures = told.map(({ headers }) => headers["webhook-signature"]);
    expect([signatures.length, new Set(signatures).size, signatures.includes(undefined)]).toEqual([
      2,
      2,
      false,
    ]);
  });

  test("that is behind keeps the last thousand, and says once that older ones are left out", async () => {
    const hook = { ...ops, events: ["warning"] };
    const { fake } = await upWith(hook, fails(500, 100_000));
    const event = {
      type: "warning",
      project: "shop",
      name: "web",
      app: null,
      operation: null,
      by: null,
    } as const;
    const cause = { origin: null, after: null };
    for (let index = 0; index < 1_500; index++)
      fake.daemon.events.publish({ ...event, message: `${index}`, cause });
    await fake.clock.advance(1_000);
    expect(fake.daemon.webhooks()).toMatchObject([{ waiting: 1_000 }]);
    expect(fake.database.kept.deliveries).toHaveLength(1_000);
    expect(hookEvents(fake).filter((message) => message.includes("left out"))).toHaveLength(1);
  });

  test("that the manifest has no longer is told no more", async () => {
    const { fake, told } = await upWith(ops, fails(500, 1));
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(day);
    expect([told.length, fake.database.kept.deliveries]).toEqual([1, []]);
  });

  test("with a full disk waits for the disk: what is not written is not sent", async () => {
    const { fake, told } = await upWith({ ...ops, events: ["state.failed"] });
    expect(told).toEqual([]);
    fake.database.failure = new Error("ENOSPC");
    fake.runner.last("web").end({ code: 1 });
    await fake.clock.advance(10_000);
    expect(told).toEqual([]);
    fake.database.failure = undefined;
    await fake.clock.advance(3_000);
    expect(told.map(({ type }) => type)).toEqual(["state.failed"]);
  });
});

describe("a daemon that is killed", () => {
  test("goes on with what it owes, under the same ids, and loses nothing", async () => {
    const { fake: first, told } = await upWith(ops, fails(500, 3));
    const [owed] = told;
    const second = fakeDaemon(first.crash());
    const after = listen(second);
    await second.daemon.resume();
    await second.clock.advance(10_000);
    expect(after.map(({ type }) => type).slice(0, 2)).toEqual(["operation.running", "operation.done"]);
    expect(after[0]?.id).toBe(owed?.id);
    expect(second.database.kept.deliveries).toEqual([]);
  });

  test("between the answer and its note of it sends the same again, and no other id", async () => {
    const first = fakeDaemon();
    const sent: (string | undefined)[] = [];
    const answer = Promise.withResolvers<Answer>();
    first.hooks.post = ({ headers }) => {
      sent.push(headers["webhook-id"]);
      return answer.promise;
    };
    first.daemon.apply(projectSpec([appSpec("web")], { webhooks: [{ ...ops, events: ["state.running"] }] }));
    await first.clock.advance(100);
    expect(first.database.kept.deliveries).toHaveLength(1);
    answer.resolve({ kind: "status", status: 200 });
    const second = fakeDaemon(first.crash());
    const after = listen(second);
    await second.daemon.resume();
    await second.clock.advance(1_000);
    expect([sent.length, after[0]?.id]).toEqual([1, sent[0]]);
    expect(second.database.kept.deliveries).toEqual([]);
  });
});

describe("on_exit", () => {
  const command = { kind: "exec", argv: ["/bin/tell"] } as const;
  const told = (fake: FakeDaemon) => {
    const runs: Readonly<Record<string, string>>[] = [];
    fake.hooks.run = (owed) => {
      runs.push(owed.environment);
      return Promise.resolve(undefined);
    };
    return runs;
  };
  const resultsOf = (runs: readonly Readonly<Record<string, string>>[]): readonly (string | undefined)[] =>
    runs.map((environment) => environment["HOLDFAST_RESULT"]);

  test.each([
    ["failure", ["failure", "failure"]],
    ["success", ["success"]],
    ["always", ["failure", "failure", "success", "stopped"]],
  ] as const)("%s: is run after each end that it is for", async (when, expected) => {
    const fake = fakeDaemon();
    const runs = told(fake);
    const onExit = { command, when, timeoutMs: 1_000 };
    fake.daemon.apply(projectSpec([appSpec("web", { ...restart("always"), onExit })]));
    for (const exit of [{ code: 3 }, { signal: "SIGSEGV" }, { code: 0 }]) {
      await fake.clock.advance(5_000);
      fake.runner.last("web").end(exit);
    }
    await fake.clock.advance(5_000);
    fake.daemon.stop([web]);
    await fake.clock.advance(1_000);
    expect(resultsOf(runs)).toEqual(expected);
    expect(new Set(runs.map((environment) => environment["HOLDFAST_RUN_ID"])).size).toBe(expected.length);
    expect(runs[0]).toMatchObject({ HOLDFAST_PROJECT: "shop", HOLDFAST_APP: "web", HOLDFAST_INSTANCE: "1" });
    expect(runs[0]).not.toHaveProperty("HOLDFAST_COOKIE");
  });

  test("is told code, signal and oom", async () => {
    const fake = fakeDaemon();
    const runs = told(fake);
    const onExit = { command, when: "failure", timeoutMs: 1_000 } as const;
    fake.daemon.apply(projectSpec([appSpec("web", { ...restart("always"), onExit })]));
    for (const exit of [{ code: 3 }, { signal: "SIGKILL", oom: true as const }]) {
      await fake.clock.advance(5_000);
      fake.runner.last("web").end(exit);
    }
    await fake.clock.advance(1_000);
    expect(runs).toMatchObject([
      { HOLDFAST_RESULT: "failure", HOLDFAST_EXIT_CODE: "3", HOLDFAST_EXIT_SIGNAL: "" },
      { HOLDFAST_RESULT: "oom", HOLDFAST_EXIT_CODE: "", HOLDFAST_EXIT_SIGNAL: "SIGKILL" },
    ]);
  });

  test("a start that came to nothing is no end of a run", async () => {
    const fake = fakeDaemon();
    const runs = told(fake);
    fake.runner.failures.set("web", "no such program");
    const onExit = { command, when: "always", timeoutMs: 1_000 } as const;
    fake.daemon.apply(projectSpec([appSpec("web", { onExit })]));
    await fake.clock.advance(10_000);
    expect(runs).toEqual([]);
  });

  test("what ended while no daemon lived is told by the next one, once", async () => {
    const first = fakeDaemon();
    const onExit = { command, when: "failure", timeoutMs: 1_000 } as const;
    first.daemon.apply(projectSpec([appSpec("web", { onExit })]));
    await first.clock.advance(100);
    const crashed = first.crash();
    first.runner.last("web").end({ code: 7 });
    const second = fakeDaemon(crashed);
    const runs = told(second);
    await second.daemon.resume();
    await second.clock.advance(1_000);
    expect(runs).toMatchObject([{ HOLDFAST_EXIT_CODE: "7" }]);
  });

  test("one that was running when the daemon was killed is run again, and knows the run by its id", async () => {
    const first = fakeDaemon();
    const begun: (string | undefined)[] = [];
    first.hooks.run = (owed) => {
      begun.push(owed.environment["HOLDFAST_RUN_ID"]);
      return new Promise(() => undefined);
    };
    const onExit = { command, when: "failure", timeoutMs: 60_000 } as const;
    first.daemon.apply(projectSpec([appSpec("web", { onExit })]));
    await first.clock.advance(100);
    first.runner.last("web").end({ code: 1 });
    await first.clock.advance(100);
    const second = fakeDaemon(first.crash());
    const runs = told(second);
    await second.daemon.resume();
    await second.clock.advance(1_000);
    expect(runs.map((environment) => environment["HOLDFAST_RUN_ID"])).toEqual(begun);
    expect(second.database.kept.deliveries).toEqual([]);
  });

  test("that fails is told, and not run again", async () => {
    const fake = fakeDaemon();
    let times = 0;
    fake.hooks.run = () => {
      times++;
      return Promise.resolve("it exited with code 1: no mail today");
    };
    const onExit = { command, when: "failure", timeoutMs: 1_000 } as const;
    fake.daemon.apply(projectSpec([appSpec("web", { onExit })]));
    await fake.clock.advance(100);
    fake.runner.last("web").end({ code: 1 });
    await fake.clock.advance(day);
    expect([times, hookEvents(fake)]).toEqual([
      1,
      ["on_exit of web failed: it exited with code 1: no mail today"],
    ]);
  });

  test("no more than eight run at once, and a daemon that ends waits for them, but not for ever", async () => {
    const fake = fakeDaemon();
    let [now, most] = [0, 0];
    const ends: (() => void)[] = [];
    fake.hooks.run = () => {
      most = Math.max(most, ++now);
      return new Promise((resolve) =>
        ends.push(() => {
          now--;
          resolve(undefined);
        }),
      );
    };
    const onExit = { command, when: "always", timeoutMs: 60_000 } as const;
    fake.daemon.apply(projectSpec([appSpec("web", { replicas: 20, onExit })]));
    await fake.clock.advance(100);
    let stopped = false;
    void fake.daemon.stopApps().then(() => {
      stopped = true;
    });
    await fake.clock.advance(100);
    expect([now, most, stopped]).toEqual([8, 8, false]);
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await fake.clock.advance(1);
    }
    await fake.clock.advance(100);
    expect([most, stopped, fake.database.kept.deliveries]).toEqual([8, true, []]);
    expect(fake.daemon.list("shop").every(({ state }) => state === "stopped")).toBe(true);
  });
});
