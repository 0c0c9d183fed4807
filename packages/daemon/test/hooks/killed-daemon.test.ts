import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { usualWebhook } from "../../src/hooks/hook-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { KillableDaemon } from "../faults/killable-daemon.ts";
import { receiver } from "./receiver.ts";

/** Every step on the way of an event to its webhook, and of an end to its command. */
const steps = ["hook.owed", "hook.attempt", "hook.answered", "hook.done", "hook.later", "journal.written"];

test.each(steps)(
  "a daemon that is killed at %s: the webhook and the command are told at least once, under one id",
  async (step) => {
    const server = await receiver();
    if (step === "hook.later")
      server.answer = (reply) => reply.writeHead(server.received.length === 1 ? 503 : 204).end();
    const daemon = new KillableDaemon();
    try {
      const file = join(daemon.root, "exits");
      const shell = ["/bin/sh", "-c"] as const;
      const onExit = {
        command: { kind: "shell", script: `echo "$HOLDFAST_RUN_ID" >> ${file}`, shell },
        when: "failure",
        timeoutMs: 5_000,
      } as const;
      const hook = { name: "ops", url: server.url, ...usualWebhook, events: ["state.failed"] };
      const web = appSpec("web", {
        command: { kind: "shell", script: "sleep 0.3; exit 3", shell },
        environment: { FAULT_TEST_APP: daemon.root, PATH: "/usr/bin:/bin" },
        workingDir: daemon.root,
        onExit,
      });
      // The journal writes often before anything ends.
      const skip = step === "journal.written" ? "3*off->" : "";
      await daemon.start({ HOLDFAST_FAILPOINT: `${step}:${skip}kill` });
      await daemon.api
        .call("apps.apply", { spec: projectSpec([web], { webhooks: [hook] }) })
        .catch(() => undefined);
      await Promise.race([daemon.gone(), systemClock.sleep(5_000)]);
      expect([step, daemon.isDead]).toEqual([step, true]);
      await daemon.start();
      const exits = (): readonly string[] => {
        try {
          return readFileSync(file, "utf8").trim().split("\n");
        } catch {
          return [];
        }
      };
      await daemon.until("both were told", () => exits().length > 0 && server.received.length > 0);
      await daemon.until("nothing is owed", async () => {
        const [webhook] = await daemon.api.call("webhooks.list", {});
        return webhook?.waiting === 0;
      });
      const ids = new Set(server.received.map(({ headers }) => headers["webhook-id"]));
      expect([step, ids.size, new Set(exits()).size]).toEqual([step, 1, 1]);
      console.log(
        `killed at ${step}: the webhook was told ${server.received.length} times, the command ran ${exits().length} times`,
      );
    } finally {
      await daemon.remove();
    }
  },
  30_000,
);
